"""What every hot store does: subclass `HotStoreContract` and name the adapter."""

from __future__ import annotations

from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.data import HotStoreData
from lixcore.testing.hot_store.lifetimes import HotStoreLifetimes
from lixcore.testing.hot_store.machine import check_against_model
from lixcore.testing.hot_store.order import HotStoreOrder
from lixcore.testing.hot_store.powers import HotStorePowers
from lixcore.testing.hot_store.presence import HotStorePresence
from lixcore.testing.hot_store.processes import HotStoreProcesses
from lixcore.testing.hot_store.removal import HotStoreRemoval
from lixcore.testing.hot_store.stores import OpenStore
from lixcore.testing.hot_store.threads import HotStoreThreads
from lixcore.testing.hot_store.tickets import HotStoreTickets
from lixcore.testing.powers.leases import LeaseRules


class HotStoreContract(
    HotStorePresence,
    HotStoreOrder,
    HotStoreRemoval,
    HotStoreData,
    HotStoreTickets,
    LeaseRules,
    HotStorePowers,
    HotStoreThreads,
    HotStoreProcesses,
    HotStoreLifetimes,
):
    """The contract of `lixcore.ports.hot_store.HotStore`.

    ::

        class TestMyHotStore(HotStoreContract):
            adapter = MyHotStore

    Optional powers (`MeasuresSessions`, `TellsTime`, `GrantsLeases`, `Diagnoses`, `Verifies`) are found by their methods and
    tested where they are. A store that is ``PERSISTENT`` is opened again and killed, one that is ``SHARED`` is used by several
    processes, and the leases of one with its ``OWN_CLOCK`` end by real time.
    """

    @rule("Bugs hide in the order of calls: random histories find those that no example was written for.")
    def test_it_is_a_list_in_order_for_each_session(self, open_store: OpenStore, clock: SettableClock) -> None:
        check_against_model(open_store, clock, persistent=self.persistent, shared=self.shared)
