"""The only place where adapters meet services: a configuration in, a wired session layer out."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from lixcore.config import CacheConfig
from lixcore.ports.adapter import AdapterContext
from lixcore.registry import Group
from lixcore.services.archive_reader import ArchiveReader
from lixcore.services.catalogue import Catalogue
from lixcore.services.context_window import ContextWindow
from lixcore.services.policies import WholeTurns
from lixcore.services.spiller import Spiller
from lixcore.services.system_clock import SystemClock
from lixcore.services.tiering import Tiering
from lixcore.services.verification import Verification

if TYPE_CHECKING:
    from lixcore.ports.clock import Clock
    from lixcore.ports.codec import Codec
    from lixcore.ports.cold_archive import ColdArchive
    from lixcore.ports.hot_store import HotStore
    from lixcore.ports.policy import EvictionPolicy


@attrs.frozen
class Wiring:
    """Adapters and services of one configuration, ready for use.

    Attributes:
        hot: The hot store.
        archive: The cold archive.
        reader: Reads it as the configuration asks where it is damaged.
        clock: Tells the time to all of them.
        tiering: Moves entries between the two.
        window: Adds and reads.
        catalogue: Lists sessions.
        eviction: Chooses the sessions that leave the hot store.
        verification: Checks both stores.
    """

    hot: HotStore
    archive: ColdArchive
    reader: ArchiveReader
    clock: Clock
    tiering: Tiering
    window: ContextWindow
    catalogue: Catalogue
    eviction: EvictionPolicy
    verification: Verification
    _closing: ExitStack

    def close(self) -> None:
        """Finish what is under way, then close the stores, each even when another one fails."""
        self._closing.close()


class Opener:
    """Opens adapters with the options of a configuration, one by one.

    Attributes:
        clock: What they are told the time by.
    """

    def __init__(self, config: CacheConfig, *, clock: Clock | None = None) -> None:
        self._config = config
        self._codecs: dict[str, Codec] = {}
        self.clock = clock or SystemClock()
        self._context = AdapterContext(
            clock=self.clock, codec_name=config.codec, codec_named=self._codec_named, archive_dir=Path(config.archive_dir)
        )

    def open(self, group: Group, name: str) -> Any:
        """Open an adapter; the caller closes it.

        Raises:
            ConfigError: It is unknown, broken or lacks its driver.
            StoreError: The store cannot be used.
        """
        is_chosen = name == getattr(self._config, group.setting)  # else an archive names the codec of old data
        origin = str(self._config.origin(group.setting)) if is_chosen else "what is archived"
        adapter = self._config.registry.load(group, name, origin=origin)
        return adapter.open(self._config.adapter_options(name, group), self._context)

    def _codec_named(self, name: str) -> Codec:
        # Made once: a codec may hold a trained dictionary, and old archives name one in every frame.
        if name not in self._codecs:
            self._codecs[name] = self.open(Group.CODEC, name)
        return self._codecs[name]


def wire(config: CacheConfig, *, clock: Clock | None = None, background: bool = True) -> Wiring:
    """Make the adapters that a configuration names, and the services over them.

    Args:
        clock: Stands in for the machine's clock.
        background: Whether overflow moves to the archive on a thread of its own; otherwise the caller does it.

    Raises:
        ConfigError: An adapter is unknown, broken or lacks its driver.
        StoreError: A store cannot be used.
    """
    opener = Opener(config, clock=clock)
    with ExitStack() as undo:
        archive: ColdArchive = opener.open(Group.COLD_ARCHIVE, config.cold_archive)
        undo.callback(archive.close)
        hot: HotStore = opener.open(Group.HOT_STORE, config.hot_store)
        undo.callback(hot.close)
        reader = ArchiveReader(archive, skip_damage=config.on_damage == "skip")
        tiering = Tiering(hot, archive, reader, window=config.hot_window_size, batch=config.spill_batch_size)
        spiller = Spiller(tiering, background=background)
        undo.callback(spiller.close)
        window = ContextWindow(
            hot=hot,
            archive=archive,
            tiering=tiering,
            spiller=spiller,
            reader=reader,
            policy=WholeTurns(),
            max_messages=config.hot_window_size,
            max_tokens=config.session_max_tokens,
        )
        catalogue = Catalogue(hot, reader)
        eviction: EvictionPolicy = opener.open(Group.EVICTION_POLICY, config.eviction_policy)
        verification = Verification(archive, hot, places=config.hot_window_size + config.spill_batch_size)
        return Wiring(hot, archive, reader, opener.clock, tiering, window, catalogue, eviction, verification, undo.pop_all())
