"""The window policies with a budget of tokens, against a model that tries every start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lixcore import CacheConfig
from lixcore.bootstrap import Opener
from lixcore.domain.message import Message
from lixcore.domain.window import approximate_tokens, window_start
from lixcore.registry import Group
from lixcore_policies import TokenBudget, WholeTurns


def said(role: str, content: str = "x", **metadata: Any) -> Message:
    return Message(role, content, 0.0, metadata)


MESSAGES = st.lists(
    st.builds(said, st.sampled_from(["user", "assistant", "system"]))
    | st.sampled_from("ab").map(lambda name: said("assistant", tool_calls=[{"id": name}]))
    | st.builds(lambda name: said("tool", tool_call_id=name), st.sampled_from("abc")),
    max_size=12,
)


def parts_a_call(messages: Sequence[Message], start: int) -> bool:
    """Whether some result from the start on has its call before it; by the newest call of its id, else the nearest message."""
    for index in range(start, len(messages)):
        if messages[index].role != "tool":
            continue
        name = messages[index].to_dict()["metadata"]["tool_call_id"]
        others = [at for at in range(index) if messages[at].role != "tool"]
        calls = [at for at in others if [{"id": name}] == messages[at].to_dict()["metadata"].get("tool_calls")]
        if not others or (calls or others)[-1] < start:
            return True
    return False


def naive_start(messages: Sequence[Message], places: int, budget: int, tokens: Sequence[int]) -> int:
    end = len(messages)
    fitting = [at for at in range(end) if sum(tokens[at:]) <= budget and not parts_a_call(messages, at)]
    if not places or not fitting:
        return end
    short = [at for at in fitting if end - at <= places]
    opening = [at for at in short if messages[at].role in ("user", "system")]
    return min(opening or short or [max(fitting)])


@given(MESSAGES, st.integers(0, 14), st.integers(0, 40), st.none() | st.integers(0, 40), st.data())
def test_a_context_is_the_longest_that_begins_with_an_exchange_and_fits(
    messages: list[Message], places: int, own: int, given_budget: int | None, data: st.DataObject
) -> None:
    tokens = data.draw(st.lists(st.integers(0, 9), min_size=len(messages), max_size=len(messages)))
    policy = TokenBudget(tokens=own, count_tokens=lambda _: tokens)
    start = policy.start(messages, max_messages=places, max_tokens=given_budget)
    budget = own if given_budget is None else min(own, given_budget)
    assert start == naive_start(messages, places, budget, tokens)


@given(MESSAGES, st.integers(0, 14), st.none() | st.integers(0, 60))
def test_whole_turns_is_the_rule_of_the_domain(messages: list[Message], places: int, budget: int | None) -> None:
    start = WholeTurns().start(messages, max_messages=places, max_tokens=budget)
    assert start == window_start(messages, max_messages=places, max_tokens=budget)


def test_each_message_is_counted_once_and_only_where_there_is_a_budget() -> None:
    counted: list[int] = []

    def count(messages: Sequence[Message]) -> Sequence[int]:
        counted.append(len(messages))
        return [approximate_tokens(message) for message in messages]

    three = [said("user"), said("assistant"), said("user")]
    WholeTurns(count).start(three, max_messages=9, max_tokens=None)
    assert counted == []
    WholeTurns(count).start(three, max_messages=9, max_tokens=5)
    TokenBudget(tokens=5, count_tokens=count).start(three, max_messages=9, max_tokens=None)
    assert counted == [3, 3]


def test_the_budget_is_an_option_and_is_counted_as_the_opener_is_told() -> None:
    class Tens:
        def count(self, messages: Sequence[Message]) -> Sequence[int]:
            return [10] * len(messages)

    settings: dict[str, Any] = {"window_policy": "token-budget", "token_budget_tokens": 25}
    opener = Opener(CacheConfig(hot_store="memory", cold_archive="memory", **settings))
    policy = opener.open(Group.WINDOW_POLICY, "token-budget")
    three = [said("user"), said("user"), said("user")]
    assert policy.start(three, max_messages=9, max_tokens=None) == 0, "by the configured counter"
    opener.count_tokens_by(Tens())
    assert policy.start(three, max_messages=9, max_tokens=None) == 1
