"""Which of the newest messages make up the context: pure arithmetic over their order.

A window is given as the index where it starts; it always runs to the end. It never starts between a tool call and one of
its results, because LLM interfaces refuse a result whose call they cannot see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lixcore.domain.message import Message

TokenCounter = Callable[[Message], int]
"""Gives the number of tokens that a message takes in a prompt; zero or more."""

_RESULT_ROLES = frozenset({"tool", "function"})
_BYTES_PER_TOKEN = 4
_TOKENS_AROUND_MESSAGE = 4


def approximate_tokens(message: Message) -> int:
    """A model-independent estimate: a token for every four UTF-8 bytes, and four around each message.

    Four characters of English are a token by the rule of thumb of OpenAI's documentation; counting bytes instead keeps
    the estimate on the safe side for other scripts.
    """
    return len(message.content.encode()) // _BYTES_PER_TOKEN + _TOKENS_AROUND_MESSAGE


def tool_calls_of(messages: Sequence[Message]) -> list[int | None]:
    """For each message, the index of the message that made the call whose result it is; one look at each message.

    Returns:
        A message's own index where it is no tool result; None where its call is not in ``messages``. A result that names no
        call, or one that no message lists, belongs to the nearest message before it that is no result.
    """
    calls: list[int | None] = []
    caller: dict[str, int] = {}
    nearest: int | None = None
    for index, message in enumerate(messages):
        if message.role in _RESULT_ROLES:
            wanted = _text_field(message, "tool_call_id")
            calls.append(nearest if wanted is None else caller.get(wanted, nearest))
        else:
            nearest = index
            caller.update(dict.fromkeys(_call_ids(message), index))
            calls.append(index)
    return calls


def whole_starts(messages: Sequence[Message]) -> list[int]:
    """Where a window may start without splitting a call from its results: ascending indices, ``len(messages)`` last."""
    if _RESULT_ROLES.isdisjoint([message.role for message in messages]):
        return list(range(len(messages) + 1))  # nearly every conversation, on every read of a context
    calls = tool_calls_of(messages)
    starts = [len(messages)]
    earliest = len(messages)  # the earliest call that anything from here on needs
    for index in range(len(messages) - 1, -1, -1):
        call = calls[index]
        earliest = min(earliest, -1 if call is None else call)
        if earliest >= index:
            starts.append(index)
    starts.reverse()
    return starts


def is_inside_turn(messages: Sequence[Message]) -> bool:
    """Whether messages end with results of a call that is not among them, so that no whole turn can be taken from their end."""
    return len(messages) > 0 and len(whole_starts(messages)) == 1


def window_start(
    messages: Sequence[Message],
    *,
    max_messages: int,
    max_tokens: int | None = None,
    count_tokens: TokenCounter = approximate_tokens,
) -> int:
    """Where the context starts: as early as both limits allow, at a whole turn.

    ``max_tokens`` is strict: an LLM refuses more. ``max_messages`` gives way in one case: when the newest call and its
    results are by themselves more than that, they are kept whole, because a context without the newest turn helps nobody.

    Args:
        messages: The newest messages of a session in order, at least ``max_messages`` of them if it has that many.
        max_messages: Zero or more; zero gives an empty window.
        max_tokens: Zero or more; None for no budget.
        count_tokens: Called at most once for each message.

    Returns:
        0 to ``len(messages)``; the latter stands for an empty window.
    """
    first = 0 if max_tokens is None or max_messages == 0 else _budget_start(messages, max_tokens, count_tokens)
    return turn_start(messages, max_messages=max_messages, first=first)


def budget_start(counts: Sequence[int], budget: int) -> int:
    """The earliest index from which on the counts sum up to the budget or less; ``len(counts)`` where the last is above it."""
    left = budget
    for index in range(len(counts) - 1, -1, -1):
        left -= counts[index]
        if left < 0:
            return index + 1
    return 0


def turn_start(messages: Sequence[Message], *, max_messages: int, first: int = 0) -> int:
    """As `window_start`, where ``first`` is the earliest index that the budget of tokens allows."""
    end = len(messages)
    if max_messages == 0 or end == 0:
        return end
    starts = [start for start in whole_starts(messages) if start >= first]
    for start in starts:
        if end - start <= max_messages and start < end:
            return start
    return starts[-2] if len(starts) > 1 else end


def _budget_start(messages: Sequence[Message], max_tokens: int, count_tokens: TokenCounter) -> int:
    left = max_tokens  # counted one by one: what is beyond the budget needs no counting
    for index in range(len(messages) - 1, -1, -1):
        left -= count_tokens(messages[index])
        if left < 0:
            return index + 1
    return 0


def _text_field(message: Message, name: str) -> str | None:
    value = message.metadata.get(name) if isinstance(message.metadata, dict) else None
    return value if isinstance(value, str) else None


def _call_ids(message: Message) -> frozenset[str]:
    calls = message.metadata.get("tool_calls") if isinstance(message.metadata, dict) else None
    if not isinstance(calls, list):
        return frozenset()
    ids = (call.get("id") for call in calls if isinstance(call, dict))
    return frozenset(call_id for call_id in ids if isinstance(call_id, str))
