"""The match policies on labelled pairs of real questions: how often a cached answer would be right, how often it would be found.

The data is no part of the repository. It is looked for in ``../shared/data`` beside the checkout, or where
``LIXCORE_DATA`` says. The rules of the policy ``guarded`` were chosen by one half of it; what is asserted here is asserted of the
other.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.reuse_policy import MatchCandidate, MatchPolicy
from lixcore_policies import GuardedMatch, ThresholdMatch
from question_pairs import EMBEDDINGS_FILE, PAIRS_FILE, QuestionPair, Score, load_pairs, score

DATA = Path(os.environ.get("LIXCORE_DATA", Path(__file__).parents[2] / "shared" / "data"))
SCOPE = Scope(SessionKey("somebody"))

pytestmark = pytest.mark.skipif(
    not all((DATA / name).exists() for name in (PAIRS_FILE, EMBEDDINGS_FILE)),
    reason=f"no {PAIRS_FILE} or {EMBEDDINGS_FILE} in {DATA}; LIXCORE_DATA=DIR pytest tests/test_question_pairs.py runs it",
)


@pytest.fixture(scope="module")
def held_back() -> list[QuestionPair]:
    pairs = load_pairs(DATA)
    kept = [pair for pair in pairs if pair.is_held_back]
    assert len(pairs) == 4437
    assert 0.45 < len(kept) / len(pairs) < 0.55
    return kept


def with_policy(policy: MatchPolicy, pairs: list[QuestionPair], threshold: float) -> Score:
    return score(pairs, threshold, lambda a, b: policy.may_answer(a, MatchCandidate(b, threshold, 0.0, SCOPE)))


def test_every_similar_pair_is_taken_by_threshold(held_back: list[QuestionPair]) -> None:
    """The reference for all pairs at 0.90 is a precision of 0.50 at a coverage of 0.52."""
    found = with_policy(ThresholdMatch(), held_back, 0.90)
    assert found.precision == pytest.approx(0.50, abs=0.03)
    assert found.coverage == pytest.approx(0.52, abs=0.03)


def test_guarded_takes_four_of_five_rightly_and_still_finds_most(held_back: list[QuestionPair]) -> None:
    found = with_policy(GuardedMatch(), held_back, 0.90)
    assert found.precision >= 0.80
    assert found.coverage >= 0.38


@pytest.mark.parametrize("threshold", [0.80, 0.85, 0.95])
def test_guarded_is_more_precise_than_threshold_at_any_threshold(held_back: list[QuestionPair], threshold: float) -> None:
    bare, guarded = (with_policy(policy, held_back, threshold) for policy in (ThresholdMatch(), GuardedMatch()))
    assert guarded.precision > bare.precision + 0.2
    assert guarded.coverage > 0.7 * bare.coverage


@pytest.mark.parametrize("source", ["qqp_gptcache", "paws_qqp"])
def test_guarded_is_more_precise_on_each_kind_of_pairs(held_back: list[QuestionPair], source: str) -> None:
    pairs = [pair for pair in held_back if pair.source == source]
    bare, guarded = (with_policy(policy, pairs, 0.90) for policy in (ThresholdMatch(), GuardedMatch()))
    assert guarded.precision > bare.precision
