"""For how long what is cached lives, what is cached, and which histories are over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.ports.policy import GoesByAge
from lixcore.ports.reuse_policy import NewAnswer
from lixcore_policies import AdmitBySize, AgeRetention, FixedExpiry, JitteredExpiry

SHARES = st.floats(0, 1)
DRAWS = st.floats(0, 1, exclude_max=True)
SECONDS = st.floats(1e-3, 1e9)


@given(SECONDS)
def test_fixed_is_what_is_configured(configured: float) -> None:
    assert FixedExpiry().seconds("semantic", configured) == configured


@given(SHARES, DRAWS, SECONDS)
def test_jitter_is_never_longer_than_configured_and_never_shorter_than_its_share(
    share: float, draw: float, configured: float
) -> None:
    seconds = JitteredExpiry(share=share, draw=lambda: draw).seconds("semantic", configured)
    assert 0 < seconds <= configured
    assert seconds >= configured * (1 - share) * (1 - 1e-12)


def test_jitter_spreads_evenly_over_its_share() -> None:
    draws = iter([0.0, 0.25, 0.5, 0.75])
    policy = JitteredExpiry(share=0.4, draw=lambda: next(draws))
    assert [policy.seconds("semantic", 100.0) for _ in range(4)] == pytest.approx([100, 90, 80, 70])


def test_jitter_draws_by_itself() -> None:
    policy = JitteredExpiry()
    assert len({policy.seconds("url_embedding", 86_400.0) for _ in range(50)}) > 40


def answer(size: int, seconds: float | None) -> NewAnswer:
    return NewAnswer(Scope(SessionKey("s")), "q", "a", size, seconds)


@pytest.mark.parametrize(
    ("size", "seconds", "admitted"),
    [(100, 1.0, True), (101, 1.0, False), (100, 0.9, False), (100, None, True), (101, None, False), (0, 50.0, True)],
)
def test_size_admits_what_is_small_and_took_long(size: int, seconds: float | None, *, admitted: bool) -> None:
    assert AdmitBySize(largest_bytes=100, smallest_seconds=1.0).admits(answer(size, seconds)) is admitted


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0, 2e9), st.none() | st.floats(0, 1e9))
def test_a_history_is_over_when_it_is_older_than_its_time(said: float, written: float, now: float, ttl: float | None) -> None:
    info = ArchiveInfo(SessionKey("s"), 1, Position(1), Position(1), said, said, updated_at=written)
    over = AgeRetention().is_over(info, now=now, ttl_seconds=ttl)
    assert over == (ttl is not None and said < now - ttl and written < now - ttl)


def test_age_says_that_it_needs_an_age() -> None:
    policy = AgeRetention()
    assert isinstance(policy, GoesByAge)
    assert policy.only_by_age
