"""What every similarity index does: subclass `SimilarityIndexContract` and name the adapter."""

from __future__ import annotations

from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.rules import rule
from lixcore.testing.powers.leases import LeaseRules
from lixcore.testing.powers.tallies import TallyRules
from lixcore.testing.similarity_index.capacity import IndexCapacity
from lixcore.testing.similarity_index.data import IndexData
from lixcore.testing.similarity_index.endings import IndexEndings
from lixcore.testing.similarity_index.forgetting import IndexForgetting
from lixcore.testing.similarity_index.indexes import OpenIndex
from lixcore.testing.similarity_index.lifetimes import IndexLifetimes
from lixcore.testing.similarity_index.machine import check_against_model
from lixcore.testing.similarity_index.processes import IndexProcesses
from lixcore.testing.similarity_index.ranking import IndexRanking
from lixcore.testing.similarity_index.scopes import IndexScopes
from lixcore.testing.similarity_index.searching import IndexSearching
from lixcore.testing.similarity_index.threads import IndexThreads


class SimilarityIndexContract(
    IndexSearching,
    IndexRanking,
    IndexScopes,
    IndexData,
    IndexForgetting,
    IndexLifetimes,
    IndexCapacity,
    LeaseRules,
    TallyRules,
    IndexThreads,
    IndexProcesses,
    IndexEndings,
):
    """The contract of `lixcore.ports.similarity_index.SimilarityIndex`.

    ::

        class TestMyIndex(SimilarityIndexContract):
            adapter = MyIndex

    An approximate index says how far off it may be with ``tolerance`` and ``recall``; see
    `lixcore.testing.similarity_index.indexes.IndexGround`. Optional powers (`GrantsLeases`, `KeepsTallies`) are found by their
    methods and tested where they are. An index that is ``PERSISTENT`` is opened again and killed, and one that is ``SHARED`` is
    used by several processes.
    """

    @rule("Bugs hide in the order of calls: random histories find those that no example was written for.")
    def test_it_is_lists_of_entries_that_end(self, open_store: OpenIndex, clock: SettableClock) -> None:
        check_against_model(open_store, clock, persistent=self.persistent, shared=self.shared, tolerance=self.tolerance)
