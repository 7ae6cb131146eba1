"""What every embedding store does: subclass `EmbeddingStoreContract` and name the adapter."""

from __future__ import annotations

from lixcore.testing.embedding_store.capacity import StoredAmounts
from lixcore.testing.embedding_store.endings import StoreEndings
from lixcore.testing.embedding_store.lifetimes import StoredTimes
from lixcore.testing.embedding_store.machine import check_against_model
from lixcore.testing.embedding_store.processes import StoreProcesses
from lixcore.testing.embedding_store.stores import OpenEmbeddings
from lixcore.testing.embedding_store.threads import StoreThreads
from lixcore.testing.embedding_store.values import StoredValues
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.rules import rule
from lixcore.testing.powers.tallies import TallyRules


class EmbeddingStoreContract(StoredValues, StoredTimes, StoredAmounts, TallyRules, StoreThreads, StoreProcesses, StoreEndings):
    """The contract of `lixcore.ports.embedding_store.EmbeddingStore`.

    ::

        class TestMyStore(EmbeddingStoreContract):
            adapter = MyStore

    The optional power `KeepsTallies` is found by its methods and tested where it is. A store that is ``PERSISTENT`` is opened
    again and killed, and one that is ``SHARED`` is used by several processes.
    """

    @rule("Bugs hide in the order of calls: random histories find those that no example was written for.")
    def test_it_is_a_dict_of_values_that_end(self, open_store: OpenEmbeddings, clock: SettableClock) -> None:
        check_against_model(open_store, clock, persistent=self.persistent, shared=self.shared)
