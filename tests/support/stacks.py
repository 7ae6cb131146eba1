"""Wired session layers over stores of a test's own."""

from __future__ import annotations

from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.services.archive_reader import ArchiveReader
from lixcore.services.context_window import ContextParts, ContextWindow
from lixcore.services.policies import WholeTurns
from lixcore.services.spiller import Spiller
from lixcore.services.tiering import Tiering


class SessionLayer:
    """The services as the stack wires them, with spills in the caller's own thread unless asked otherwise."""

    def __init__(
        self,
        hot: HotStore,
        archive: ColdArchive,
        clock: Clock,
        *,
        window: int = 5,
        batch: int = 4,
        max_tokens: int | None = None,
        skip_damage: bool = False,
        background: bool = False,
    ) -> None:
        self.hot = hot
        self.archive = archive
        self.clock = clock
        self.reader = ArchiveReader(archive, skip_damage=skip_damage)
        self.tiering = Tiering(hot, archive, self.reader, window=window, batch=batch)
        self.spiller = Spiller(self.tiering, background=background)
        parts = ContextParts(
            hot=hot,
            archive=archive,
            tiering=self.tiering,
            spiller=self.spiller,
            reader=self.reader,
            policy=WholeTurns(),
            max_messages=window,
            max_tokens=max_tokens,
        )
        self.window = ContextWindow(parts)
