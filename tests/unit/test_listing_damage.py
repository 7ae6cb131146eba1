"""A session whose archive file is damaged, and which is hot as well, in the list of all sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

import lixcore
from lixcore.errors import CorruptDataError


def damaged_and_hot(tmp_path: Path, on_damage: str) -> lixcore.CacheConfig:
    """Two hot sessions with 30 messages each, all archived; the header of the file of ``one`` is damaged."""
    config = lixcore.CacheConfig(
        hot_store="sqlite", sqlite_path=str(tmp_path / "hot.sqlite3"), archive_dir=str(tmp_path / "archive"), on_damage=on_damage
    )
    with lixcore.open(config) as stack:
        for name in ("one", "two"):
            memory = stack.session(name)
            for number in range(30):
                memory.add_message_to_context("user", str(number))
            memory.flush_to_disk()
        digest = stack.session("one").session.digest.hex()
    (file,) = tmp_path.rglob(f"{digest}.huff")
    content = bytearray(file.read_bytes())
    content[8] ^= 0xFF
    file.write_bytes(content)
    return config


def test_skipping_damage_lists_every_session_with_what_can_be_read(tmp_path: Path) -> None:
    with lixcore.open(damaged_and_hot(tmp_path, "skip")) as stack:
        listed = {summary.session.id: summary.archived for summary in stack.sessions()}
        assert listed == {"one": 30, "two": 30}
        assert stack.wiring.reader.damage_found > 0
        counted = stack.session("one").get_stats()["context_window"]
        assert (counted["messages"], counted["disk_turns"], counted["is_hot"]) == (30, 30, True)


def test_not_skipping_it_names_the_file(tmp_path: Path) -> None:
    with lixcore.open(damaged_and_hot(tmp_path, "raise")) as stack, pytest.raises(CorruptDataError, match=r"\.huff"):
        list(stack.sessions())
