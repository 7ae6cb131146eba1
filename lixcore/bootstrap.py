"""The only place where adapters meet services: a configuration in, a wired session layer out."""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from lixcore.config import CacheConfig
from lixcore.errors import InvalidConfigError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.hot_store_powers import MeasuresSessions
from lixcore.registry import Group
from lixcore.services.archive_reader import ArchiveReader
from lixcore.services.background import BackgroundWork
from lixcore.services.catalogue import Catalogue
from lixcore.services.context_window import ContextWindow
from lixcore.services.eviction import Evictor, HotLimits
from lixcore.services.janitor import Janitor, lease_seconds
from lixcore.services.lease import Lease
from lixcore.services.policies import WholeTurns
from lixcore.services.retention import Retention
from lixcore.services.spiller import Spiller
from lixcore.services.system_clock import SystemClock
from lixcore.services.tiering import Tiering

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
        evictor: Moves those to the archive.
        janitor: Does so for all processes, and looks after the archive.
        janitor_thread: Where it works in this process; None where it does not.
    """

    hot: HotStore
    archive: ColdArchive
    reader: ArchiveReader
    clock: Clock
    tiering: Tiering
    window: ContextWindow
    catalogue: Catalogue
    eviction: EvictionPolicy
    evictor: Evictor
    janitor: Janitor
    janitor_thread: BackgroundWork | None
    _closing: ExitStack

    def in_use(self) -> None:
        """Note that sessions are used, on the way to each use: from the first one on, the janitor's thread runs."""
        if self.janitor_thread is not None:
            self.janitor_thread.start()

    def close(self) -> None:
        """Finish what is under way, then close the stores, each even when another one fails."""
        self._closing.close()


def wire(config: CacheConfig, *, clock: Clock | None = None, background: bool = True, janitor: bool = True) -> Wiring:
    """Make the adapters that a configuration names, and the services over them.

    Args:
        clock: Stands in for the machine's clock.
        background: Whether overflow moves to the archive on a thread of its own; otherwise the caller does it.
        janitor: Whether the janitor may have a thread, where the configuration and ``background`` say so too.

    Raises:
        ConfigError: An adapter is unknown, broken or lacks its driver.
        StoreError: A store cannot be used.
    """
    clock = clock or SystemClock()

    codecs: dict[str, Codec] = {}

    def codec_named(name: str) -> Codec:
        # Made once: a codec may hold a trained dictionary, and old archives name one in every frame.
        if name not in codecs:
            codecs[name] = _made(config, Group.CODEC, name, context)
        return codecs[name]

    context = AdapterContext(clock=clock, codec_name=config.codec, codec_named=codec_named, archive_dir=Path(config.archive_dir))
    with ExitStack() as undo:
        archive: ColdArchive = _made(config, Group.COLD_ARCHIVE, config.cold_archive, context)
        undo.callback(archive.close)
        hot: HotStore = _made(config, Group.HOT_STORE, config.hot_store, context)
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
        eviction: EvictionPolicy = _made(config, Group.EVICTION_POLICY, config.eviction_policy, context)
        evictor = Evictor(hot, tiering, eviction, clock, _limits(config, hot))
        janitor_of_all = Janitor(
            Lease(hot, clock, "janitor", seconds=lease_seconds(config.janitor_interval_seconds)),
            evictor,
            Retention(hot, archive, clock, ttl_days=config.disk_ttl_days),
            interval=config.janitor_interval_seconds,
        )
        undo.callback(janitor_of_all.close)
        thread = _thread_of(janitor_of_all, config) if janitor and background and config.janitor else None
        if thread is not None:
            undo.callback(thread.close)
        return Wiring(
            hot, archive, reader, clock, tiering, window, catalogue, eviction, evictor, janitor_of_all, thread, undo.pop_all()
        )


def _limits(config: CacheConfig, hot: HotStore) -> HotLimits:
    if config.hot_max_bytes is not None and not isinstance(hot, MeasuresSessions):
        origin = config.origin("hot_max_bytes")
        raise InvalidConfigError(
            [f"hot_max_bytes (from {origin}): the hot store {config.hot_store!r} cannot measure sessions; set hot_max_sessions"]
        )
    return HotLimits(
        idle_seconds=config.evict_after_minutes * 60.0,
        ttl_seconds=config.session_ttl_seconds,
        max_sessions=config.hot_max_sessions,
        max_bytes=config.hot_max_bytes,
    )


def _thread_of(janitor: Janitor, config: CacheConfig) -> BackgroundWork:
    def first_after() -> float:
        # Processes that were started together do not ask for the lease together, and those that end soon do not at all.
        return random.uniform(0.5, 1) * config.janitor_interval_seconds  # noqa: S311  # no secret

    return BackgroundWork("lixcore-janitor", janitor.work, first_after=first_after, afresh=janitor.begin_afresh)


def _made(config: CacheConfig, group: Group, name: str, context: AdapterContext) -> Any:
    is_chosen = name == getattr(config, group.setting)  # else an archive names the codec of old data
    origin = str(config.origin(group.setting)) if is_chosen else "what is archived"
    adapter = config.registry.load(group, name, origin=origin)
    return adapter.open(config.adapter_options(name, group), context)
