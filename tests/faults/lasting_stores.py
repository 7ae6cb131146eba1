"""Stores that outlive the stacks over them, and the process too unless they are in its memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal
from unittest.mock import patch

import redis

from gated_ports import Gate, gated
from lixcore import CacheConfig, Stack
from lixcore.ports.adapter import Adapter
from lixcore.registry import Group, Registry
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock

HotName = Literal["memory", "sqlite", "redis"]
ArchiveName = Literal["memory", "huffman"]
Planted = Mapping[str, type]

WINDOW: Final = 3
BATCH: Final = 2


class _LastingHotStore(MemoryHotStore):
    def close(self) -> None:
        """What it holds stays for the next stack."""


class _LastingArchive(MemoryArchive):
    def close(self) -> None:
        """What it holds stays for the next stack."""


class _Lasting(Registry):
    """The installed adapters, each passed through a function when it is opened."""

    def __init__(self, opened: Callable[[Group, type[Adapter], Any, Any], Any]) -> None:
        vars(self).update(vars(Registry.scan()))  # looking for what is installed takes longer than a whole run
        self._opened = opened

    def load(self, group: Group, name: str, *, origin: str) -> type[Adapter]:
        adapter = super().load(group, name, origin=origin)

        def open_it(options: Any, context: Any) -> Any:
            return self._opened(group, adapter, options, context)

        # The adapter's own class otherwise: its other powers stay.
        return type(adapter.__name__, (adapter,), {"open": staticmethod(open_it)})


class Stores:
    """A hot store and an archive of a test's own.

    Args:
        directory: Where those in files keep them.
        redis_url: The database of a hot store on Redis.
        settings: Of every stack over them, unless `open` is given others.

    Attributes:
        clock: Tells the time to all stacks.
        outlives_wipes: Whether stacks over the hot store may go on when it is wiped; the others lose the store itself.
    """

    def __init__(
        self,
        hot: HotName,
        archive: ArchiveName,
        *,
        directory: Path | None = None,
        redis_url: str | None = None,
        **settings: Any,
    ) -> None:
        self.name = f"{hot}+{archive}"
        self.clock = SettableClock()
        self.outlives_wipes = hot == "redis"
        self._kept: dict[Group, Any] = {}
        self._settings: dict[str, Any] = {
            "hot_store": hot,
            "cold_archive": archive,
            "similarity_index": None,
            "hot_window_size": WINDOW,
            "spill_batch_size": BATCH,
            "janitor": False,
        }
        if hot == "memory":
            self._kept[Group.HOT_STORE] = _LastingHotStore(self.clock)
        elif hot == "sqlite":
            assert directory is not None
            # What a process left to the operating system survives its death; only power failures take it.
            self._settings |= {"sqlite_path": str(directory / "hot.sqlite3"), "sqlite_synchronous": "normal"}
        else:
            self._settings |= {"redis_url": redis_url}
        if archive == "memory":
            self._kept[Group.COLD_ARCHIVE] = _LastingArchive()
        else:
            self._settings |= {"archive_dir": str(directory), "huffman_sync": False}
        self._settings |= settings

    def wipe(self) -> None:
        """The hot store loses everything, as one without persistence does. No stack may be open, unless `outlives_wipes`."""
        if Group.HOT_STORE in self._kept:
            self._kept[Group.HOT_STORE] = _LastingHotStore(self.clock)
        elif (url := self._settings.get("redis_url")) is not None:
            with redis.Redis.from_url(url) as client:
                client.flushdb()
        else:
            for file in Path(self._settings["sqlite_path"]).parent.glob("hot.sqlite3*"):
                file.unlink()

    def open(self, gate: Gate | None = None, *, planted: Planted | None = None, **settings: Any) -> Stack:
        """A stack over them, which does all its work in its callers' own threads.

        Args:
            gate: What every call of a port passes.
            planted: Wrong services in place of the right ones, by the names of those.
        """

        def opened(group: Group, adapter: type[Adapter], options: Any, context: Any) -> Any:
            port = self._kept[group] if group in self._kept else adapter.open(options, context)
            if gate is None or group not in {Group.HOT_STORE, Group.COLD_ARCHIVE}:
                return port
            return gated("hot" if group is Group.HOT_STORE else "archive", port, gate)

        config = CacheConfig(registry=_Lasting(opened), **self._settings | settings)
        with patch.dict(vars(import_module("lixcore.bootstrap.wire")), planted or {}):  # the package has a function of that name
            return Stack(config, clock=self.clock, background=False)
