"""The history checker, on histories in which the error was planted: what judges everything else must itself be seen to fail."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from history_checker import Outcome, Reading, Sent, Verdict, check

ACKNOWLEDGED, REFUSED, UNKNOWN = Outcome.ACKNOWLEDGED, Outcome.REFUSED, Outcome.UNKNOWN


def sent(writer: str, count: int, outcome: Outcome = ACKNOWLEDGED) -> list[Sent]:
    return [Sent(writer, f"{writer}{number}", outcome) for number in range(count)]


def counts(verdict: Verdict) -> dict[str, int]:
    names = ("lost", "doubled", "reordered", "foreign", "excused")
    return {name: count for name in names if (count := getattr(verdict, name))}


def test_a_right_run_is_clean() -> None:
    verdict = check(
        [*sent("a", 2), *sent("b", 2)],
        ["a0", "b0", "b1", "a1"],
        [
            Reading(["a0", "b0"], is_whole=True, knew=["b0"]),
            Reading(["b0", "b1"], is_context=True, knew=["b1"]),
            Reading(["a0"], is_context=True),
            Reading([], is_context=True),
        ],
        context=["b1", "a1"],
        window=2,
    )
    assert verdict.is_clean
    assert verdict == Verdict(acknowledged=4)


@pytest.mark.parametrize(
    ("history", "found"),
    [
        (["a0", "a2"], {"lost": 1}),
        ([], {"lost": 3}),
        (["a0", "a1", "a1", "a2"], {"doubled": 1}),
        (["a0", "a1", "a1", "a1", "a2"], {"doubled": 2}),
        (["a1", "a0", "a2"], {"reordered": 1}),
        (["a0", "a1", "z", "a2"], {"foreign": 1}),
    ],
)
def test_what_is_wrong_with_a_history_is_named(history: Sequence[str], found: dict[str, int]) -> None:
    verdict = check(sent("a", 3), history)
    assert counts(verdict) == found
    assert not verdict.is_clean
    assert all(any(kind in example for example in verdict.examples) for kind in found)


def test_an_unknown_message_may_be_there_or_not_but_only_once() -> None:
    messages = [*sent("a", 1), *sent("u", 1, UNKNOWN)]
    assert check(messages, ["a0"]).is_clean
    assert check(messages, ["u0", "a0"]).is_clean
    assert counts(check(messages, ["u0", "a0", "u0"])) == {"doubled": 1}


def test_an_unknown_message_that_was_read_must_stay() -> None:
    messages = [*sent("a", 1), *sent("u", 1, UNKNOWN)]
    assert counts(check(messages, ["a0"], [Reading(["a0", "u0"])])) == {"lost": 1}


def test_an_unknown_message_keeps_its_place_among_those_of_its_writer() -> None:
    messages = [Sent("a", "a0", UNKNOWN), Sent("a", "a1", ACKNOWLEDGED)]
    assert counts(check(messages, ["a1", "a0"])) == {"reordered": 1}


def test_a_refused_message_must_not_be_there() -> None:
    messages = [*sent("a", 1), *sent("r", 1, REFUSED)]
    assert check(messages, ["a0"]).is_clean
    assert counts(check(messages, ["a0", "r0"])) == {"foreign": 1}
    assert counts(check(messages, ["a0"], [Reading(["a0", "r0"])])) == {"foreign": 1}


def test_excused_losses_are_counted_apart() -> None:
    verdict = check(sent("a", 3), ["a0"], excused={"a1"})
    assert counts(verdict) == {"lost": 1, "excused": 1}
    assert verdict.acknowledged == 3


def test_a_reading_may_have_to_show_what_is_excused_in_the_end() -> None:
    """Damage may take messages; a reading that does not tell of it must still show them."""
    readings = [Reading(["a0"], is_whole=True, knew=["a0", "a1"], allows_excused=allows) for allows in (True, False)]
    assert counts(check(sent("a", 2), ["a0"], readings, excused={"a1"})) == {"lost": 1, "excused": 1}


def test_a_full_history_must_hold_what_its_reader_knew() -> None:
    reading = Reading(["a0"], is_whole=True, knew=["a0", "a1"])
    assert counts(check(sent("a", 3), ["a0", "a1", "a2"], [reading])) == {"lost": 1}


@pytest.mark.parametrize(
    ("texts", "knew", "found"),
    [
        (["a1", "a3"], [], {"lost": 1}),  # a hole
        (["a3"], [], {"lost": 1}),  # shorter than the window, with more before it
        (["a0", "a1"], ["a3"], {"lost": 1}),  # older than what was known
        ([], ["a0"], {"lost": 1}),
        (["a1", "a2", "a3"], [], {"foreign": 1}),  # longer than the window
        (["a2", "a2", "a3"], [], {"doubled": 1}),
        (["a3", "a2"], [], {"reordered": 2}),  # against its writer, and against the history
    ],
)
def test_a_context_of_any_time_is_an_unbroken_piece(texts: Sequence[str], knew: Sequence[str], found: dict[str, int]) -> None:
    reading = Reading(texts, is_context=True, knew=knew)
    assert counts(check(sent("a", 4), ["a0", "a1", "a2", "a3"], [reading], window=2)) == found


def test_readings_that_disagree_about_two_writers_are_found() -> None:
    messages = [*sent("a", 1), *sent("b", 1)]
    assert counts(check(messages, ["a0", "b0"], [Reading(["b0", "a0"])])) == {"reordered": 1}


def test_readings_that_disagree_about_messages_that_are_gone_are_found() -> None:
    messages = [*sent("a", 1), *sent("b", 1)]
    readings = [Reading(["b0", "a0"]), Reading(["a0", "b0"])]
    assert counts(check(messages, [], readings, excused={"a0", "b0"})) == {"reordered": 1, "excused": 2}


@pytest.mark.parametrize(
    ("context", "found"),
    [
        (["a1", "a2"], {}),
        (["a2"], {"lost": 1}),
        (["a0", "a1", "a2"], {"foreign": 1}),
        (["a0", "a1"], {"lost": 1, "foreign": 1}),
        (["z", "a1", "a2"], {"foreign": 1}),
        (["a2", "a1"], {"reordered": 2}),
        (["a1", "a2", "a2"], {"doubled": 1}),
    ],
)
def test_the_final_context_is_the_end_of_the_history(context: Sequence[str], found: dict[str, int]) -> None:
    assert counts(check(sent("a", 3), ["a0", "a1", "a2"], context=context, window=2)) == found


def test_a_window_of_none_has_an_empty_context() -> None:
    assert check(sent("a", 1), ["a0"], [Reading([], is_context=True, knew=["a0"])], context=[], window=0).is_clean


def test_two_messages_of_one_text_are_refused() -> None:
    with pytest.raises(ValueError, match="same text"):
        check([*sent("a", 1), *sent("a", 1)], [])


def test_verdicts_add_up() -> None:
    both = Verdict(3, lost=1, examples=("x",)) + Verdict(4, doubled=2, examples=("y",))
    assert both == Verdict(7, lost=1, doubled=2, examples=("x", "y"))


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Sent], list[str], list[Reading], int]:
    """What a right system shows: writers interleave, some adds fail, and contexts are read in between."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    window = draw(st.integers(0, 4))
    messages: list[Sent] = []
    history: list[str] = []
    readings: list[Reading] = []
    known: dict[str, list[str]] = {}
    for number in range(draw(st.integers(0, 30))):
        writer = chance.choice("abc")
        outcome = chance.choice(list(Outcome))
        text = f"{writer}{number}"
        messages.append(Sent(writer, text, outcome))
        if outcome is ACKNOWLEDGED or (outcome is UNKNOWN and chance.random() < 0.5):
            history.append(text)
        if outcome is ACKNOWLEDGED:
            known.setdefault(writer, []).append(text)
        knew = tuple(known.get(chance.choice("abc"), ()))
        if chance.random() < 0.3:
            readings.append(Reading(tuple(history), is_whole=True, knew=knew))
        if chance.random() < 0.5:
            readings.append(Reading(tuple(history[-window:] if window else ()), is_context=True, knew=knew))
    return messages, history, readings, window


@given(runs())
def test_no_right_run_is_accused(run: tuple[list[Sent], list[str], list[Reading], int]) -> None:
    messages, history, readings, window = run
    context = history[-window:] if window else []
    verdict = check(messages, history, readings, context=context, window=window)
    assert verdict.is_clean, verdict.examples
    assert verdict.excused == 0


@given(runs(), st.data())
def test_every_single_change_to_a_right_history_is_found(
    run: tuple[list[Sent], list[str], list[Reading], int], data: st.DataObject
) -> None:
    """One acknowledged message removed, one repeated, a refused or a strange one put in, or two of a writer exchanged."""
    messages, history, _, _ = run
    outcome = {one.text: one.outcome for one in messages}
    acknowledged = [text for text in history if outcome[text] is ACKNOWLEDGED]
    refused = [one.text for one in messages if one.outcome is REFUSED]
    place = data.draw(st.integers(0, len(history)))
    pairs = [(one, other) for one in history for other in history if one < other and one[0] == other[0]]
    kinds = ["stranger"] + ["lost", "doubled"] * bool(acknowledged) + ["refused"] * bool(refused) + ["swapped"] * bool(pairs)
    kind = data.draw(st.sampled_from(kinds))
    changed = list(history)
    if kind == "lost":
        changed.remove(data.draw(st.sampled_from(acknowledged)))
    elif kind == "doubled":
        changed.insert(place, data.draw(st.sampled_from(acknowledged)))
    elif kind == "swapped":
        one, other = data.draw(st.sampled_from(pairs))
        first, second = changed.index(one), changed.index(other)
        changed[first], changed[second] = other, one
    else:
        changed.insert(place, data.draw(st.sampled_from(refused)) if kind == "refused" else "z0")
    verdict = check(messages, changed)
    expected = {"stranger": "foreign", "refused": "foreign", "swapped": "reordered"}.get(kind, kind)
    assert getattr(verdict, expected) >= 1
    others = {name for name in counts(verdict) if name != expected}
    assert others <= ({"reordered"} if kind in {"doubled", "refused"} else set())  # it may also stand before what came earlier
