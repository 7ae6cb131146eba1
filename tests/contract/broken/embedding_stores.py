"""Embedding stores that are wrong, in one way each, and what must catch them."""

from __future__ import annotations

from broken import embeddings_kept_wrongly as storing
from broken.cases import Port, case
from lixcore.testing import EmbeddingStoreContract
from lixcore_memory import MemoryEmbeddingStore
from lixcore_sqlite import SqliteEmbeddingStore

_TESTS = EmbeddingStoreContract
PORT = Port(
    "embedding-store",
    EmbeddingStoreContract,
    [MemoryEmbeddingStore, SqliteEmbeddingStore],
    [
        case(storing.RenewsAll, _TESTS.test_storing_renews_no_other_value_and_asking_none),
        case(storing.RenewsWhatItGives, _TESTS.test_storing_renews_no_other_value_and_asking_none),
        case(storing.KeepsTheFirstTime, _TESTS.test_a_value_that_is_stored_again_has_its_new_time),
        case(storing.RemovesByTheOldTime, _TESTS.test_a_value_that_is_stored_again_has_its_new_time),
        case(storing.KeepsWhatIsThere, _TESTS.test_a_value_is_replaced),
        case(storing.TakesTheFirstOfTwo, _TESTS.test_of_a_key_that_comes_twice_the_last_value_counts),
        case(storing.GivesEachKeyOnce, _TESTS.test_values_come_in_the_order_of_the_keys),
        case(storing.GivesInItsOwnOrder, _TESTS.test_values_come_in_the_order_of_the_keys),
        case(storing.LeavesOutWhatIsAbsent, _TESTS.test_what_was_never_stored_is_absent),
        case(storing.TakesEmptyForAbsent, _TESTS.test_a_value_is_replaced),
        case(storing.StopsAfterAHundred, _TESTS.test_a_thousand_at_once),
        case(storing.CutsKeysAtNul, _TESTS.test_keys_that_look_alike_never_meet),
        case(storing.KeepsTheCallersBuffer, _TESTS.test_what_was_given_may_be_changed_afterwards),
        case(storing.BelievesEveryClock, _TESTS.test_what_a_clock_far_ahead_stored_is_not_used),
        case(storing.DropsTheOldest, _TESTS.test_beyond_the_capacity_those_that_expire_first_leave_first),
        case(storing.NeverDropsTheNew, _TESTS.test_a_new_value_leaves_when_it_expires_first),
        case(storing.HasACapacityForEachCall, _TESTS.test_with_one_time_for_all_the_oldest_leave),
        case(storing.CountsReplacedTwice, _TESTS.test_storing_again_takes_no_more_room),
        case(storing.CountsRepeatedKeys, _TESTS.test_forget_counts_each_key_that_had_a_live_value_once),
        case(storing.CountsWhatWasNotThere, _TESTS.test_forget_counts_each_key_that_had_a_live_value_once),
        case(storing.ForgetsOnlyWhatIsLive, _TESTS.test_forget_counts_each_key_that_had_a_live_value_once),
        case(storing.MeasuresEverything, _TESTS.test_a_value_is_live_until_its_time_is_over),
        case(storing.MeasuresKeysOnly, _TESTS.test_measure_counts_live_entries_and_their_bytes),
        case(storing.SetsSums, _TESTS.test_sums_begin_at_zero_and_add_up),
        case(storing.KeepsWholeSums, _TESTS.test_sums_begin_at_zero_and_add_up),
        case(storing.GivesItsOwnSums, _TESTS.test_what_was_given_and_told_is_a_copy),
        case(storing.WorksOnWhenClosed, _TESTS.test_a_closed_store_says_so),
        case(storing.AnswersNoKeysWhenClosed, _TESTS.test_a_closed_store_says_so),
        case(storing.LosesWhatOthersPut, _TESTS.test_of_many_threads_that_forget_a_key_one_removed_it),
        case(storing.LosesAllWhenItCloses, _TESTS.test_what_was_stored_is_there_after_a_reopening),
        case(storing.KeepsWhatItRead, _TESTS.test_one_handle_gives_what_another_stored_and_forgot),
        case(storing.GivesNoneOnErrors, _TESTS.test_a_place_that_cannot_be_used_is_an_error_of_its_calls),
        case(storing.ConnectsWhenOpened, _TESTS.test_opening_touches_nothing),
        case(storing.SharesOneConnection, _TESTS.test_closing_one_leaves_the_others_open),
    ],
)
