"""What every archive does with ids, payloads and times: they are data, and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import MAX_POSITION
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from lixcore.testing.cold_archive.archives import ColdArchiveGround
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE, PAYLOADS, TIMESTAMPS
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveData(ColdArchiveGround):
    """Ids, payloads and times are data."""

    @pytest.mark.parametrize(("one", "two"), KEYS_THAT_COLLIDE)
    @rule("Ids come from users: if two of them become one file or key, somebody reads somebody else's history.")
    def test_ids_that_look_alike_never_meet(self, archive: ColdArchive, one: SessionKey, two: SessionKey) -> None:
        archive.append(one, [entry(1, b"of one")])
        assert archive.describe(two) is None
        archive.append(two, [entry(2, b"of two")])
        assert [found.payload for found in archive.read(one)] == [b"of one"]
        assert {info.session for info in archive.sessions()} == {one, two}
        assert archive.forget(one, through=MAX_POSITION) == 1
        assert [found.payload for found in archive.read(two)] == [b"of two"]

    @rule("The archive is the only copy for years: one changed bit is a message that cannot be read any more.")
    def test_entries_come_back_bit_for_bit(self, archive: ColdArchive) -> None:
        numbers = iter(range(1_000_000))

        @examples(40)
        @given(st.lists(st.tuples(st.integers(1, MAX_POSITION), TIMESTAMPS, PAYLOADS), max_size=6, unique_by=lambda one: one[0]))
        def check(rows: list[tuple[int, float, bytes]]) -> None:
            session = SessionKey(f"s{next(numbers)}")
            entries = [
                entry(position, payload, timestamp) for position, timestamp, payload in sorted(rows, key=lambda row: row[0])
            ]
            archive.append(session, entries)
            assert facts(archive.read(session)) == facts(entries)

        check()

    @pytest.mark.parametrize("size", [0, 2**20, 2**24])
    @rule("Messages may be empty and may hold a whole document; one that is cut or refused is lost.")
    def test_payloads_of_any_size(self, archive: ColdArchive, size: int) -> None:
        payload = bytes(range(256)) * (size // 256)
        archive.append(ONE, [entry(1, payload), entry(2, b"small")])
        archive.append(ONE, [entry(3, payload)])
        assert [one.payload == payload for one in archive.read(ONE)] == [True, False, True]
        assert archive.read(ONE, last=1)[0].payload == payload
