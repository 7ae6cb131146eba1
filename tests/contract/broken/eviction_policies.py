"""Eviction policies that are wrong, in one way each, and what must catch them."""

from __future__ import annotations

from typing import Any

from broken import policies_that_answer_wrongly as answering
from broken import policies_that_choose_wrongly as choosing
from broken.case import Broken, broken
from lixcore.testing import EvictionPolicyContract
from lixcore_policies import LeastRecentlyUsed


def wrong(adapter: type[Any], *rules: str, right: type[Any] = LeastRecentlyUsed) -> Broken:
    """One of them."""
    return broken(EvictionPolicyContract, adapter, *rules, right=right)


CASES = [
    wrong(choosing.NamesStrangers, "only-candidates-are-named-each-once"),
    wrong(choosing.NamesTheIdleTwice, "only-candidates-are-named-each-once"),
    wrong(choosing.SortsTheCallersList, "what-it-was-given-is-not-changed"),
    wrong(choosing.TakesThemOffTheCallersList, "what-it-was-given-is-not-changed"),
    wrong(choosing.NeedsAList, "candidates-may-come-as-any-sequence"),
    wrong(choosing.TakesTheNewestIgnoringIdle, "those-that-were-idle-long-enough-leave"),
    wrong(choosing.StopsAtTheFirstInUse, "those-that-were-idle-long-enough-leave"),
    wrong(choosing.NeverFreesBytes, "a-surplus-of-bytes-is-freed-when-it-can-be"),
    wrong(choosing.FreesBytesOrSessions, "both-surpluses-are-freed"),
    wrong(choosing.FreesOneMore, "nobody-leaves-once-enough-is-free"),
    wrong(choosing.FreesOneLess, "a-surplus-of-sessions-is-freed-when-it-can-be"),
    wrong(choosing.DoesNotCountTheIdle, "idle-sessions-count-towards-the-surplus"),
    wrong(choosing.EmptiesTheTierForAnySurplus, "nobody-leaves-once-enough-is-free"),
    wrong(choosing.PolicyThatStopsAfterAHundred, "thousands-leave-at-once-where-they-have-to"),
    wrong(choosing.IdleHasToBeLonger, "those-that-were-idle-long-enough-leave"),
    wrong(choosing.TakesTheFutureForIdle, "a-session-used-in-the-future-is-not-idle"),
    wrong(choosing.HasItsOwnClock, "it-goes-by-the-time-that-it-is-told"),
    wrong(choosing.DependsOnTheOrder, "the-order-of-the-candidates-does-not-matter"),
    wrong(choosing.DrawsLotsInSecret, "the-same-question-has-the-same-answer"),
    wrong(choosing.OneGoesForAllOfItsTime, "of-equals-as-many-leave-as-have-to"),
    wrong(answering.GoesByIdAlone, "sessions-that-look-alike-are-told-apart"),
    wrong(answering.PolicyThatFoldsCase, "sessions-that-look-alike-are-told-apart"),
    wrong(answering.NeedsCandidates, "of-no-candidates-none-leaves"),
    wrong(answering.NeedsSizes, "facts-may-be-missing", "some-facts-may-be-missing"),
    wrong(answering.PassesOverWhatHasNoSize, "some-facts-may-be-missing"),
    wrong(answering.DividesByTime, "no-time-and-no-messages-are-fine"),
    wrong(answering.NeedsTheFactsThatItWants, "facts-may-be-missing"),
    wrong(answering.WantsWords, "what-it-wants-are-facts", right=choosing.LargestFirst),
    wrong(answering.CountsIn64Bits, "numbers-of-any-size-are-fine"),
    wrong(answering.NamesEachOnceInItsLife, "what-stayed-is-named-again"),
    wrong(answering.RemembersWhenItSawThemFirst, "it-goes-by-what-it-is-told-now"),
    wrong(answering.GivesAnIterator, "an-answer-is-a-sequence-of-session-keys"),
    wrong(answering.GivesNoneForNobody, "an-answer-is-a-sequence-of-session-keys"),
    wrong(answering.GivesCandidates, "an-answer-is-a-sequence-of-session-keys"),
    wrong(answering.UsesItsListAgain, "an-answer-is-the-callers"),
    wrong(answering.KeepsNotesOnItself, "many-threads-get-answers-of-their-own"),
    wrong(
        choosing.CountsTheIdleWhenTheirTurnComes,
        "nobody-leaves-once-enough-is-free",
        "the-limits-hold-round-after-round",
        right=choosing.LargestFirst,
    ),
]
