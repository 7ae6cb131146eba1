"""Embedding stores that are wrong, in one way each, and what must catch them."""

from __future__ import annotations

from typing import Any

from broken import embeddings_kept_wrongly as storing
from broken.case import Broken, broken
from lixcore.testing import EmbeddingStoreContract
from lixcore_memory import MemoryEmbeddingStore
from lixcore_sqlite import SqliteEmbeddingStore


def wrong(adapter: type[Any], *rules: str, right: type[Any] = MemoryEmbeddingStore) -> Broken:
    """One of them."""
    return broken(EmbeddingStoreContract, adapter, *rules, right=right)


def in_a_history(adapter: type[Any]) -> Broken:
    """The same once more: random histories find it too."""
    again = type(f"{adapter.__name__}InAHistory", (adapter,), {"__doc__": adapter.__doc__, "__module__": __name__})
    return wrong(again, "it-is-a-dict-of-values-that-end")


CASES = [
    wrong(storing.RenewsAll, "storing-renews-no-other-value-and-asking-none"),
    wrong(storing.RenewsWhatItGives, "storing-renews-no-other-value-and-asking-none"),
    wrong(storing.KeepsTheFirstTime, "a-value-that-is-stored-again-has-its-new-time"),
    wrong(storing.RemovesByTheOldTime, "a-value-that-is-stored-again-has-its-new-time"),
    wrong(storing.KeepsWhatIsThere, "a-value-is-replaced"),
    wrong(storing.TakesTheFirstOfTwo, "of-a-key-that-comes-twice-the-last-value-counts"),
    wrong(storing.GivesEachKeyOnce, "values-come-in-the-order-of-the-keys"),
    wrong(storing.GivesInItsOwnOrder, "values-come-in-the-order-of-the-keys"),
    wrong(storing.LeavesOutWhatIsAbsent, "what-was-never-stored-is-absent"),
    wrong(storing.TakesEmptyForAbsent, "a-value-is-replaced"),
    wrong(storing.EmbeddingStoreThatStopsAfterAHundred, "a-thousand-at-once"),
    wrong(storing.CutsKeysAtNul, "keys-that-look-alike-never-meet"),
    wrong(storing.KeepsTheCallersBuffer, "what-was-given-may-be-changed-afterwards"),
    wrong(storing.EmbeddingStoreThatBelievesEveryClock, "what-a-clock-far-ahead-stored-is-not-used"),
    wrong(storing.DropsTheOldest, "beyond-the-capacity-those-that-expire-first-leave-first"),
    wrong(storing.NeverDropsTheNew, "a-new-value-leaves-when-it-expires-first"),
    wrong(storing.HasACapacityForEachCall, "with-one-time-for-all-the-oldest-leave"),
    wrong(storing.CountsReplacedTwice, "storing-again-takes-no-more-room"),
    wrong(storing.CountsRepeatedKeys, "forget-counts-each-key-that-had-a-live-value-once"),
    wrong(storing.CountsWhatWasNotThere, "forget-counts-each-key-that-had-a-live-value-once"),
    wrong(storing.ForgetsOnlyWhatIsLive, "forget-counts-each-key-that-had-a-live-value-once"),
    wrong(storing.MeasuresEverything, "a-value-is-live-until-its-time-is-over"),
    wrong(storing.MeasuresKeysOnly, "measure-counts-live-entries-and-their-bytes"),
    wrong(storing.SetsSums, "sums-begin-at-zero-and-add-up"),
    wrong(storing.KeepsWholeSums, "sums-begin-at-zero-and-add-up"),
    wrong(storing.GivesItsOwnSums, "what-was-given-and-told-is-a-copy"),
    wrong(storing.EmbeddingStoreThatWorksOnWhenClosed, "a-closed-store-says-so"),
    wrong(storing.AnswersNoKeysWhenClosed, "a-closed-store-says-so"),
    wrong(storing.LosesWhatOthersPut, "of-many-threads-that-forget-a-key-one-removed-it"),
    wrong(
        storing.EmbeddingStoreThatLosesAllWhenItCloses, "what-was-stored-is-there-after-a-reopening", right=SqliteEmbeddingStore
    ),
    wrong(
        storing.EmbeddingStoreThatKeepsWhatItRead, "one-handle-gives-what-another-stored-and-forgot", right=SqliteEmbeddingStore
    ),
    wrong(storing.GivesNoneOnErrors, "a-place-that-cannot-be-used-is-an-error-of-its-calls", right=SqliteEmbeddingStore),
    wrong(storing.EmbeddingStoreThatConnectsWhenOpened, "opening-touches-nothing", right=SqliteEmbeddingStore),
    wrong(storing.EmbeddingStoreThatSharesOneConnection, "closing-one-leaves-the-others-open", right=SqliteEmbeddingStore),
    *map(in_a_history, [storing.RemovesByTheOldTime, storing.NeverDropsTheNew]),
]
