"""Making the services over the adapters of a configuration."""

from __future__ import annotations

import random
from contextlib import ExitStack

from lixcore.bootstrap.caches import wire_caches
from lixcore.bootstrap.opening import Opener
from lixcore.bootstrap.policies import chosen_policies
from lixcore.bootstrap.searches import wire_searches
from lixcore.bootstrap.wiring import Wiring
from lixcore.config import CacheConfig
from lixcore.domain.session import RESERVED_TENANT
from lixcore.errors import InvalidConfigError
from lixcore.hooks.observers import observers_of
from lixcore.hooks.policies import hooked
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.ports.hot_store_powers import MayLapse, MeasuresSessions
from lixcore.registry import Group
from lixcore.services.background import BackgroundWork
from lixcore.services.checks.verification import Verification
from lixcore.services.conversation.context_window import ContextParts
from lixcore.services.conversation.enduring_window import EnduringWindow
from lixcore.services.events.relay import EventRelay
from lixcore.services.histories.catalogue import Catalogue
from lixcore.services.outage.reconciliation import Reconciler
from lixcore.services.outage.seeker import Seeker
from lixcore.services.outage.stand_in_journal import StandInJournal
from lixcore.services.redaction import Redaction
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.tiers.guarded_powers import guarded
from lixcore.services.tiers.spiller import Spiller
from lixcore.services.tiers.tiering import Tiering
from lixcore.services.tiers.writing_through import WriteThrough
from lixcore.services.upkeep.eviction import Evictor, HotLimits
from lixcore.services.upkeep.janitor import Janitor, lease_seconds
from lixcore.services.upkeep.lease import Lease
from lixcore.services.upkeep.retention import Retention


def wire(config: CacheConfig, *, clock: Clock | None = None, background: bool = True, janitor: bool = True) -> Wiring:
    """Make the adapters that a configuration names, and the services over them.

    Args:
        clock: Stands in for the machine's clock.
        background: Whether there may be threads, for overflow, for a hot store that is away and for observers; otherwise callers
            do that work.
        janitor: Whether the janitor may have a thread, where the configuration and ``background`` say so too.

    Raises:
        ConfigError: An adapter is unknown, broken or lacks its driver.
        StoreError: A store cannot be used.
    """
    opener = Opener(config, clock=clock)
    clock = opener.clock
    policies = hooked(chosen_policies(config, opener), config.loaded_plugins)
    opener.count_tokens_by(policies.tokens)  # whoever answers for the configured counter
    redaction = Redaction(policies.redaction)
    with ExitStack() as undo:
        archive: ColdArchive = opener.open(Group.COLD_ARCHIVE, config.cold_archive)
        undo.callback(archive.close)
        hot: HotStore = opener.open(Group.HOT_STORE, config.hot_store)
        undo.callback(hot.close)
        # Closed after all that tells of events, and before the stores, which an observer may be using.
        events = EventRelay(observers_of(config.loaded_plugins), background=background)
        undo.callback(events.close)
        caches = wire_caches(config, opener, policies, redaction, undo=undo, events=events)
        guard = guarded(hot, clock, events) if config.on_hot_store_failure == "archive" else None
        reader = ArchiveReader(archive, skip_damage=config.on_damage == "skip", events=events)
        hot = guard or hot
        lapses = hot if isinstance(hot, MayLapse) else None
        tiering = Tiering(hot, archive, reader, window=config.hot_window_size, batch=config.spill_batch_size, events=events)
        spiller = Spiller(tiering, background=background)
        undo.callback(spiller.close)
        journal = StandInJournal(archive, clock)
        reconciler = Reconciler(hot, archive, tiering, journal, lapses=lapses)
        if guard is not None:
            guard.on_return = reconciler.suspect_journal
            if background:
                seeker = Seeker(guard, reconciler)
                seeking = BackgroundWork("lixcore-hot-store", seeker.work, afresh=seeker.begin_afresh)
                undo.callback(seeking.close)
                guard.ask_in_background(seeking.start, seeking.wake)
        parts = ContextParts(
            hot=hot,
            archive=archive,
            tiering=tiering,
            spiller=spiller,
            reader=reader,
            policy=policies.window,
            redaction=redaction,
            through=WriteThrough(archive, tiering) if config.write_mode == "through" else None,
            max_messages=config.hot_window_size,
            max_tokens=config.session_max_tokens,
            events=events,
        )
        window = EnduringWindow(parts, clock=clock, journal=journal, reconciler=reconciler, guard=guard)
        catalogue = Catalogue(hot, reader)
        searches = wire_searches(
            config, opener, policies, window=window, archive=archive, reader=reader, hot=hot, undo=undo, events=events
        )
        evictor = Evictor(hot, tiering, policies.eviction, clock, _limits(config, hot))
        janitor_of_all = Janitor(
            Lease(hot, clock, "janitor", seconds=lease_seconds(config.janitor_interval_seconds)),
            evictor,
            reconciler,
            Retention(
                hot,
                archive,
                policies.retention,
                clock,
                ttl_days=config.disk_ttl_days,
                spared={RESERVED_TENANT},
                events=events,
                on_removal=None if searches.index is None else searches.index.forgetting.later,
            ),
            interval=config.janitor_interval_seconds,
        )
        undo.callback(janitor_of_all.close)
        has_threads = janitor and background and config.janitor
        thread = _thread_of(janitor_of_all, config) if has_threads else None
        if thread is not None:
            undo.callback(thread.close)
        index_thread = searches.thread(config.index_interval_seconds) if has_threads else None
        if index_thread is not None:
            undo.callback(index_thread.close)
        return Wiring(
            hot=hot,
            archive=archive,
            reader=reader,
            clock=clock,
            tiering=tiering,
            window=window,
            spiller=spiller,
            guard=guard,
            reconciler=reconciler,
            catalogue=catalogue,
            policies=policies,
            redaction=redaction,
            evictor=evictor,
            janitor=janitor_of_all,
            janitor_thread=thread,
            verification=Verification(archive, hot, places=config.hot_window_size + config.spill_batch_size, events=events),
            caches=caches,
            searches=searches,
            index_thread=index_thread,
            events=events,
            closing=undo.pop_all(),
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
