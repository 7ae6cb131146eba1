"""A wrapper is called around a decision, whoever decides; its own failures are its own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import pytest

from lixcore.domain.message import Message
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import PolicyFailedError
from lixcore.hooks import hookimpl
from lixcore.hooks.plugins import Plugins
from lixcore.hooks.policies import hooked
from lixcore.ports.reuse_policy import NewAnswer
from plain_policies import PlainPolicy, plain_policies

Given = Callable[..., Plugins]

MESSAGES = [Message("user", text, 1.0) for text in ("one", "two", "three")]


class Counting:
    """Gives one answer."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    @hookimpl
    def lixcore_count_tokens(self) -> object:
        return self.answer


class Wrapping:
    """A plugin around the others."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make
        self.seen: list[Any] = []

    @hookimpl(wrapper=True)
    def lixcore_count_tokens(self, messages: Sequence[Message]) -> Generator[None, Any, Any]:
        try:
            inner = yield
        except PolicyFailedError as error:
            self.seen.append(error)
            raise
        except LookupError as error:
            self.seen.append(error)
            return [0 for _ in messages]
        self.seen.append(inner)
        return self.make(inner)


def test_a_wrapper_sees_the_answer_whoever_gave_it_and_may_change_it(plugins: Given) -> None:
    def double(counts: Sequence[int]) -> Sequence[int]:
        return [2 * count for count in counts]

    assert hooked(plain_policies(), plugins(Wrapping(double))).tokens.count(MESSAGES) == [2, 2, 2]
    both = plugins(Counting([3, 4, 5]), Wrapping(double))
    assert hooked(plain_policies(), both).tokens.count(MESSAGES) == [6, 8, 10]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "it answered None, where what its yield gave, or something in its place, is due"),
        (lambda _: [1], "it answered 1 numbers for 3 messages"),
        (lambda _: 1 / 0, "it raised ZeroDivisionError: division by zero"),
    ],
)
def test_a_wrapper_that_fails_is_named(plugins: Given, make: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(PolicyFailedError, match=said) as caught:
        hooked(plain_policies(), plugins(Wrapping(make))).tokens.count(MESSAGES)
    assert caught.value.name == "plugin 'Wrapping'"


def test_what_fails_within_a_wrapper_is_not_its_failure(plugins: Given) -> None:
    wrapping = Wrapping(list)
    with pytest.raises(PolicyFailedError, match="Counting") as caught:
        hooked(plain_policies(), plugins(Counting([1]), wrapping)).tokens.count(MESSAGES)
    assert wrapping.seen == [caught.value]


def test_a_wrapper_may_mend_what_fails_within(plugins: Given) -> None:
    policies = hooked(plain_policies(PlainPolicy(LookupError())), plugins(Wrapping(list)))
    assert policies.tokens.count(MESSAGES) == [0, 0, 0]


def test_a_wrapper_must_yield_once(plugins: Given) -> None:
    class Never:
        asked = False

        @hookimpl(wrapper=True)
        def lixcore_admit(self) -> Generator[None, Any, Any]:
            if self.asked:
                yield

    class Twice:
        @hookimpl(wrapper=True)
        def lixcore_admit(self) -> Generator[None, Any, Any]:
            yield
            yield

    with pytest.raises(PolicyFailedError, match="it ended without a yield"):
        hooked(plain_policies(), plugins(Never())).admission.admits(NewAnswer(Scope(SessionKey("s")), "q", "r", 3, None))
    with pytest.raises(PolicyFailedError, match="it yielded more than once"):
        hooked(plain_policies(), plugins(Twice())).admission.admits(NewAnswer(Scope(SessionKey("s")), "q", "r", 3, None))
