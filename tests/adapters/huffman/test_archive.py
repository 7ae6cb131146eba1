"""What the archive promises beyond the model: any id, bounded handles, small reads, merging that copies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError, PositionConflictError
from lixcore.ports.cold_archive import AppendsInBulk, Compacts, Salvages
from lixcore_huffman import HuffArchive
from lixcore_huffman.format.packing import is_full
from lixcore_huffman.session_file import SessionFile

Numbered = Callable[..., list[Entry]]
SESSION = SessionKey("s")
HOSTILE = [
    "*", "../../etc/passwd", "empty", "/", ".", "..", "a:b{c}", "a", "A",
    "\0", "con", "é", "e\u0301", "x" * 4096, "🜚" * 500, "a\nb", "%s",
]  # fmt: skip


def files_of(root: Path) -> list[Path]:
    return sorted(root.rglob("*.huff"))


def test_it_has_the_optional_powers(archive: HuffArchive) -> None:
    assert isinstance(archive, AppendsInBulk)
    assert isinstance(archive, Salvages)
    assert isinstance(archive, Compacts)


def test_any_id_is_safe_and_separate(archive: HuffArchive, tmp_path: Path) -> None:
    """Names are lower-case hex whatever the id, so that no file system can mix two of them up."""
    keys = [SessionKey(name, tenant) for name in HOSTILE for tenant in ("default", "*", "../x")]
    for number, key in enumerate(keys, 1):
        archive.append(key, [Entry(Position(number), 1.0, str(key).encode())])
    for number, key in enumerate(keys, 1):
        assert list(archive.read(key)) == [Entry(Position(number), 1.0, str(key).encode())]
    assert {info.session for info in archive.sessions()} == set(keys)
    outside = [path for path in tmp_path.rglob("*") if (tmp_path / "archive") not in (path, *path.parents)]
    assert outside == []
    names = [path.name for path in files_of(tmp_path / "archive")]
    assert len(names) == len(keys)
    assert all(len(name) == 69 and set(name[:64]) <= set("0123456789abcdef") for name in names)
    archive.forget(keys[0], through=MAX_POSITION)
    assert {info.session for info in archive.sessions()} == set(keys[1:])


def test_sessions_are_unknown_until_something_is_stored(archive: HuffArchive, tmp_path: Path) -> None:
    assert list(archive.read(SESSION)) == []
    assert archive.describe(SESSION) is None
    assert list(archive.sessions()) == []
    assert archive.compact(SESSION) is False
    archive.append(SESSION, [])
    archive.append_many([])
    archive.append_many([(SESSION, [])])
    archive.start_context(SESSION, after=Position(0))
    assert archive.forget(SESSION, through=Position(0)) == 0
    assert files_of(tmp_path / "archive") == []


@pytest.mark.parametrize("position", [0, -1, 2**63])
def test_positions_out_of_range_are_refused(archive: HuffArchive, position: int) -> None:
    with pytest.raises(InvalidInputError, match="position"):
        archive.append(SESSION, [Entry(Position(position), 1.0, b"")])
    assert archive.describe(SESSION) is None


def test_the_extremes_come_back(archive: HuffArchive) -> None:
    entries = [Entry(Position(1), 0.0, b""), Entry(MAX_POSITION, 253_402_300_799.999, os.urandom(3_000_000))]
    archive.append(SESSION, entries)
    assert list(archive.read(SESSION)) == entries
    assert list(archive.read(SESSION, last=1)) == entries[1:]
    assert list(archive.read(SESSION, last=0)) == []


def test_no_handle_stays_open(archive: HuffArchive, numbered: Numbered) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    keys = [SessionKey(str(number)) for number in range(600)]
    archive.append_many([(key, numbered(1)) for key in keys])
    for key in keys[:50]:
        archive.append(key, numbered(2))
        archive.read(key)
        archive.describe(key)
        archive.compact(key)
        archive.forget(key, through=Position(1))
    list(archive.sessions())
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_does_not_shrink_is_stored_and_needs_no_codec(archive: HuffArchive, tmp_path: Path) -> None:
    archive.append(SESSION, [Entry(Position(1), 1.0, os.urandom(500))])
    with SessionFile(str(files_of(tmp_path / "archive")[0])) as file:
        frame = file.last_frame()
        assert frame is not None
        assert frame.head.codec == "none"

        def no_codec(name: str) -> Any:
            raise AssertionError(name)

        assert len(file.entries(frame, no_codec)) == 1


def counted_reads(monkeypatch: pytest.MonkeyPatch, use: Callable[[], object]) -> tuple[int, int]:
    """How often and how much ``use`` reads."""
    sizes: list[int] = []
    real = os.pread

    def counting(handle: int, size: int, at: int) -> bytes:
        data = real(handle, size, at)
        sizes.append(len(data))
        return data

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", counting)
        use()
    return len(sizes), sum(sizes)


@pytest.mark.parametrize("is_merged", [False, True])
def test_the_end_of_a_long_history_is_reached_in_few_reads(
    archive: HuffArchive, numbered: Numbered, monkeypatch: pytest.MonkeyPatch, *, is_merged: bool
) -> None:
    for start in range(1, 6001, 20):
        archive.append(SESSION, numbered(*range(start, start + 20), size=100))
    if is_merged:
        assert archive.compact(SESSION)
    for use in (
        lambda: archive.read(SESSION, last=20),
        lambda: archive.read(SESSION, after=Position(5990)),
        lambda: archive.describe(SESSION),
        lambda: archive.append(SESSION, numbered(6001 + len(archive.read(SESSION, last=1)))),
        lambda: archive.compact(SESSION) if is_merged else None,
    ):
        calls, size = counted_reads(monkeypatch, use)
        assert calls <= 5
        assert size <= 70_000


def test_what_an_append_left_unmergeable_is_not_read_for_a_merge_until_somebody_writes(
    archive: HuffArchive,
    make_archive: Callable[..., HuffArchive],
    tmp_path: Path,
    numbered: Numbered,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive.append(SESSION, numbered(*range(1, 1001), size=100))
    archive.append(SESSION, numbered(1001))
    assert counted_reads(monkeypatch, lambda: archive.compact(SESSION)) == (0, 0)
    other = make_archive(tmp_path / "archive")
    assert counted_reads(monkeypatch, lambda: other.compact(SESSION))[0] > 0
    for position in range(1002, 2003):
        other.append(SESSION, numbered(position, size=100))
    assert archive.compact(SESSION), "another one left something to merge"
    for position in range(2003, 6003):
        archive.append(SESSION, numbered(position))
    assert archive.compact(SESSION), "what has become worth a merge is remembered no longer"


def test_a_conflict_anywhere_in_a_long_history_leaves_the_file_as_it_was(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered
) -> None:
    """Blocks and small frames alike; no handle stays open, and the lock is given back."""
    for start in range(1, 3001, 50):
        archive.append(SESSION, numbered(*range(start, start + 50), size=100))
        if start == 2001:
            assert archive.compact(SESSION)
    (path,) = files_of(tmp_path / "archive")
    before = path.read_bytes()
    handles = len(list(Path("/proc/self/fd").iterdir()))
    for position in (1, 700, 1999, 2600, 3000):
        with pytest.raises(PositionConflictError, match=str(path)) as caught:
            archive.append(SESSION, [*numbered(position, size=50), *numbered(3001, size=100)])
        assert caught.value.position == position
        archive.append(SESSION, numbered(position, size=100))
    assert path.read_bytes() == before
    assert len(list(Path("/proc/self/fd").iterdir())) == handles


def test_a_conflict_reads_only_the_frames_that_may_hold_it(
    archive: HuffArchive, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in range(1, 6001, 20):
        archive.append(SESSION, numbered(*range(start, start + 20), size=100))

    def repeat() -> None:
        archive.append(SESSION, numbered(*range(5981, 6001), size=100))

    calls, size = counted_reads(monkeypatch, repeat)
    assert calls <= 5
    assert size <= 70_000


def test_merging_copies_full_blocks_as_they_are(archive: HuffArchive, tmp_path: Path, numbered: Numbered) -> None:
    for start in range(1, 4001, 20):
        archive.append(SESSION, numbered(*range(start, start + 20), size=100))
    whole = archive.describe(SESSION)
    assert archive.compact(SESSION)
    path = files_of(tmp_path / "archive")[0]

    def blocks() -> list[bytes]:
        with SessionFile(str(path)) as file:
            return [file.block(frame) for frame in file.whole_scan().frames() if is_full(frame, 65_536)]

    first = blocks()
    assert len(first) >= 5
    for start in range(4001, 8001, 20):
        archive.append(SESSION, numbered(*range(start, start + 20), size=100))
    assert archive.compact(SESSION)
    assert blocks()[: len(first)] == first
    merged = archive.describe(SESSION)
    assert whole is not None
    assert merged is not None
    assert (merged.messages, merged.raw_bytes) == (whole.messages * 2, whole.raw_bytes * 2)
    assert merged.stored_bytes < whole.stored_bytes * 2 * 0.9
    assert list(archive.read(SESSION)) == numbered(*range(1, 8001), size=100)


def test_merging_after_every_append_rewrites_each_byte_a_few_times_only(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered
) -> None:
    """The bytes rewritten by merging are a small multiple of what is stored, so the cost of a message does not grow."""
    rewritten = 0
    for start in range(1, 12_001, 20):
        archive.append(SESSION, numbered(*range(start, start + 20), size=100))
        if archive.compact(SESSION):
            rewritten += files_of(tmp_path / "archive")[0].stat().st_size
    info = archive.describe(SESSION)
    assert info is not None
    assert rewritten <= 8 * info.stored_bytes


@pytest.mark.parametrize("is_merged", [False, True])
def test_late_entries_take_their_place_in_order(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered, *, is_merged: bool
) -> None:
    """Full blocks from two hosts, whose positions interleave."""
    archive.append(SESSION, numbered(*range(2, 4001, 2), size=100))
    archive.append(SESSION, numbered(*range(1, 4001, 2), size=100))
    everything = numbered(*range(1, 4001), size=100)
    if is_merged:
        archive.append(SESSION, numbered(*range(4001, 6001), size=100))
        everything += numbered(*range(4001, 6001), size=100)
        for start in range(6001, 9001, 10):  # small ones, for merging to gain by
            archive.append(SESSION, numbered(*range(start, start + 10), size=100))
            everything += numbered(*range(start, start + 10), size=100)
        assert archive.compact(SESSION)
        with SessionFile(str(files_of(tmp_path / "archive")[0])) as file:
            frames = file.whole_scan().frames()
        assert all(frame.head.first > frame.head.before.last for frame in frames)
    for last in (1, 5, 2100, 8500, len(everything)):
        assert list(archive.read(SESSION, last=last)) == everything[-last:]
    assert list(archive.read(SESSION, after=Position(1999), before=Position(2010))) == everything[1999:2009]


def test_a_reader_keeps_the_file_that_it_opened(archive: HuffArchive, tmp_path: Path, numbered: Numbered) -> None:
    for number in range(1, 50):
        archive.append(SESSION, numbered(number))
    with SessionFile(str(files_of(tmp_path / "archive")[0])) as file:
        assert archive.compact(SESSION)
        archive.forget(SESSION, through=Position(40))
        assert sum(frame.head.count for frame in file.whole_scan().frames()) == 49


def test_a_tombstone_remembers_only_how_far(archive: HuffArchive, tmp_path: Path, numbered: Numbered) -> None:
    key = SessionKey("a secret name", "a secret tenant")
    archive.append(key, numbered(1, 2, 3))
    assert archive.forget(key, through=Position(3)) == 3
    assert archive.forget(key, through=Position(3)) == 0
    [path] = files_of(tmp_path / "archive")
    assert b"secret" not in path.read_bytes()
    assert b"message" not in path.read_bytes()
    archive.append(key, numbered(2, 3))
    assert list(archive.read(key)) == []
    archive.append(key, numbered(3, 4))
    assert list(archive.read(key)) == numbered(4)
    info = archive.describe(key)
    assert info is not None
    assert (info.messages, info.forgotten_through) == (1, 3)


def test_forgetting_what_was_never_archived_keeps_it_out(archive: HuffArchive, numbered: Numbered) -> None:
    """A spill in another process may come after."""
    assert archive.forget(SESSION, through=Position(5)) == 0
    archive.append(SESSION, numbered(4, 5))
    assert list(archive.read(SESSION)) == []


def test_other_archives_in_the_directory_see_every_write_at_once(archive: HuffArchive, tmp_path: Path, make_archive: Any) -> None:
    other = make_archive(tmp_path / "archive", sync=True)
    other.append(SESSION, [Entry(Position(1), 1.0, b"one")])
    archive.append(SESSION, [Entry(Position(2), 1.0, b"two")])
    other.append_many([(SESSION, [Entry(Position(3), 1.0, b"three")]), (SessionKey("t"), [Entry(Position(1), 1.0, b"x")])])
    assert [entry.payload for entry in other.read(SESSION)] == [b"one", b"two", b"three"]
