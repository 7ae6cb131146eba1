"""``lix calibrate``: a table, a plot and a recommendation from labelled pairs."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lix_command import PROGRAM, LixCommand, lines_of, start

SAME = {"a": "How do I reset my password?", "b": "How can I reset my password?", "same": True}
LIKE = {"a": "How tall is Ada?", "b": "How tall is Bob?", "same": False}


def pairs(same: Sequence[float], like: Sequence[float] = ()) -> list[dict[str, Any]]:
    """Pairs that ask the same, and pairs that only look alike, of these similarities."""
    return [{**SAME, "similarity": each} for each in same] + [{**LIKE, "similarity": each} for each in like]


MIXED = pairs([0.80 + step / 500 for step in range(100)], [0.70 + step / 500 for step in range(100)])


def test_it_says_what_each_threshold_does_and_which_is_enough(lix: LixCommand) -> None:
    """Above 0.88, all pairs that only look alike are behind; with 200 pairs, the shares can be counted on paper."""
    path = str(lix.write("pairs.jsonl", MIXED))
    told = lix("calibrate", path, "--precision", "1", "--set", "match_policy=threshold", "--json").document()
    assert (told["pairs"], told["same"], told["configured_threshold"]) == (200, 100, 0.9)
    assert told["recommended"]["threshold"] == 0.9
    assert told["recommended"]["accepted"] == told["recommended"]["right"] == 50
    (at_85,) = [each for each in told["outcomes"]["threshold"] if each["threshold"] == 0.85]
    assert (at_85["accepted"], at_85["right"]) == (100, 75)
    assert (at_85["precision"], at_85["coverage"]) == (0.75, 0.75)


def test_the_configured_policy_is_asked_too(lix: LixCommand) -> None:
    """Guarded refuses all that only look alike, so that the lowest threshold is enough."""
    path = str(lix.write("pairs.jsonl", MIXED))
    told = lix("calibrate", path, "--json").document()
    assert set(told["outcomes"]) == {"threshold", "guarded"}
    assert all(each["right"] == each["accepted"] for each in told["outcomes"]["guarded"])
    assert any(each["right"] < each["accepted"] for each in told["outcomes"]["threshold"])
    assert told["recommended"]["right"] == 100


def test_people_get_a_table_a_plot_and_a_sentence(lix: LixCommand) -> None:
    result = lix("calibrate", str(lix.write("pairs.jsonl", MIXED)), "--set", "match_policy=threshold")
    assert result.code == 0
    assert "200 pairs, 100 of the same question." in result.out
    assert re.search(r"^ +\* 0\.90 +100\.0 % +50\.0 % +50", result.out, re.MULTILINE)
    assert "^ configured" in result.out
    assert re.search(r"^ 100 % \|", result.out, re.MULTILINE)
    assert "For a precision of 90 % with threshold: semantic_similarity_threshold = 0.89" in result.out
    assert "95 % interval" in result.out


def test_it_fits_into_80_columns_and_needs_no_colour(lix: LixCommand) -> None:
    path = lix.write("pairs.jsonl", MIXED)
    result = lix.run("calibrate", str(path), env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"})
    assert result.code == 0
    assert "\x1b" not in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_few_pairs_are_told_to_be_few(lix: LixCommand) -> None:
    result = lix("calibrate", str(lix.write("pairs.jsonl", pairs([0.95] * 40, [0.5] * 3))))
    assert result.code == 0
    assert "these are few: 40 pairs of the same question, and 3 of different ones" in result.err
    lone = lix("calibrate", str(lix.write("lone.jsonl", pairs([0.95]))))
    assert "1 pair, 1 of the same question." in lone.out
    assert "these are few: 1 pair of the same question, and 0 of different ones" in lone.err


def test_a_precision_that_is_not_reached_is_no_success(lix: LixCommand) -> None:
    path = str(lix.write("pairs.jsonl", pairs([0.95] * 20, [0.95] * 20)))
    result = lix("calibrate", path, "--set", "match_policy=threshold")
    assert result.code == 1
    assert "at none are 30 pairs or more accepted with threshold of which 90 % are right" in " ".join(result.out.split())
    assert lix("calibrate", path, "--set", "match_policy=threshold", "--json").document()["recommended"] is None


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_dash_is_standard_input_plain_or_gzip(lix: LixCommand, pack: Any) -> None:
    assert lix("calibrate", "-", "--json", stdin=pack(lines_of(MIXED))).document()["pairs"] == 200


def test_embeddings_may_stand_on_the_line(lix: LixCommand) -> None:
    line = {**SAME, "a_embedding": [1, 0], "b_embedding": [3, 4]}
    told = lix("calibrate", str(lix.write("pairs.jsonl", [line] * 30)), "--json", "--set", "semantic_similarity_threshold=0.6")
    outcomes = told.document()["outcomes"]["guarded"]
    assert {each["threshold"]: each["accepted"] for each in outcomes if each["threshold"] in {0.6, 0.62}} == {0.6: 30, 0.62: 0}


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_embeddings_may_stand_in_an_array(lix: LixCommand, kind: str) -> None:
    np.save(lix.home / "rows.npy", np.array([[0, 2], [1, 0], [3, 4]], kind))
    line = {"a": "x", "b": "x", "duplicate": 1, "row_a": 0, "row_b": 2, "source": "mine"}
    result = lix("calibrate", str(lix.write("pairs.jsonl", [line] * 30)), "--embeddings", str(lix.home / "rows.npy"), "--json")
    assert result.document()["recommended"]["threshold"] == -1.0
    outcomes = result.document()["outcomes"]["threshold"]
    assert max(each["threshold"] for each in outcomes if each["accepted"]) == 0.8


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"{nonsense", "line", "is not JSON"),
        (b"[]", "line", "must be a JSON object, not list"),
        (b'{"b": "x", "same": true, "similarity": 1}', "a", "is missing"),
        (b'{"a": 1, "b": "x", "same": true, "similarity": 1}', "a", "must be text, not int"),
        (b'{"a": "x", "b": "x", "similarity": 1}', "same", "is missing"),
        (b'{"a": "x", "b": "x", "same": "yes", "similarity": 1}', "same", "must be true or false, or 1 or 0, not yes"),
        (b'{"a": "x", "b": "x", "duplicate": 2, "similarity": 1}', "duplicate", "must be true or false, or 1 or 0, not 2"),
        (b'{"a": "x", "b": "x", "same": true}', "similarity", "is missing, and so are"),
        (b'{"a": "x", "b": "x", "same": true, "similarity": 1.2}', "similarity", "is 1.2; a cosine, -1 to 1"),
        (b'{"a": "x", "b": "x", "same": true, "similarity": true}', "similarity", "must be a number, not bool"),
        (b'{"a": "x", "b": "x", "same": true, "a_embedding": [1]}', "b_embedding", "is missing"),
        (b'{"a": "x", "b": "x", "same": true, "a_embedding": [1], "b_embedding": [1, 2]}', "b_embedding", "has dimension 2"),
        (b'{"a": "x", "b": "x", "same": true, "a_embedding": [0], "b_embedding": [1]}', "a_embedding", "is all zeros"),
        (b'{"a": "x", "b": "x", "same": true, "row_a": 0, "row_b": 1}', "row_a", "is the row of an array; --embeddings"),
    ],
)
def test_a_line_that_is_refused_is_named_with_its_field(lix: LixCommand, line: bytes, field: str, reason: str) -> None:
    path = lix.home / "pairs.jsonl"
    path.write_bytes(lines_of(MIXED[:2]) + b"\n" + line + b"\n" + lines_of(MIXED[2:]))
    result = lix("calibrate", str(path), "--json")
    assert (result.code, result.out) == (65, "")
    error = json.loads(result.err)["error"]
    assert (error["line"], error["field"]) == (4, field)
    assert error["reason"].startswith(reason)
    skipped = lix("calibrate", str(path), "--json", "--skip-bad")
    assert skipped.code == 1
    assert skipped.document()["pairs"] == 200
    assert skipped.document()["bad_lines"]["count"] == 1
    assert f"skipped {path}, line 4: {field}" in lix("calibrate", str(path), "--skip-bad").err


@pytest.mark.parametrize(
    ("row", "reason"), [("3", "is 3; the array has the rows 0 to 2"), ("-1", "is -1;"), ("true", "must be a whole")]
)
def test_a_row_that_the_array_has_not_is_refused(lix: LixCommand, row: str, reason: str) -> None:
    np.save(lix.home / "rows.npy", np.ones((3, 2), "f4"))
    (lix.home / "pairs.jsonl").write_text(f'{{"a": "x", "b": "y", "same": true, "row_a": 0, "row_b": {row}}}\n')
    result = lix("calibrate", "pairs.jsonl", "--embeddings", "rows.npy")
    assert result.code == 65
    assert f"line 1: row_b {reason}" in result.err


def test_files_that_cannot_be_used_are_named(lix: LixCommand) -> None:
    path = str(lix.write("pairs.jsonl", MIXED))
    Path("empty.jsonl").touch()
    Path("text.npy").write_text("no array")
    np.save("flat.npy", np.ones(3))
    np.save("objects.npy", np.array([{}], object), allow_pickle=True)
    for arguments, code, said in [
        (["nowhere.jsonl"], 66, "nowhere.jsonl: No such file"),
        (["empty.jsonl"], 65, "empty.jsonl: there is no pair in it"),
        ([path, "--embeddings", "nowhere.npy"], 66, "nowhere.npy: No such file"),
        ([path, "--embeddings", "text.npy"], 65, "text.npy: is no array of numbers"),
        ([path, "--embeddings", "objects.npy"], 65, "objects.npy: is no array of numbers"),
        ([path, "--embeddings", "flat.npy"], 65, "flat.npy: must hold numbers of shape (rows, dimension), not (3,)"),
        ([path, "--precision", "1.5"], 2, "--precision"),
        ([path, "--set", "match_policy=guardd"], 78, "did you mean 'guarded'?"),
    ]:
        result = lix("calibrate", *arguments)
        assert (result.code, said in result.err) == (code, True), result.err
        assert "pickle" not in result.err, "nobody is told to read a file without care"


def test_ctrl_c_while_a_pipe_is_read_ends_it(lix: LixCommand) -> None:
    """It waits for more of a pipe that nobody closes."""
    receiving, sending = os.pipe()
    program = [*PROGRAM[:1], "-c", "print('up', flush=True); from lixcore_cli import main; main()"]
    process = start(*lix.arguments("calibrate", "-"), program=program, stdin=receiving)
    os.close(receiving)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    os.write(sending, lines_of(MIXED) * 20)  # more than a pipe holds: when this returns, lines are being read
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(sending)
    assert (process.returncode, out) == (130, b"")
    assert err == b"error: interrupted\n"
