"""What every cold archive does: subclass `ColdArchiveContract` and name the adapter."""

from __future__ import annotations

from lixcore.testing.cold_archive.archives import OpenArchive
from lixcore.testing.cold_archive.conflicts import ColdArchiveConflicts
from lixcore.testing.cold_archive.data import ColdArchiveData
from lixcore.testing.cold_archive.describing import ColdArchiveDescriptions
from lixcore.testing.cold_archive.lifetimes import ColdArchiveLifetimes
from lixcore.testing.cold_archive.machine import check_against_model
from lixcore.testing.cold_archive.marks import ColdArchiveMarks
from lixcore.testing.cold_archive.order import ColdArchiveOrder
from lixcore.testing.cold_archive.powers import ColdArchivePowers
from lixcore.testing.cold_archive.writers import ColdArchiveWriters
from lixcore.testing.ground.rules import rule


class ColdArchiveContract(
    ColdArchiveOrder,
    ColdArchiveConflicts,
    ColdArchiveMarks,
    ColdArchiveDescriptions,
    ColdArchiveData,
    ColdArchivePowers,
    ColdArchiveWriters,
    ColdArchiveLifetimes,
):
    """The contract of `lixcore.ports.cold_archive.ColdArchive`.

    ::

        class TestMyArchive(ColdArchiveContract):
            adapter = MyArchive

    Optional powers (`AppendsInBulk`, `Salvages`, `Compacts`, `Verifies`) are found by their methods and tested where they are. An
    archive that is ``PERSISTENT`` is opened again and killed, and also opened several times at once; one that is ``SHARED`` is
    written by several processes. Its directory is the ``archive_dir`` of the context, which is new for each test.
    """

    @rule("Bugs hide in the order of calls: random histories find those that no example was written for.")
    def test_it_is_a_list_in_order_for_each_session(self, open_archive: OpenArchive) -> None:
        check_against_model(open_archive, persistent=self.persistent)
