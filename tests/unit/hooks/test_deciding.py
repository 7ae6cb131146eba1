"""The first plugin that answers decides; what cannot be an answer is the plugin's error; the configured policy is last."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import PolicyFailedError
from lixcore.hooks import hookimpl
from lixcore.hooks.catalogue import HOOKS, Kind
from lixcore.hooks.plugins import Plugins
from lixcore.hooks.policies import hooked
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.ports.policies import Policies
from lixcore.ports.policy import Candidate, CandidateFact, Surplus, WantsFacts
from lixcore.ports.ranking import Finding
from lixcore.ports.reuse_policy import MatchCandidate, NewAnswer
from plain_policies import PlainPolicy, plain_policies

Given = Callable[..., Plugins]

KEYS = [SessionKey(name) for name in "abc"]
CANDIDATES = [Candidate(key, float(at)) for at, key in enumerate(KEYS)]
MESSAGES = [Message("user", text, 1.0) for text in ("one", "two", "three")]
MATCH = MatchCandidate("q", 0.95, 1.0, Scope(KEYS[0]))
FINDINGS = [Finding(text=1.0), Finding(vector=0.5, before=[0]), Finding()]

# hook -> how the core asks, and all arguments that a plugin is given
ASKING: dict[str, tuple[Callable[[Policies], Any], dict[str, Any]]] = {
    "lixcore_evict": (
        lambda policies: policies.eviction.victims(CANDIDATES, now=9.0, idle_seconds=5.0, surplus=Surplus(1)),
        {"candidates": tuple(CANDIDATES), "now": 9.0, "idle_seconds": 5.0, "surplus": Surplus(1)},
    ),
    "lixcore_window_start": (
        lambda policies: policies.window.start(MESSAGES, max_messages=3, max_tokens=None),
        {"messages": tuple(MESSAGES), "max_messages": 3, "max_tokens": None},
    ),
    "lixcore_count_tokens": (lambda policies: policies.tokens.count(MESSAGES), {"messages": tuple(MESSAGES)}),
    "lixcore_retire": (
        lambda policies: policies.retention.is_over(ArchiveInfo(KEYS[0], 3), now=9.0, ttl_seconds=None),
        {"history": ArchiveInfo(KEYS[0], 3), "now": 9.0, "ttl_seconds": None},
    ),
    "lixcore_admit": (
        lambda policies: policies.admission.admits(NewAnswer(Scope(KEYS[0]), "q", "r", 3, None)),
        {"answer": NewAnswer(Scope(KEYS[0]), "q", "r", 3, None)},
    ),
    "lixcore_may_answer": (
        lambda policies: policies.match.may_answer("q", MATCH),
        {"query": "q", "candidate": MATCH},
    ),
    "lixcore_cache_seconds": (
        lambda policies: policies.expiry.seconds("semantic", 60.0),
        {"layer": "semantic", "configured": 60.0},
    ),
    "lixcore_rank": (
        lambda policies: policies.ranking.rank(FINDINGS, now=9.0),
        {"findings": tuple(FINDINGS), "now": 9.0},
    ),
}

ANSWERS: dict[str, list[Any]] = {
    "lixcore_evict": [[], [KEYS[1]], tuple(KEYS)],
    "lixcore_window_start": [0, 1, 3],
    "lixcore_count_tokens": [[0, 0, 0], (1, 2, 3)],
    "lixcore_retire": [True, False],
    "lixcore_admit": [True, False],
    "lixcore_may_answer": [True, False],
    "lixcore_cache_seconds": [1, 0.5, 1e9],
    "lixcore_rank": [[1.0, 0.0, -1.0], (1, 2, 3)],
}

WRONG: dict[str, list[tuple[Any, str]]] = {
    "lixcore_evict": [
        (KEYS[0], "a value of type SessionKey, where a sequence of session keys is due"),
        ("abc", "a value of type str, where a sequence of session keys is due"),
        (iter(KEYS), "a value of type list_iterator, where a sequence"),
        (["a"], "a value of type str among the victims, where a session key is due"),
        (CANDIDATES, "a value of type Candidate among the victims"),
        ([SessionKey("z")], "a session that is none of the candidates"),
    ],
    "lixcore_window_start": [
        (-1, "-1, where a whole number from 0 to 3 is due"),
        (4, "4, where a whole number from 0 to 3 is due"),
        (True, "True, where"),
        (1.0, "1.0, where"),
        ("1", "a value of type str, where"),
        (10**30, "a value of type int, where"),
    ],
    "lixcore_count_tokens": [
        ([1, 2], "2 numbers for 3 messages"),
        ([1, 2, -3], "-3 for a message, where a whole number of at least 0 is due"),
        ([1, 2, 3.0], "3.0 for a message"),
        ([1, 2, None], "a value of type NoneType for a message"),
        (6, "6, where a sequence of whole numbers is due"),
        ("123", "a value of type str, where a sequence"),
    ],
    **{
        name: [(1, "1, where True, False or None is due"), ("no", "a value of type str, where")]
        for name in ("lixcore_retire", "lixcore_admit")
    },
    "lixcore_may_answer": [(0.5, "0.5, where True, False or None is due"), (np.True_, "a value of type bool, where")],
    "lixcore_cache_seconds": [
        (0, "0, where a finite number of seconds above 0 is due"),
        (-1.0, "-1.0, where"),
        (math.nan, "nan, where"),
        (math.inf, "inf, where"),
        (10**400, "a value of type int, where"),
        (True, "True, where"),
        ("60", "a value of type str, where"),
    ],
    "lixcore_rank": [
        ([1.0, 2.0], "2 numbers for 3 findings"),
        ([1.0, 2.0, math.nan], "nan for a finding, where a finite number is due"),
        ([1.0, math.inf, 2.0], "inf for a finding"),
        ([1.0, True, 2.0], "True for a finding"),
        ([1.0, 10**400, 2.0], "a value of type int for a finding"),
        ([1.0, "2", 3.0], "a value of type str for a finding"),
        (1.0, "1.0, where a sequence of numbers is due"),
        ("123", "a value of type str, where a sequence"),
    ],
}


def answering(
    hook: str, answer: Any, *, asked: list[str] | None = None, name: str = "", first: bool = False, last: bool = False
) -> object:
    """A plugin that gives one answer, and notes that it was asked."""

    def function() -> Any:
        if asked is not None:
            asked.append(name)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    class Answering:
        implementation = staticmethod(hookimpl(specname=hook, tryfirst=first, trylast=last)(function))

    return Answering()


def ask(hook: str, policies: Policies) -> Any:
    return ASKING[hook][0](policies)


def test_every_decision_is_tried_here() -> None:
    decisions = {name for name, hook in HOOKS.items() if hook.kind is Kind.DECISION}
    assert decisions == set(ASKING) == set(ANSWERS) == set(WRONG)


@given(st.data())
def test_the_first_answer_decides(plugins: Given, data: st.DataObject) -> None:
    """Asked are those that want to be first, the last registered of them before the others; then the rest; then the last ones.

    Asking ends with the first answer that is not None; the configured policy is asked when there is none.
    """
    hook = data.draw(st.sampled_from(sorted(ASKING)))
    drawn = data.draw(st.lists(st.tuples(st.none() | st.sampled_from(ANSWERS[hook]), st.sampled_from([0, 1, 2])), max_size=6))
    asked: list[str] = []
    objects = [
        answering(hook, answer, asked=asked, name=str(at), first=rank == 0, last=rank == 2)
        for at, (answer, rank) in enumerate(drawn)
    ]
    policy = PlainPolicy()
    answer = ask(hook, hooked(plain_policies(policy), plugins(*objects)))
    # Of those that want to be last, pluggy asks the one registered last after the others.
    order = sorted(range(len(drawn)), key=lambda at: (drawn[at][1], at if drawn[at][1] == 2 else -at))
    expected: list[str] = []
    for at in order:
        expected.append(str(at))
        if drawn[at][0] is not None:
            assert (list(answer) if isinstance(answer, Sequence) else answer) == (
                list(drawn[at][0]) if isinstance(drawn[at][0], Sequence) else drawn[at][0]
            )
            assert policy.asked == []
            break
    else:
        assert answer == ask(hook, plain_policies())
        assert len(policy.asked) == 1
    assert asked == expected


@pytest.mark.parametrize("hook", sorted(ASKING))
def test_a_plugin_gets_the_arguments_that_it_asks_for(plugins: Given, hook: str) -> None:
    """Any subset, in any order; as values that it cannot change the core's by."""
    every = ASKING[hook][1]
    seen: list[dict[str, Any]] = []
    assert tuple(every) == HOOKS[hook].arguments

    def answer_with(*names: str) -> object:
        # A function with these parameters, as a plugin's author would write it.
        source = f"def function({', '.join(names)}):\n    seen.append(dict({', '.join(f'{name}={name}' for name in names)}))\n"
        scope: dict[str, Any] = {"seen": seen}
        exec(source, scope)  # noqa: S102  # our own text

        class Plugin:
            implementation = staticmethod(hookimpl(specname=hook)(scope["function"]))

        return Plugin()

    subsets: list[tuple[str, ...]] = [(), *((name,) for name in every), tuple(reversed(every))]
    for subset in subsets:
        ask(hook, hooked(plain_policies(), plugins(answer_with(*subset))))
        assert seen.pop() == {name: every[name] for name in subset}


@pytest.mark.parametrize(("hook", "answer", "said"), [(hook, *wrong) for hook, answers in WRONG.items() for wrong in answers])
def test_what_cannot_be_an_answer_is_the_plugins_error(plugins: Given, hook: str, answer: Any, said: str) -> None:
    policy = PlainPolicy()
    with pytest.raises(PolicyFailedError) as caught:
        ask(hook, hooked(plain_policies(policy), plugins(answering(hook, answer))))
    assert str(caught.value).startswith(f"{hook} of plugin 'Answering': it answered {said}")
    assert (caught.value.decision, policy.asked) == (hook, [])


@pytest.mark.parametrize("hook", sorted(ASKING))
def test_what_a_plugin_raises_is_told_with_its_cause(plugins: Given, hook: str) -> None:
    error = RuntimeError("tick")
    with pytest.raises(PolicyFailedError, match="it raised RuntimeError: tick") as caught:
        ask(hook, hooked(plain_policies(), plugins(answering(hook, error))))
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), MemoryError()], ids=lambda error: type(error).__name__)
def test_what_ends_a_process_passes(plugins: Given, error: BaseException) -> None:
    """A lack of memory is an exception like others: it is the plugin's, with its cause."""
    policies = hooked(plain_policies(), plugins(answering("lixcore_admit", error)))
    expected = PolicyFailedError if isinstance(error, Exception) else type(error)
    with pytest.raises(expected):
        ask("lixcore_admit", policies)


def test_numbers_of_numpy_count_as_numbers(plugins: Given) -> None:
    start = ask("lixcore_window_start", hooked(plain_policies(), plugins(answering("lixcore_window_start", np.int64(2)))))
    assert (start, type(start)) == (2, int)
    counts = [np.uint8(1), 2, 3]
    counted = ask("lixcore_count_tokens", hooked(plain_policies(), plugins(answering("lixcore_count_tokens", counts))))
    assert [type(count) for count in counted] == [int, int, int]


def test_what_no_plugin_implements_stays_the_very_same_object(plugins: Given) -> None:
    configured = plain_policies()
    assert hooked(configured, Plugins()) is configured

    class Watcher:
        @hookimpl
        def lixcore_added(self) -> None: ...

    assert hooked(configured, plugins(Watcher())) is configured
    policies = hooked(configured, plugins(Watcher(), answering("lixcore_admit", True), Watcher()))
    assert policies.admission is not configured.admission
    others = ("eviction", "window", "tokens", "retention", "match", "expiry", "redaction")
    assert all(getattr(policies, name) is getattr(configured, name) for name in others)


def test_an_eviction_hook_gets_all_facts(plugins: Given) -> None:
    eviction = hooked(plain_policies(), plugins(answering("lixcore_evict", None))).eviction
    assert isinstance(eviction, WantsFacts)
    assert set(eviction.wants) == set(CandidateFact)


def test_what_the_configured_policy_raises_is_its_own(plugins: Given) -> None:
    error = LookupError("mine")
    policies = hooked(plain_policies(PlainPolicy(error)), plugins(answering("lixcore_admit", None)))
    with pytest.raises(LookupError) as caught:
        ask("lixcore_admit", policies)
    assert caught.value is error
