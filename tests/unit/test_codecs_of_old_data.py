"""Archives that were written with a codec that the configuration does not name."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

import lixcore
from lixcore import CacheConfig, SessionKey
from lixcore.errors import UnknownAdapterError
from lixcore.registry import Group, Registry


def test_a_codec_that_is_not_installed_is_said_to_be_needed_by_what_is_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever uninstalled it would look in vain for its name in the configuration."""
    with lixcore.open(CacheConfig(hot_store="memory", codec="deflate", archive_dir=str(tmp_path))) as stack:
        stack.session("one").add_message_to_context("user", "again and " * 100)
        stack.session("one").flush_to_disk()
    others = Registry(point for group in Group for point in entry_points(group=group.value) if point.name != "deflate")
    monkeypatch.setattr(Registry, "scan", staticmethod(lambda: others))
    with (
        lixcore.open(CacheConfig(hot_store="memory", archive_dir=str(tmp_path))) as stack,
        pytest.raises(UnknownAdapterError, match=r"'deflate' \(from what is archived\)"),
    ):
        stack.wiring.archive.read(SessionKey("one"))
