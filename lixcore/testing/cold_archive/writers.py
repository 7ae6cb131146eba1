"""What every archive does when many write to it at once, and when a writer is killed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import Capability
from lixcore.ports.cold_archive import ColdArchive
from lixcore.testing.cold_archive.archives import ColdArchiveGround, OpenArchive
from lixcore.testing.cold_archive.archiving_child import TOGETHER, written
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once

ONE = SessionKey("one")
CHILD = "lixcore.testing.cold_archive.archiving_child"


class ColdArchiveWriters(ColdArchiveGround):
    """Threads and processes."""

    @rule("Several spills of one session may run at once: one that overwrites what the other wrote loses messages.")
    def test_threads_that_append_to_one_session_lose_nothing(self, archive: ColdArchive) -> None:
        def work(writer: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(15):
                    archive.append(ONE, [entry(1 + number * 4 + writer, b"%d:%d" % (writer, number))])

            return run

        at_once(*(work(writer) for writer in range(4)))
        expected = [(1 + n * 4 + w, b"%d:%d" % (w, n)) for n in range(15) for w in range(4)]
        assert [(one.position, one.payload) for one in archive.read(ONE)] == expected

    @rule("All processes of an application spill to one archive: a lock within one of them protects nothing.")
    def test_processes_that_append_to_one_session_lose_nothing(
        self, archive: ColdArchive, options: Any, archive_dir: Path
    ) -> None:
        self.needs(Capability.SHARED)
        self.needs(Capability.PERSISTENT)
        task = task_for(self.adapter, options, archive_dir, session=ONE.id, step=3, count=8)
        with ExitStack() as stack:
            children = [stack.enter_context(child(CHILD, {**task, "first": first})) for first in range(3)]
            for each in children:
                begin(each)
            told = [each.communicate()[0].splitlines() for each in children]
        assert [len(lines) for lines in told] == [8, 8, 8], "an append failed; see what its process wrote to standard error"
        assert facts(archive.read(ONE)) == facts([one for number in range(24) for one in written(number)])

    @rule("The hot store drops what the archive acknowledged: a message that a killed process had archived is nowhere else.")
    def test_what_was_acknowledged_before_a_kill_is_there_once(
        self, open_archive: OpenArchive, options: Any, archive_dir: Path
    ) -> None:
        self.needs(Capability.PERSISTENT)
        first = 0
        for told_before in (1, 4, 9):
            task = task_for(self.adapter, options, archive_dir, session=ONE.id, first=first, step=1, count=1_000_000)
            with child(CHILD, task) as process:
                assert process.stdout is not None
                begin(process)
                told = [int(process.stdout.readline()) for _ in range(told_before)]
                process.kill()
                told += [int(line) for line in process.stdout if line.endswith("\n")]
            archive = open_archive()
            acknowledged = [one for number in range(told[-1] + 1) for one in written(number)]
            found = facts(archive.read(ONE))
            assert found[: len(acknowledged)] == facts(acknowledged)
            in_flight = found[len(acknowledged) :]
            assert in_flight in ([], facts(written(told[-1] + 1))), "an append is there as a whole, or not at all"
            # Whoever was killed begins again with what was not acknowledged, and with some of what was.
            archive.append(ONE, [*written(told[-1]), *written(told[-1] + 1)])
            assert facts(archive.read(ONE)) == facts([*acknowledged, *written(told[-1] + 1)])
            info = archive.describe(ONE)
            assert info is not None
            assert info.messages == len(acknowledged) + TOGETHER
            archive.close()
            first = told[-1] + 2
