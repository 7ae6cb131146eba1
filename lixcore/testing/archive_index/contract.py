"""What every archive index does: subclass `ArchiveIndexContract` and name the adapter."""

from __future__ import annotations

from lixcore.testing.archive_index.adding import AddingRules
from lixcore.testing.archive_index.comparing import ComparingRules
from lixcore.testing.archive_index.concurrency import ProcessRules, ThreadRules
from lixcore.testing.archive_index.counting import CountingRules
from lixcore.testing.archive_index.filtering import FilteringRules
from lixcore.testing.archive_index.forgetting import ForgettingRules
from lixcore.testing.archive_index.lifetimes import LifetimeRules
from lixcore.testing.archive_index.machine import check_against_model
from lixcore.testing.archive_index.messages import OpenIndex
from lixcore.testing.archive_index.neighbouring import NeighbourRules
from lixcore.testing.archive_index.wording import WordingRules
from lixcore.testing.ground.rules import rule
from lixcore.testing.powers.sql import SqlRules


class ArchiveIndexContract(
    AddingRules,
    ForgettingRules,
    FilteringRules,
    WordingRules,
    ComparingRules,
    NeighbourRules,
    CountingRules,
    SqlRules,
    LifetimeRules,
    ThreadRules,
    ProcessRules,
):
    """The contract of `lixcore.ports.archive_index.ArchiveIndex`.

    The optional powers `Merges` and `AnswersSql` are found by their methods and tried where they are. What counts as a word, and
    how a message is scored, is left to the index: the rules use words that any engine keeps, and ask for no more than the port
    promises.
    """

    @rule("Bugs hide in the order of calls: whatever came before, answers must be those of a plain dict.")
    def test_random_histories_of_calls_give_what_a_model_gives(self, open_index: OpenIndex) -> None:
        check_against_model(open_index, persistent=self.persistent, shared=self.shared)
