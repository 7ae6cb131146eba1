"""The suite finds what it is for: each of these indexes is wrong in one way, and fails the test that is named beside it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, settings

import wrong_keeping as keeping
import wrong_searches as searching
from contract_ground import SettableClock
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import LixError
from lixcore.ports.similarity_index import IndexEntry
from lixcore_memory import MemorySimilarityIndex
from lixcore_memory.similarity_index import _Decoded
from similarity_index_concurrency import OpenIndex
from similarity_index_contract import SimilarityIndexContract
from similarity_index_machine import check_against_model
from similarity_index_search import ANY, SMALL
from similarity_oracle import Shelf

Index = type[MemorySimilarityIndex]
TESTS = SimilarityIndexContract
WRONG = (AssertionError, pytest.fail.Exception, LixError, LookupError)
"""How a test tells: the second is from `pytest.raises`, the others an index that trips over itself."""

FOUND: list[tuple[Index, Callable[..., None]]] = [
    (searching.ComparesByDots, TESTS.test_the_length_of_a_vector_does_not_count),
    (searching.DoesNotNormaliseTheQuery, TESTS.test_the_length_of_a_vector_does_not_count),
    (searching.ComparesInFloat32, TESTS.test_a_threshold_that_is_missed_by_very_little_is_missed),
    (searching.ComparesInFloat32, TESTS.test_near_parallel_vectors_are_told_apart),
    (searching.TakesTheOppositeForTheSame, TESTS.test_nothing_is_found_where_nothing_is_similar_enough),
    (searching.IsApproximate, TESTS.test_a_larger_scope),
    (searching.PutsTheOldestOfEqualsFirst, TESTS.test_of_equals_the_one_that_was_added_last_comes_first),
    (searching.CutsBeforeItSorts, TESTS.test_of_equals_the_one_that_was_added_last_comes_first),
    (searching.GivesOneMore, TESTS.test_no_more_than_k_are_found),
    (searching.MissesAThresholdThatIsMet, TESTS.test_a_threshold_that_is_exactly_met_is_met),
    (searching.IgnoresTheThreshold, TESTS.test_nothing_is_found_where_nothing_is_similar_enough),
    (searching.IgnoresLabels, TESTS.test_without_a_vector_only_the_label_counts),
    (searching.HoldsLabelsToTheThreshold, TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is),
    (searching.RanksLabelsWithTheRest, TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is),
    (searching.StopsAtTheFirstLabel, TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is),
    (searching.FindsNothingOfAnotherDimension, TESTS.test_another_dimension_is_refused_while_entries_are_live),
    (searching.KeepsWhatItRead, TESTS.test_what_was_added_is_found_by_the_next_search),
    (searching.BelievesEveryClock, TESTS.test_what_a_clock_far_ahead_added_is_not_used),
    (searching.FindsTheExpired, TESTS.test_an_entry_is_live_until_its_time_is_over),
    (searching.ExpiresWholeScopes, TESTS.test_each_entry_has_a_time_of_its_own),
    (searching.RenewsWhatItFinds, TESTS.test_searching_and_measuring_renew_nothing),
]
KEPT: list[tuple[Index, Callable[..., None]]] = [
    (keeping.RenewsNeighbours, TESTS.test_adding_renews_no_other_entry),
    (keeping.GivesAScopeTheTimeOfItsFirst, TESTS.test_each_entry_has_a_time_of_its_own),
    (keeping.RefusesWhenFull, TESTS.test_beyond_the_capacity_those_that_were_added_first_leave),
    (keeping.HoldsOneMore, TESTS.test_beyond_the_capacity_those_that_were_added_first_leave),
    (keeping.LetsThoseLeaveThatExpireFirst, TESTS.test_those_that_were_added_first_leave_also_if_they_would_live_longest),
    (keeping.GoesByTheClockForOrder, TESTS.test_order_is_that_of_adding_whatever_the_clock_says),
    (keeping.ReplacesEquals, TESTS.test_an_entry_that_is_equal_replaces_none),
    (keeping.ReplacesThoseOfItsLabel, TESTS.test_an_entry_that_is_equal_replaces_none),
    (keeping.TakesTheNewDimension, TESTS.test_another_dimension_is_refused_while_entries_are_live),
    (keeping.CutsPayloadsAtNul, TESTS.test_payloads_of_any_size_come_back_as_they_were),
    (keeping.KeepsTheCallersArray, TESTS.test_what_was_given_may_be_changed_afterwards),
    (keeping.CountsTheExpired, TESTS.test_what_is_not_live_does_not_count),
    (keeping.CountsTheExpired, TESTS.test_another_dimension_is_taken_once_nothing_is_live),
    (keeping.JoinsUrlAndModel, TESTS.test_urls_and_models_that_look_alike_never_meet),
    (keeping.FoldsCase, TESTS.test_urls_and_models_that_look_alike_never_meet),
    (keeping.CutsUrlsAtNul, TESTS.test_urls_and_models_that_look_alike_never_meet),
    (keeping.IgnoresTheModel, TESTS.test_scopes_have_dimensions_of_their_own),
    (keeping.IgnoresTheTenant, TESTS.test_forget_removes_all_that_a_session_added_and_nothing_else),
    (keeping.SharesWithoutBeingAsked, TESTS.test_what_a_session_shares_all_sessions_of_its_tenant_find),
    (keeping.NeverShares, TESTS.test_what_a_session_shares_all_sessions_of_its_tenant_find),
    (keeping.LeavesTheSharedPart, TESTS.test_forget_removes_all_that_a_session_added_and_nothing_else),
    (keeping.TakesWhatOthersShare, TESTS.test_forget_removes_all_that_a_session_added_and_nothing_else),
    (keeping.ForgetsByPrefix, TESTS.test_forget_leaves_sessions_alone_that_look_alike),
    (keeping.LeavesTheExpired, TESTS.test_forget_counts_live_entries_and_removes_all),
    (keeping.CountsWhatItRemovedThatWasNotLive, TESTS.test_forget_counts_live_entries_and_removes_all),
    (keeping.MeasuresWhatIsShared, TESTS.test_measure_counts_live_entries),
    (keeping.MeasuresTheExpired, TESTS.test_measure_counts_live_entries),
    (keeping.WorksOnWhenClosed, TESTS.test_a_closed_index_says_so),
]
_scopes = count()


def run(adapter: Index, test: Callable[..., None], *, tolerance: float = 0.0, **more: Any) -> None:
    """Run one test of the suite on a new index."""
    clock = SettableClock()
    store = adapter(clock)

    def new_shelf() -> Shelf:
        return Shelf(store, Scope(SessionKey(f"shelf {next(_scopes)}")), tolerance)

    offered = {"store": store, "clock": clock, "new_shelf": new_shelf, "shelf": new_shelf(), "size": 1, **more}
    suite = TESTS()
    suite.tolerance = tolerance  # type: ignore[misc]  # of this instance only
    test(suite, **{name: offered[name] for name in inspect.signature(test).parameters if name != "self"})


def name_of(case: Any) -> str:
    return str(case.__name__)


@pytest.mark.parametrize(("adapter", "test"), FOUND + KEPT, ids=name_of)
def test_a_wrong_index_fails(adapter: Index, test: Callable[..., None]) -> None:
    run(MemorySimilarityIndex, test)
    with pytest.raises(WRONG):
        run(adapter, test)


@pytest.mark.parametrize(
    "adapter",
    [
        searching.PutsTheOldestOfEqualsFirst,
        searching.BelievesEveryClock,
        searching.KeepsWhatItRead,
        keeping.RenewsNeighbours,
        keeping.CountsTheExpired,
        keeping.LeavesTheSharedPart,
        keeping.TakesWhatOthersShare,
        keeping.ForgetsByPrefix,
        keeping.NeverShares,
    ],
    ids=name_of,
)
def test_random_histories_find_it_too(adapter: Index) -> None:
    clock = SettableClock()
    with pytest.raises(WRONG):
        check_against_model(lambda: adapter(clock), clock, persistent=False, shared=False, examples=500)


@pytest.fixture
def no_shrinking() -> Iterator[None]:
    """Which example fails is of no interest."""
    before = settings.get_current_profile_name()
    settings.register_profile("no shrinking", phases=[Phase.generate], report_multiple_bugs=False)
    settings.load_profile("no shrinking")
    yield
    settings.load_profile(before)


@pytest.mark.usefixtures("no_shrinking")
@pytest.mark.parametrize("adapter", [keeping.JoinsUrlAndModel, keeping.CutsUrlsAtNul, keeping.SharesWithoutBeingAsked])
def test_scopes_of_any_text_find_it_too(adapter: Index) -> None:
    with pytest.raises(WRONG):
        run(adapter, TESTS.test_scopes_of_any_text_never_meet)


@pytest.mark.usefixtures("no_shrinking")
@pytest.mark.parametrize("adapter", [searching.ComparesByDots, searching.PutsTheOldestOfEqualsFirst, searching.GivesOneMore])
def test_a_brute_force_finds_it_too(adapter: Index) -> None:
    for numbers in (SMALL, ANY):
        run(MemorySimilarityIndex, TESTS.test_it_finds_what_a_brute_force_finds, numbers=numbers, dimension=2)
    with pytest.raises(WRONG):
        run(adapter, TESTS.test_it_finds_what_a_brute_force_finds, numbers=SMALL, dimension=2)
    with pytest.raises(WRONG):
        run(adapter, TESTS.test_with_labels_it_finds_what_a_brute_force_finds)


# Approximate indexes.


@pytest.mark.parametrize(
    "test",
    [
        TESTS.test_with_labels_it_finds_what_a_brute_force_finds,
        TESTS.test_a_larger_scope,
        TESTS.test_near_parallel_vectors_are_told_apart,
        TESTS.test_the_length_of_a_vector_does_not_count,
        TESTS.test_of_equals_the_one_that_was_added_last_comes_first,
        TESTS.test_no_more_than_k_are_found,
        TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is,
        TESTS.test_among_many_it_finds_the_best,
    ],
    ids=name_of,
)
def test_an_approximate_index_that_says_so_passes(test: Callable[..., None]) -> None:
    run(searching.IsApproximate, test, tolerance=0.002)


def test_an_approximate_index_may_not_be_wrong_by_more_than_it_says() -> None:
    with pytest.raises(AssertionError):
        run(searching.IsApproximate, TESTS.test_a_larger_scope, tolerance=1e-6)
    with pytest.raises(AssertionError):
        run(searching.CutsBeforeItSorts, TESTS.test_among_many_it_finds_the_best, tolerance=0.002)


# Several at once.


class LosesWhatOthersAdd(keeping._Adding):
    """Reads, changes and writes back, without holding a lock all the time."""

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        place = self._places.get(scope.digest)
        before = list(place.held) if place is not None else []
        for _ in range(20):
            self.measure()
        super().add(scope, entry, ttl=ttl, capacity=capacity)
        place = self._places[scope.digest]
        place.keep([*before, place.held[-1]][-capacity:])


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Threads take turns so often that what can go wrong between them does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("impatient_threads")
def test_an_index_that_loses_what_others_add_at_the_same_time_fails() -> None:
    run(MemorySimilarityIndex, TESTS.test_of_the_adds_of_many_threads_none_is_lost)
    with pytest.raises(WRONG):
        run(LosesWhatOthersAdd, TESTS.test_of_the_adds_of_many_threads_none_is_lost)


def opening(*handles: Any) -> OpenIndex:
    """Opens these, one after the other."""
    left = iter(handles)
    return lambda: next(left)


class _Handle(searching.Searching):
    """A process of its own: what it holds is in another index."""

    def __init__(self, behind: MemorySimilarityIndex) -> None:
        super().__init__(behind._clock)
        self.__dict__ |= {name: value for name, value in behind.__dict__.items() if name != "kept"}


class _ForgetfulHandle(_Handle):
    """It keeps what it read until it adds something itself."""

    def find(self, query: searching.Query) -> Any:
        kept: dict[bytes, Any] = self.__dict__.setdefault("kept", {})
        place = self._places.get(query.scope.digest)
        if place is not None:
            place.decoded = kept.setdefault(query.scope.digest, _Decoded(place.held))
        return super().find(query)

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        self.__dict__.pop("kept", None)
        super().add(scope, entry, ttl=ttl, capacity=capacity)


def test_a_handle_that_does_not_see_what_others_add_fails() -> None:
    test = TESTS.test_one_handle_finds_what_another_added_and_forgot
    behind = MemorySimilarityIndex(SettableClock())
    test(TESTS(), open_store=opening(_Handle(behind), _Handle(behind)))
    behind = MemorySimilarityIndex(SettableClock())
    with pytest.raises(AssertionError):
        test(TESTS(), open_store=opening(_ForgetfulHandle(behind), _ForgetfulHandle(behind)))
