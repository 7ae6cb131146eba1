"""The window against a model that tries every start and checks the definition at each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.window import approximate_tokens, tool_calls_of, whole_starts, window_start


def said(role: str = "user", content: str = "", **metadata: Any) -> Message:
    return Message(role, content, 0.0, metadata)


def calling(*ids: str) -> Message:
    return said("assistant", tool_calls=[{"id": call_id} for call_id in ids])


def result(call_id: str | None = None, role: str = "tool") -> Message:
    return said(role) if call_id is None else said(role, tool_call_id=call_id)


# Three ids are enough for calls that share a message, cross, repeat, or are missing.
IDS = st.sampled_from(["a", "b", "c"])
MESSAGES = st.lists(
    st.builds(said, st.sampled_from(["user", "assistant", "system"]))
    | st.lists(IDS, max_size=3).map(lambda ids: calling(*ids))
    | st.builds(result, st.none() | IDS, st.sampled_from(["tool", "function"])),
    max_size=14,
)
# What people's metadata looks like when it does not have the shape of tool calls.
ODD: st.SearchStrategy[Any] = st.sampled_from([None, 5, "a", [], ["a"], [None], [{"id": 7}], [{}], {"id": "a"}])
ODD_MESSAGES = st.lists(
    st.builds(lambda role, odd: said(role, tool_calls=odd, tool_call_id=odd), st.sampled_from(["user", "tool"]), ODD)
    | st.builds(lambda role, odd: Message(role, "", 0.0, odd), st.sampled_from(["user", "tool"]), ODD),
    max_size=8,
)


def ids_called_by(message: Message) -> list[str]:
    try:
        return [call["id"] for call in message.to_dict()["metadata"]["tool_calls"]]
    except (KeyError, TypeError, IndexError):
        return []


def is_result(message: Message) -> bool:
    return message.role == "tool" or message.role == "function"  # noqa: PLR1714  # as the definition says it


def naive_call(messages: list[Message], index: int) -> int | None:
    """The definition, word by word, for messages whose metadata has the usual shape."""
    if not is_result(messages[index]):
        return index
    before = [at for at in range(index) if not is_result(messages[at])]
    wanted = messages[index].to_dict()["metadata"].get("tool_call_id")
    listing = [at for at in before if wanted is not None and wanted in ids_called_by(messages[at])]
    if listing:
        return max(listing)
    return max(before) if before else None


def naive_is_whole(messages: list[Message], start: int) -> bool:
    """No result from ``start`` on has its call before ``start``, or nowhere."""
    calls = [naive_call(messages, index) for index in range(start, len(messages))]
    return all(call is not None and call >= start for call in calls)


def naive_start(messages: list[Message], max_messages: int, max_tokens: int | None, tokens: list[int]) -> int:
    """Try every start: the longest whole window within both limits; if there is none, the newest whole turn within the budget."""
    end = len(messages)
    whole = [start for start in range(end) if naive_is_whole(messages, start)]
    affordable = [start for start in whole if max_tokens is None or sum(tokens[start:]) <= max_tokens]
    if max_messages == 0 or not affordable:
        return end
    short = [start for start in affordable if end - start <= max_messages]
    return min(short) if short else max(affordable)


@given(MESSAGES)
def test_a_result_belongs_to_the_call_that_the_definition_names(messages: list[Message]) -> None:
    assert tool_calls_of(messages) == [naive_call(messages, index) for index in range(len(messages))]


@given(MESSAGES)
def test_whole_starts_are_those_that_part_no_result_from_its_call(messages: list[Message]) -> None:
    expected = [start for start in range(len(messages) + 1) if naive_is_whole(messages, start)]
    assert whole_starts(messages) == expected


@given(MESSAGES, st.integers(0, 16), st.none() | st.integers(0, 30), st.data())
@example([calling("a", "b"), result("a"), result("b")], 2, None, None)
def test_the_window_is_the_longest_whole_one_within_both_limits(
    messages: list[Message], max_messages: int, max_tokens: int | None, data: st.DataObject | None
) -> None:
    sizes = st.lists(st.integers(0, 9), min_size=len(messages), max_size=len(messages))
    tokens = [1] * len(messages) if data is None else data.draw(sizes)
    counted: list[int] = []

    def count(message: Message) -> int:
        index = next(at for at, candidate in enumerate(messages) if candidate is message)
        counted.append(index)
        return tokens[index]

    # Equal messages may be one object; the counter tells them apart by identity.
    messages = [Message(message.role, message.content, 0.0, message.metadata) for message in messages]
    start = window_start(messages, max_messages=max_messages, max_tokens=max_tokens, count_tokens=count)
    assert start == naive_start(messages, max_messages, max_tokens, tokens)
    assert len(counted) == len(set(counted)), "a message was counted twice"


@given(ODD_MESSAGES, st.integers(0, 9))
def test_metadata_of_any_shape_gives_a_window(messages: list[Message], max_messages: int) -> None:
    start = window_start(messages, max_messages=max_messages)
    assert 0 <= start <= len(messages)
    assert start in whole_starts(messages)


@given(MESSAGES, st.integers(1, 16))
def test_the_window_of_a_window_is_itself(messages: list[Message], max_messages: int) -> None:
    window = messages[window_start(messages, max_messages=max_messages) :]
    assert window_start(window, max_messages=max_messages) == 0


@pytest.mark.parametrize(
    ("messages", "max_messages", "start"),
    [
        ([], 5, 0),
        ([said()] * 3, 0, 3),
        ([said()] * 3, 1, 2),
        ([said()] * 3, 9, 0),
        ([said(), calling("a"), result("a"), said()], 2, 3),  # 2 would begin with a result
        ([said(), calling("a"), result("a"), said()], 3, 1),
        ([said(), calling("a", "b"), result("a"), result("b")], 2, 1),  # the newest turn is kept whole
        ([result("a"), said()], 2, 1),  # its call was cut off before
        ([result("a")], 2, 1),
        ([calling("a"), said(), result("a")], 2, 0),
    ],
)
def test_examples(messages: list[Message], max_messages: int, start: int) -> None:
    assert window_start(messages, max_messages=max_messages) == start


def test_a_token_budget_is_strict_also_for_the_newest_turn() -> None:
    messages = [said(), calling("a"), result("a")]
    assert window_start(messages, max_messages=9, max_tokens=2, count_tokens=lambda _: 1) == 1
    assert window_start(messages, max_messages=9, max_tokens=1, count_tokens=lambda _: 1) == 3


@pytest.mark.parametrize(("content", "tokens"), [("", 4), ("abc", 4), ("abcd", 5), ("日本語", 6), ("😀", 5), ("a" * 400, 104)])
def test_tokens_are_a_quarter_of_the_bytes_and_four(content: str, tokens: int) -> None:
    assert approximate_tokens(said(content=content)) == tokens
