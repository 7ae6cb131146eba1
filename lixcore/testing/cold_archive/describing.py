"""What every archive tells of the sessions it holds."""

from __future__ import annotations

import time
from collections.abc import Callable

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from lixcore.testing.cold_archive.archives import ColdArchiveGround
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.entries import entry
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveDescriptions(ColdArchiveGround):
    """Totals, times and lists."""

    @rule("Retention, statistics and the check that nothing was lost count by these numbers.")
    def test_totals_are_described(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(10, b"a" * 7, 500.5), entry(11, b"", 400.0)])
        archive.append(ONE, [entry(4, b"b" * 5, 900.25)])
        info = archive.describe(ONE)
        assert info is not None
        assert (info.session, info.messages, info.first_position, info.last_position) == (ONE, 3, 4, 11)
        assert (info.first_timestamp, info.last_timestamp) == (400.0, 900.25)
        assert (info.context_after, info.forgotten_through) == (0, 0)
        assert info.raw_bytes >= 12
        assert info.stored_bytes > 0

    @rule("Retention counts from it: a time far off removes what is young, or never removes anything.")
    def test_when_it_was_updated_is_known_or_said_not_to_be(self, archive: ColdArchive, clock: SettableClock) -> None:
        day = 86_400.0
        before = 0.0
        uses: list[Callable[[], object]] = [
            lambda: archive.append(ONE, [entry(1)]),
            lambda: archive.append(ONE, [entry(2)]),
            lambda: archive.start_context(ONE, after=Position(1)),
            lambda: archive.forget(ONE, through=Position(1)),
        ]
        for use in uses:
            use()
            info = archive.describe(ONE)
            assert info is not None
            assert info.updated_at == 0.0 or min(abs(info.updated_at - now) for now in (clock.now(), time.time())) < day
            assert info.updated_at >= before
            before = info.updated_at
            clock.advance(1.0)

    @rule(
        "Exports and retention walk this list: a session that is missing is never exported, and one without messages fails them."
    )
    def test_sessions_are_those_with_entries(self, archive: ColdArchive) -> None:
        keys = {SessionKey(f"s{number}", tenant=tenant) for number in range(20) for tenant in "ab"}
        for key in keys:
            archive.append(key, [entry(1)])
        archive.start_context(SessionKey("only a mark"), after=Position(3))
        archive.append(TWO, [entry(1)])
        archive.forget(TWO, through=Position(1))
        found = list(archive.sessions())
        assert {info.session for info in found} == keys
        assert len(found) == 40
        assert found[0] == archive.describe(found[0].session)
