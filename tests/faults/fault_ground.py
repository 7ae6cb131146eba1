"""Where faults are tried: stores of a run's own, a crew that works on them, and the reading of it all at the end."""

from __future__ import annotations

import logging
import random
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

import lixcore
from fault_rows import Result
from history_checker import Outcome, Reading, Verdict, check
from lixcore.domain.record import decode_message
from lixcore.errors import CorruptDataError
from redis_process import RedisProcess
from worker_crew import Crew, Nursery
from worker_process import Task
from worker_record import Account, SessionRecord, identity_of

WINDOW, BATCH = 4, 3  # small, so that messages move between the tiers all the time
PADDING = 60
BLOCK_BYTES = 4096  # the smallest: frames fill up, and are merged, after a few dozen messages


@cache
def through_is_missing() -> str | None:
    """Why nothing can be said of ``write_mode = "through"``, in a version where it has no effect yet; None where it has."""
    settings: dict[str, Any] = {
        "hot_store": "memory",
        "cold_archive": "memory",
        "similarity_index": None,
        "write_mode": "through",
    }
    with lixcore.open(lixcore.CacheConfig(**settings)) as stack:
        stack.session("probe").add_message_to_context("user", "archived at once?")
        archived = stack.wiring.archive.read(lixcore.SessionKey("probe", stack.config.tenant))
    return None if archived else "this version accepts write_mode = 'through', without effect"


class Ground:
    """What the scenarios of one program share. A context manager.

    Args:
        nursery: Forks the workers.
        directory: Where files of runs are put; each run removes its own.
    """

    def __init__(self, nursery: Nursery, directory: Path) -> None:
        self.nursery = nursery
        self.directory = directory

    @classmethod
    @contextmanager
    def opened(cls, directory: Path) -> Iterator[Self]:
        """A ground with a nursery of its own."""
        logging.getLogger("lixcore").addHandler(logging.NullHandler())  # what is damaged here is known
        with Nursery() as nursery:
            yield cls(nursery, directory)

    @contextmanager
    def site(self, hot: str, seed: int, *, redis: Sequence[str] = (), **settings: Any) -> Iterator[Site]:
        """New, empty stores, with a crew; all gone afterwards.

        Args:
            hot: The hot store's name, ``redis`` or ``sqlite``.
            seed: Of all that is random on it.
            redis: Arguments of a redis-server.
            settings: Of the configuration, beside those of the stores.
        """
        with tempfile.TemporaryDirectory(prefix="fault-", dir=self.directory, ignore_cleanup_errors=True) as directory:
            server = RedisProcess(*redis) if hot == "redis" else None
            try:
                with Crew(self.nursery) as crew:
                    yield Site(hot=hot, directory=Path(directory), server=server, crew=crew, seed=seed, settings=settings)
            finally:
                if server is not None:
                    server.stop()


class Site:
    """Stores of one run and those who work on them.

    Attributes:
        archive_dir: Where the archive keeps its files.
        settings: Of every worker's configuration.
        sessions: The sessions that are worked on.
        chance: All that is random.
    """

    def __init__(
        self, *, hot: str, directory: Path, server: RedisProcess | None, crew: Crew, seed: int, settings: Mapping[str, Any]
    ) -> None:
        self._server = server
        self.crew = crew
        self.directory = directory
        self.archive_dir = directory / "archive"
        self.seed = seed
        self.chance = random.Random(seed)
        self.sessions: Sequence[str] = ["one"]
        self.padding = PADDING
        self.window: int = settings.get("hot_window_size", WINDOW)
        own: dict[str, Any] = {"hot_store": hot, "archive_dir": str(self.archive_dir), "huffman_block_bytes": BLOCK_BYTES}
        own |= {"hot_window_size": WINDOW, "spill_batch_size": BATCH, "janitor": False}
        if server is not None:
            own |= {"redis_host": server.host, "redis_port": server.port}
        else:
            own |= {"sqlite_path": str(directory / "hot.sqlite3"), "sqlite_synchronous": "normal"}
        self.settings: dict[str, Any] = {**own, **settings}

    @property
    def redis(self) -> RedisProcess:
        """The server of this run."""
        assert self._server is not None, "this run has no Redis"
        return self._server

    def task(self, *writers: str, **more: Any) -> Task:
        """Work on the sessions of this run, for one process."""
        values: dict[str, Any] = {"settings": self.settings, "sessions": self.sessions, "padding": self.padding}
        return Task(writers=writers, **{**values, "seed": self.chance.randrange(1 << 30), **more})

    def stack(self, **settings: Any) -> lixcore.Stack:
        """The stores, as this process sees them; to be closed."""
        return lixcore.open(lixcore.CacheConfig(**{"similarity_index": None, **self.settings, **settings}))

    def archived(self, **settings: Any) -> set[str]:
        """All messages that the archive holds by now, read from nothing else."""
        return {text for session in self.sessions for text in self.archive_order(session, **settings)}

    def archive_order(self, session: str, **settings: Any) -> list[str]:
        """What the archive holds of a session, in its order."""
        with self.stack(**settings) as stack:
            entries = stack.wiring.reader.read(lixcore.SessionKey(session, stack.config.tenant))
        return self._identities(session, [decode_message(entry).content for entry in entries])

    def at_risk(self) -> set[str]:
        """Messages that the archive does not hold, of all that were sent until now: lost, if the hot store loses everything.

        Call it when the hot store is gone already, so that nothing can be acknowledged any more.
        """
        self.crew.drain()
        sent = {one.text for record in self.crew.account().sessions.values() for one in record.sent}
        return sent - self.archived()

    def account(self) -> Account:
        """What the crew wrote down. Where the archive stands in for the hot store, what is in that is not shown meanwhile."""
        account = self.crew.account()
        if self.settings.get("on_hot_store_failure") == "archive":
            account.ask_less_of_readings()
        return account

    def judge(
        self,
        *,
        runs: int,
        excused: Collection[str] = (),
        unbroken: bool = True,
        evicts: bool = True,
        account: Account | None = None,
        **settings: Any,
    ) -> Result:
        """Read everything, from everywhere, now that nobody works any more, and compare it with what was written down.

        Args:
            runs: How often the fault came about.
            excused: See `history_checker.check`.
            unbroken: See `history_checker.check`.
            evicts: Whether to evict all sessions as well, and to read them from the archive alone, and once more.
            settings: Of the reader, where they differ from those of the workers.
        """
        account = account or self.crew.account()
        verdict = Verdict()
        with self.stack(**settings) as stack:
            for session in self.sessions:
                record = account.session(session)
                verdict += self._judged(stack, session, record, excused=excused, unbroken=unbroken, evicts=evicts)
            strangers = self._strangers(stack) if evicts else set()
        words = [*(f"wrong: {fact}" for fact in account.wrong), *(f"foreign: the session {name!r}" for name in strangers)]
        verdict += Verdict(foreign=len(words), examples=tuple(words))
        return Result(verdict, runs, account.raised)

    def _strangers(self, stack: lixcore.Stack) -> set[str]:
        known = {key.id for key in stack.session_keys()}
        return {name for name in known - set(self.sessions) if not name.startswith("forgotten by ")}

    def _judged(
        self,
        stack: lixcore.Stack,
        session: str,
        record: SessionRecord,
        *,
        excused: Collection[str],
        unbroken: bool,
        evicts: bool,
    ) -> Verdict:
        memory = stack.session(session)
        key = memory.session
        context: list[str] | None = None
        try:
            context = self._contents(session, memory.get_context_messages())
        except CorruptDataError:  # of a file whose beginning is damaged: told, which is right
            if evicts:
                raise
        history = self._contents(session, memory.get_full_history())
        later: list[Reading] = []
        if evicts:
            must = [one.text for one in record.sent if one.outcome is Outcome.ACKNOWLEDGED and one.text not in excused]
            stack.wiring.tiering.evict(key)
            archived = [decode_message(entry).content for entry in stack.wiring.reader.read(key)]
            alone = self._identities(session, archived)
            again = self._contents(session, memory.get_full_history())
            returned = self._contents(session, memory.get_context_messages())
            later = [
                Reading(alone, "the archive alone", is_whole=True, knew=must),
                Reading(again, "the history after an eviction", is_whole=True, knew=must),
                Reading(returned, "the context after an eviction", is_context=True, knew=history[-1:]),
            ]
        return check(
            record.sent,
            history,
            [*record.readings, *later],
            context=context,
            window=self.window,
            excused=excused,
            unbroken=unbroken,
        )

    def _contents(self, session: str, messages: Sequence[Mapping[str, Any]]) -> list[str]:
        return self._identities(session, [message["content"] for message in messages])

    def _identities(self, session: str, texts: Sequence[str]) -> list[str]:
        return [identity_of(session, text, self.padding) for text in texts]
