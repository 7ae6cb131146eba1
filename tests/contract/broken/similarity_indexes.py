"""Similarity indexes that are wrong, in one way each, and what must catch them."""

from __future__ import annotations

from typing import Any

from broken import indexes_of_many_users as using
from broken import indexes_that_find_wrongly as searching
from broken import indexes_that_keep_wrongly as keeping
from broken.case import Broken, broken
from lixcore.testing import SimilarityIndexContract
from lixcore_memory import MemorySimilarityIndex
from lixcore_sqlite import SqliteSimilarityIndex


def wrong(adapter: type[Any], *rules: str, right: type[Any] = MemorySimilarityIndex) -> Broken:
    """One of them."""
    return broken(SimilarityIndexContract, adapter, *rules, right=right)


def in_a_history(adapter: type[Any]) -> Broken:
    """The same once more: random histories find it too."""
    again = type(f"{adapter.__name__}InAHistory", (adapter,), {"__doc__": adapter.__doc__, "__module__": __name__})
    return wrong(again, "it-is-lists-of-entries-that-end")


CASES = [
    wrong(searching.ComparesByDots, "the-length-of-a-vector-does-not-count"),
    wrong(searching.DoesNotNormaliseTheQuery, "the-length-of-a-vector-does-not-count"),
    wrong(
        searching.ComparesInFloat32, "a-threshold-that-is-missed-by-very-little-is-missed", "near-parallel-vectors-are-told-apart"
    ),
    wrong(searching.TakesTheOppositeForTheSame, "nothing-is-found-where-nothing-is-similar-enough"),
    wrong(searching.IsApproximate, "a-larger-scope"),
    wrong(searching.PutsTheOldestOfEqualsFirst, "of-equals-the-one-that-was-added-last-comes-first"),
    wrong(searching.CutsBeforeItSorts, "of-equals-the-one-that-was-added-last-comes-first"),
    wrong(searching.GivesOneMore, "no-more-than-k-are-found"),
    wrong(searching.MissesAThresholdThatIsMet, "a-threshold-that-is-exactly-met-is-met"),
    wrong(searching.IgnoresTheThreshold, "nothing-is-found-where-nothing-is-similar-enough"),
    wrong(searching.IgnoresLabels, "without-a-vector-only-the-label-counts"),
    wrong(searching.HoldsLabelsToTheThreshold, "a-label-is-found-first-however-dissimilar-its-entry-is"),
    wrong(searching.RanksLabelsWithTheRest, "a-label-is-found-first-however-dissimilar-its-entry-is"),
    wrong(searching.StopsAtTheFirstLabel, "a-label-is-found-first-however-dissimilar-its-entry-is"),
    wrong(searching.FindsNothingOfAnotherDimension, "another-dimension-is-refused-while-entries-are-live"),
    wrong(searching.IndexThatKeepsWhatItRead, "what-was-added-is-found-by-the-next-search"),
    wrong(searching.IndexThatBelievesEveryClock, "what-a-clock-far-ahead-added-is-not-used"),
    wrong(searching.FindsTheExpired, "an-entry-is-live-until-its-time-is-over"),
    wrong(searching.ExpiresWholeScopes, "each-entry-has-a-time-of-its-own"),
    wrong(searching.RenewsWhatItFinds, "searching-and-measuring-renew-nothing"),
    wrong(keeping.RenewsNeighbours, "adding-renews-no-other-entry"),
    wrong(keeping.GivesAScopeTheTimeOfItsFirst, "each-entry-has-a-time-of-its-own"),
    wrong(keeping.RefusesWhenFull, "beyond-the-capacity-those-that-were-added-first-leave"),
    wrong(keeping.HoldsOneMore, "beyond-the-capacity-those-that-were-added-first-leave"),
    wrong(keeping.LetsThoseLeaveThatExpireFirst, "those-that-were-added-first-leave-also-if-they-would-live-longest"),
    wrong(keeping.GoesByTheClockForOrder, "order-is-that-of-adding-whatever-the-clock-says"),
    wrong(keeping.ReplacesEquals, "an-entry-that-is-equal-replaces-none"),
    wrong(keeping.ReplacesThoseOfItsLabel, "an-entry-that-is-equal-replaces-none"),
    wrong(keeping.TakesTheNewDimension, "another-dimension-is-refused-while-entries-are-live"),
    wrong(keeping.IndexThatCutsPayloadsAtNul, "payloads-of-any-size-come-back-as-they-were[1048576]"),
    wrong(keeping.KeepsTheCallersArray, "what-was-given-may-be-changed-afterwards"),
    wrong(keeping.CountsTheExpired, "what-is-not-live-does-not-count", "another-dimension-is-taken-once-nothing-is-live"),
    wrong(keeping.JoinsUrlAndModel, "urls-and-models-that-look-alike-never-meet"),
    wrong(keeping.IndexThatFoldsCase, "urls-and-models-that-look-alike-never-meet"),
    wrong(keeping.CutsUrlsAtNul, "urls-and-models-that-look-alike-never-meet"),
    wrong(keeping.IgnoresTheModel, "scopes-have-dimensions-of-their-own"),
    wrong(keeping.IgnoresTheTenant, "forget-removes-all-that-a-session-added-and-nothing-else"),
    wrong(keeping.SharesWithoutBeingAsked, "what-a-session-shares-all-sessions-of-its-tenant-find"),
    wrong(keeping.NeverShares, "what-a-session-shares-all-sessions-of-its-tenant-find"),
    wrong(keeping.LeavesTheSharedPart, "forget-removes-all-that-a-session-added-and-nothing-else"),
    wrong(keeping.TakesWhatOthersShare, "forget-removes-all-that-a-session-added-and-nothing-else"),
    wrong(keeping.ForgetsByPrefix, "forget-leaves-sessions-alone-that-look-alike"),
    wrong(keeping.LeavesTheExpired, "forget-counts-live-entries-and-removes-all"),
    wrong(keeping.CountsWhatItRemovedThatWasNotLive, "forget-counts-live-entries-and-removes-all"),
    wrong(keeping.MeasuresWhatIsShared, "measure-counts-live-entries"),
    wrong(keeping.MeasuresTheExpired, "measure-counts-live-entries"),
    wrong(keeping.IndexThatWorksOnWhenClosed, "a-closed-index-says-so"),
    wrong(using.LosesWhatOthersAdd, "of-the-adds-of-many-threads-none-is-lost"),
    wrong(using.IndexThatLosesAllWhenItCloses, "what-was-added-is-there-after-a-reopening", right=SqliteSimilarityIndex),
    wrong(using.KeepsItToItself, "one-handle-finds-what-another-added-and-forgot", right=SqliteSimilarityIndex),
    wrong(using.KeepsWhatItReadUntilItAdds, "one-handle-finds-what-another-added-and-forgot", right=SqliteSimilarityIndex),
    wrong(using.AnswersNothingOnErrors, "a-place-that-cannot-be-used-is-an-error-of-its-calls", right=SqliteSimilarityIndex),
    wrong(using.LetsDriversErrorsThrough, "a-place-that-cannot-be-used-is-an-error-of-its-calls", right=SqliteSimilarityIndex),
    wrong(using.IndexThatConnectsWhenOpened, "opening-touches-nothing", right=SqliteSimilarityIndex),
    wrong(using.IndexThatSharesOneConnection, "closing-one-leaves-the-others-open", right=SqliteSimilarityIndex),
    wrong(using.WritesALog, "what-was-forgotten-is-in-none-of-its-files", right=SqliteSimilarityIndex),
    *map(in_a_history, [keeping.RenewsNeighbours, keeping.LeavesTheSharedPart, searching.PutsTheOldestOfEqualsFirst]),
]
