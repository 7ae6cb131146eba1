"""The policies of the semantic cache as a configuration opens them."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore import CacheConfig
from lixcore.bootstrap import Opener
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidConfigError
from lixcore.ports.reuse_policy import MatchCandidate, NewAnswer
from lixcore.registry import Group
from lixcore_policies import AdmitAny, GuardedMatch, ThresholdMatch

SCOPE = Scope(SessionKey("somebody"))
ASKED, CACHED = "How tall is Ada?", "How tall is Bob?"


def opened(group: Group, **settings: Any) -> Any:
    config = CacheConfig(hot_store="memory", cold_archive="memory", **settings)
    name = config.chosen(group)
    assert name is not None
    return Opener(config).open(group, name)


def candidate(query: str | None) -> MatchCandidate:
    return MatchCandidate(query, 0.95, 1.0, SCOPE)


def test_the_defaults_are_guarded_and_any() -> None:
    assert isinstance(opened(Group.MATCH_POLICY), GuardedMatch)
    assert isinstance(opened(Group.ADMISSION_POLICY), AdmitAny)


def test_guarded_compares_the_texts_and_threshold_does_not() -> None:
    guarded, threshold = opened(Group.MATCH_POLICY), opened(Group.MATCH_POLICY, match_policy="threshold")
    assert isinstance(threshold, ThresholdMatch)
    assert (guarded.may_answer(ASKED, candidate(CACHED)), threshold.may_answer(ASKED, candidate(CACHED))) == (False, True)
    assert (guarded.may_answer(ASKED, candidate("how tall is ada")), threshold.may_answer(ASKED, candidate("x"))) == (True, True)


@pytest.mark.parametrize(("query", "cached"), [(None, CACHED), (ASKED, None), (None, None)])
def test_without_a_text_the_similarity_decides_unless_told_otherwise(query: str | None, cached: str | None) -> None:
    assert opened(Group.MATCH_POLICY).may_answer(query, candidate(cached))
    assert opened(Group.MATCH_POLICY, match_policy="threshold").may_answer(query, candidate(cached))
    strict = opened(Group.MATCH_POLICY, guarded_without_text="refuse")
    assert not strict.may_answer(query, candidate(cached))
    assert strict.may_answer(ASKED, candidate(ASKED))


def test_another_word_for_it_is_a_wrong_setting() -> None:
    with pytest.raises(InvalidConfigError, match="guarded_without_text"):
        CacheConfig(guarded_without_text="maybe")


def test_guarded_says_why_it_refuses() -> None:
    assert GuardedMatch().refusal(ASKED, candidate(CACHED)) == "have different names"
    assert GuardedMatch().refusal(ASKED, candidate(ASKED)) is None
    assert GuardedMatch(without_text="refuse").refusal(ASKED, candidate(None)) == "were not both given"


def test_any_admits_whatever_is_to_be_cached() -> None:
    assert AdmitAny().admits(NewAnswer(SCOPE, None, {"error": "none"}, 10, None))
