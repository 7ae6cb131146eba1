"""Similarity indexes that are wrong, in one way each, and what must catch them."""

from __future__ import annotations

from broken import indexes_of_many_users as using
from broken import indexes_that_find_wrongly as searching
from broken import indexes_that_keep_wrongly as keeping
from broken.cases import Port, case
from lixcore.testing import SimilarityIndexContract
from lixcore_memory import MemorySimilarityIndex
from lixcore_sqlite import SqliteSimilarityIndex

_TESTS = SimilarityIndexContract
PORT = Port(
    "similarity-index",
    SimilarityIndexContract,
    [MemorySimilarityIndex, SqliteSimilarityIndex],
    [
        case(searching.ComparesByDots, _TESTS.test_the_length_of_a_vector_does_not_count),
        case(searching.DoesNotNormaliseTheQuery, _TESTS.test_the_length_of_a_vector_does_not_count),
        case(
            searching.ComparesInFloat32,
            _TESTS.test_a_threshold_that_is_missed_by_very_little_is_missed,
            _TESTS.test_near_parallel_vectors_are_told_apart,
        ),
        case(searching.TakesTheOppositeForTheSame, _TESTS.test_nothing_is_found_where_nothing_is_similar_enough),
        case(searching.IsApproximate, _TESTS.test_a_larger_scope),
        case(searching.PutsTheOldestOfEqualsFirst, _TESTS.test_of_equals_the_one_that_was_added_last_comes_first),
        case(searching.CutsBeforeItSorts, _TESTS.test_of_equals_the_one_that_was_added_last_comes_first),
        case(searching.GivesOneMore, _TESTS.test_no_more_than_k_are_found),
        case(searching.MissesAThresholdThatIsMet, _TESTS.test_a_threshold_that_is_exactly_met_is_met),
        case(searching.IgnoresTheThreshold, _TESTS.test_nothing_is_found_where_nothing_is_similar_enough),
        case(searching.IgnoresLabels, _TESTS.test_without_a_vector_only_the_label_counts),
        case(searching.HoldsLabelsToTheThreshold, _TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is),
        case(searching.RanksLabelsWithTheRest, _TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is),
        case(searching.StopsAtTheFirstLabel, _TESTS.test_a_label_is_found_first_however_dissimilar_its_entry_is),
        case(searching.FindsNothingOfAnotherDimension, _TESTS.test_another_dimension_is_refused_while_entries_are_live),
        case(searching.KeepsWhatItRead, _TESTS.test_what_was_added_is_found_by_the_next_search),
        case(searching.BelievesEveryClock, _TESTS.test_what_a_clock_far_ahead_added_is_not_used),
        case(searching.FindsTheExpired, _TESTS.test_an_entry_is_live_until_its_time_is_over),
        case(searching.ExpiresWholeScopes, _TESTS.test_each_entry_has_a_time_of_its_own),
        case(searching.RenewsWhatItFinds, _TESTS.test_searching_and_measuring_renew_nothing),
        case(keeping.RenewsNeighbours, _TESTS.test_adding_renews_no_other_entry),
        case(keeping.GivesAScopeTheTimeOfItsFirst, _TESTS.test_each_entry_has_a_time_of_its_own),
        case(keeping.RefusesWhenFull, _TESTS.test_beyond_the_capacity_those_that_were_added_first_leave),
        case(keeping.HoldsOneMore, _TESTS.test_beyond_the_capacity_those_that_were_added_first_leave),
        case(
            keeping.LetsThoseLeaveThatExpireFirst, _TESTS.test_those_that_were_added_first_leave_also_if_they_would_live_longest
        ),
        case(keeping.GoesByTheClockForOrder, _TESTS.test_order_is_that_of_adding_whatever_the_clock_says),
        case(keeping.ReplacesEquals, _TESTS.test_an_entry_that_is_equal_replaces_none),
        case(keeping.ReplacesThoseOfItsLabel, _TESTS.test_an_entry_that_is_equal_replaces_none),
        case(keeping.TakesTheNewDimension, _TESTS.test_another_dimension_is_refused_while_entries_are_live),
        case(keeping.CutsPayloadsAtNul, _TESTS.test_payloads_of_any_size_come_back_as_they_were),
        case(keeping.KeepsTheCallersArray, _TESTS.test_what_was_given_may_be_changed_afterwards),
        case(
            keeping.CountsTheExpired,
            _TESTS.test_what_is_not_live_does_not_count,
            _TESTS.test_another_dimension_is_taken_once_nothing_is_live,
        ),
        case(keeping.JoinsUrlAndModel, _TESTS.test_urls_and_models_that_look_alike_never_meet),
        case(keeping.FoldsCase, _TESTS.test_urls_and_models_that_look_alike_never_meet),
        case(keeping.CutsUrlsAtNul, _TESTS.test_urls_and_models_that_look_alike_never_meet),
        case(keeping.IgnoresTheModel, _TESTS.test_scopes_have_dimensions_of_their_own),
        case(keeping.IgnoresTheTenant, _TESTS.test_forget_removes_all_that_a_session_added_and_nothing_else),
        case(keeping.SharesWithoutBeingAsked, _TESTS.test_what_a_session_shares_all_sessions_of_its_tenant_find),
        case(keeping.NeverShares, _TESTS.test_what_a_session_shares_all_sessions_of_its_tenant_find),
        case(keeping.LeavesTheSharedPart, _TESTS.test_forget_removes_all_that_a_session_added_and_nothing_else),
        case(keeping.TakesWhatOthersShare, _TESTS.test_forget_removes_all_that_a_session_added_and_nothing_else),
        case(keeping.ForgetsByPrefix, _TESTS.test_forget_leaves_sessions_alone_that_look_alike),
        case(keeping.LeavesTheExpired, _TESTS.test_forget_counts_live_entries_and_removes_all),
        case(keeping.CountsWhatItRemovedThatWasNotLive, _TESTS.test_forget_counts_live_entries_and_removes_all),
        case(keeping.MeasuresWhatIsShared, _TESTS.test_measure_counts_live_entries),
        case(keeping.MeasuresTheExpired, _TESTS.test_measure_counts_live_entries),
        case(keeping.WorksOnWhenClosed, _TESTS.test_a_closed_index_says_so),
        case(using.LosesWhatOthersAdd, _TESTS.test_of_the_adds_of_many_threads_none_is_lost),
        case(using.LosesAllWhenItCloses, _TESTS.test_what_was_added_is_there_after_a_reopening),
        case(using.KeepsItToItself, _TESTS.test_one_handle_finds_what_another_added_and_forgot),
        case(using.KeepsWhatItReadUntilItAdds, _TESTS.test_one_handle_finds_what_another_added_and_forgot),
        case(using.AnswersNothingOnErrors, _TESTS.test_a_place_that_cannot_be_used_is_an_error_of_its_calls),
        case(using.LetsDriversErrorsThrough, _TESTS.test_a_place_that_cannot_be_used_is_an_error_of_its_calls),
        case(using.ConnectsWhenOpened, _TESTS.test_opening_touches_nothing),
        case(using.SharesOneConnection, _TESTS.test_closing_one_leaves_the_others_open),
        case(using.WritesALog, _TESTS.test_what_was_forgotten_is_in_none_of_its_files),
    ],
)
