from __future__ import annotations

import gzip
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lix_command import LixCommand, conversation, lines_of

THREE = [conversation("a"), conversation("b", 30), conversation("c")]

# Any Unicode text but lone surrogates, which have no UTF-8 form; content and keys have no NUL either.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20) | st.sampled_from(
    ["*", "../../x", "a:b{c}", "A", "a"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
EMBEDDING = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=4).filter(any)
MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "tool", "system"])
        | TEXT.filter(bool).filter(lambda role: len(role.encode()) <= 64),
        "content": TEXT,
        "timestamp": st.floats(0, 253_402_300_799.0),
        "metadata": JSON.filter(lambda value: value is not None),
    },
    optional={"embedding": EMBEDDING},
)
CONVERSATIONS = st.dictionaries(IDS, st.lists(MESSAGE, min_size=1, max_size=5), max_size=4)


def test_export_gives_back_what_was_imported_exactly(lix: LixCommand) -> None:
    # Hypothesis draws from the constants of imported modules: what commands import lazily is there before it begins.
    assert lix("import", "-", stdin=b"").code == lix("export").code == 0

    @settings(max_examples=20, deadline=None)
    @given(CONVERSATIONS)
    def check(histories: dict[str, list[dict[str, Any]]]) -> None:
        by_id = sorted(histories.items())
        imported = [{"session_id": session_id, "messages": messages} for session_id, messages in by_id]
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            first, second = LixCommand(Path(one)), LixCommand(Path(two))
            assert first("import", "-", stdin=lines_of(imported)).code == 0
            result = first("export")
            assert result.lines() == imported
            assert second("import", "-", stdin=result.out.encode()).code == 0
            assert second("export").out == result.out

    check()


def test_embeddings_keep_every_bit_of_float32(lix: LixCommand) -> None:
    vector = np.random.default_rng(7).standard_normal(384).astype(np.float32)
    message = {"role": "user", "content": "x", "timestamp": 1.0, "metadata": {}, "embedding": vector.tolist()}
    lix("import", "-", stdin=lines_of([{"session_id": "v", "messages": [message]}]))
    [line] = lix("export").lines()
    assert np.array_equal(np.array(line["messages"][0]["embedding"], dtype=np.float32), vector)


def test_named_sessions_only(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    assert lix("export", "--session", "c", "--session", "a", "--session", "c").lines() == [THREE[2], THREE[0]]


def test_an_unknown_session_is_told_before_anything_is_written(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    result = lix("export", "--session", "a", "--session", "nobody")
    assert (result.code, result.out) == (66, "")
    assert "'nobody'" in result.err


def test_a_file_is_compressed_when_its_name_or_the_option_says_so(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    for name, option, packed in [("a.gz", [], True), ("a", ["--gzip"], True), ("b.gz", ["--no-gzip"], False), ("b", [], False)]:
        assert lix("export", "-o", name, *option).code == 0
        data = Path(name).read_bytes()
        assert (data[:2] == b"\x1f\x8b") is packed
        assert [json.loads(line) for line in (gzip.decompress(data) if packed else data).splitlines()] == THREE


def test_a_file_is_replaced_and_nothing_else_is_left(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    target = lix.home / "out" / "export.jsonl"
    target.parent.mkdir()
    target.write_text("old")
    assert lix("export", "-o", str(target), "--json").document()["messages"] == 38
    assert [json.loads(line) for line in target.read_text().splitlines()] == THREE
    assert list(target.parent.iterdir()) == [target]


def test_a_link_stays_a_link(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    Path("real").write_text("old")
    Path("link").symlink_to("real")
    assert lix("export", "-o", "link").code == 0
    assert Path("link").is_symlink()
    assert len(Path("real").read_text().splitlines()) == 3


def test_a_device_is_written_to_not_replaced(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    assert lix("export", "-o", os.devnull).code == 0
    assert Path(os.devnull).is_char_device()


def test_an_export_that_meets_damage_leaves_no_half_file(lix: LixCommand) -> None:
    lix("import", str(lix.write("three.jsonl", THREE)))
    Path("out.jsonl").write_text("old")
    damage_one_file(lix.archive_dir)
    result = lix("export", "-o", "out.jsonl")
    assert result.code == 80
    assert ".huff" in result.err, "the damaged file is named"
    assert Path("out.jsonl").read_text() == "old"
    assert not list(lix.home.glob(".*partial*"))


def damage_one_file(archive_dir: Path) -> None:
    path = max(archive_dir.rglob("*.huff"), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[-5] ^= 0x40  # in the payload of the last frame
    path.write_bytes(data)


def test_a_directory_that_is_missing_is_named(lix: LixCommand) -> None:
    result = lix("export", "-o", "nowhere/out.jsonl")
    assert result.code == 66
    assert "nowhere/out.jsonl: No such file or directory" in result.err


def test_nothing_stored_is_an_empty_export(lix: LixCommand) -> None:
    result = lix("export")
    assert (result.code, result.out) == (0, "")
    assert "Exported 0 sessions and 0 messages" in result.err
