"""What every cache's store that keeps sums does: the part of both contracts about `KeepsTallies`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from lixcore.ports.adapter import Capability
from lixcore.ports.tallies import KeepsTallies
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once


def keeping(store: object) -> KeepsTallies:
    """The store as one that keeps sums; the test is skipped where it does not."""
    if not isinstance(store, KeepsTallies):
        pytest.skip("this store keeps no sums")
    return store


class TallyRules(Contract):
    """A part of the contracts of stores that may keep sums; they have the fixtures ``store`` and ``open_store``."""

    @rule("The sums say what a cache saves: they are added to call by call, in parts, and down as well.")
    def test_sums_begin_at_zero_and_add_up(self, store: Any) -> None:
        sums = keeping(store)
        assert dict(sums.tallies()) == {}
        sums.tally({"hits": 1, "seconds_saved": 0.25})
        sums.tally({"hits": 2.0, "misses": 1})
        sums.tally({})
        sums.tally({"seconds_saved": -0.125})
        assert dict(sums.tallies()) == {"hits": 3, "misses": 1, "seconds_saved": 0.125}

    @rule("Seconds come in thousandths and bytes in billions: an integer or a float32 loses one or the other.")
    def test_sums_hold_large_and_small_numbers(self, store: Any) -> None:
        sums = keeping(store)
        for _ in range(10):
            sums.tally({"tenths": 0.1, "bytes": 2.0**50})
        assert sums.tallies()["tenths"] == pytest.approx(1.0, rel=1e-9)
        assert sums.tallies()["bytes"] == 10 * 2.0**50
        assert all(math.isfinite(value) for value in sums.tallies().values())

    @rule("The caller's dict is the caller's: sums that are shared with it change without anybody adding to them.")
    def test_what_was_given_and_told_is_a_copy(self, store: Any) -> None:
        sums = keeping(store)
        changes = {"hits": 1.0}
        sums.tally(changes)
        changes["hits"] = 9
        told = sums.tallies()
        sums.tally({"hits": 1})
        assert told == {"hits": 1}
        assert dict(sums.tallies()) == {"hits": 2}

    @rule("Every hit adds to the same sum: one that is read, added to and written back loses some under load.")
    def test_sums_of_many_threads_add_up(self, store: Any) -> None:
        sums = keeping(store)

        def work() -> None:
            for _ in range(25):
                sums.tally({"hits": 1, "misses": 2})

        at_once(*[work] * 8)
        assert dict(sums.tallies()) == {"hits": 200, "misses": 400}

    @rule("The figures of one process are not those of the application.")
    def test_sums_are_those_of_all_who_opened_the_store(self, open_store: Callable[[], Any]) -> None:
        self.needs(Capability.SHARED)
        one, two = keeping(open_store()), keeping(open_store())
        one.tally({"hits": 1})
        two.tally({"hits": 2})
        assert dict(one.tallies()) == dict(two.tallies()) == {"hits": 3}

    @rule("A store that keeps both under names must not count one as the other.")
    def test_what_is_stored_is_no_sum(self, store: Any) -> None:
        """A store that keeps both under names must not count one as the other."""
        sums = keeping(store)
        before = store.measure().entries
        sums.tally({"entries": 5, "hits": 1})
        assert store.measure().entries == before
