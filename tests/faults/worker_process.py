"""What a worker does: it adds to sessions, reads and evicts them through the public API, and writes everything down.

It runs in a process that `worker_nursery` forks. A task is plain JSON; see `Task` for what it may say.
"""

from __future__ import annotations

import random
import signal
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

import lixcore
from lixcore.errors import LixError, NotArchivedError
from lixcore.ports.clock import Clock
from worker_clocks import clock_named
from worker_record import (
    ACKNOWLEDGED,
    CONTEXT,
    ENDED,
    RAISED,
    READ,
    REFUSED,
    SENDING,
    STORED,
    UNKNOWN,
    WHOLE,
    WRONG,
    Recorder,
    identity_of,
    text_of,
)
from worker_sabotage import sabotaged

USUAL_MIX = {"add": 30, "context": 6, "history": 1, "evict": 2, "compact": 1, "flush": 1}


@attrs.frozen(kw_only=True)
class Task:
    """What one process is to do.

    Attributes:
        writers: Names; each is a thread of its own, and sends messages ``<writer>.<number>``.
        settings: Of the configuration.
        sessions: Ids, of which each step takes one at random.
        adds: How many messages each writer sends; None for as many as it can until it is told to end.
        first: The number that each writer begins with; zero unless given.
        mix: How often each kind of step comes, relative to the others.
        seed: Of all that is random here.
        pace: Seconds to wait before each message.
        is_burst: Whether nothing is written down before the end.
        padding: How long the rest of a message may be, in characters.
        clock: One of `worker_clocks`; the machine's unless given.
        kind: Which system it uses: ``lixcore``, or ``predecessor``.
        sabotage: What is made to fail; see `worker_sabotage`.
    """

    writers: Sequence[str]
    settings: Mapping[str, Any]
    sessions: Sequence[str]
    adds: int | None = None
    first: Mapping[str, int] = attrs.Factory(dict)
    mix: Mapping[str, int] = attrs.Factory(lambda: dict(USUAL_MIX))
    seed: int = 0
    padding: int = 60
    pace: float = 0.0
    is_burst: bool = False
    clock: Mapping[str, Any] | None = None
    sabotage: Mapping[str, Any] = attrs.Factory(dict)
    kind: str = "lixcore"


def work(task: Task, recorder: Recorder) -> None:
    """Do it, until it is done or SIGTERM asks for an end."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    clock: Clock | None = clock_named(task.clock, task.seed)
    config = lixcore.CacheConfig(**{"similarity_index": None, **task.settings})
    with lixcore.open(config, clock=clock) as stack, sabotaged(task.sabotage, task.seed, recorder.note):
        if task.is_burst:
            recorder.hold()
        writers = [Writer(name, task, stack, recorder, stopping) for name in task.writers]
        threads = [threading.Thread(target=writer.run) for writer in writers[1:]]
        for thread in threads:
            thread.start()
        writers[0].run()
        for thread in threads:
            thread.join()
    recorder.release()
    recorder.note(ENDED)


class Writer:
    """One thread of work."""

    def __init__(self, name: str, task: Task, stack: lixcore.Stack, recorder: Recorder, stopping: threading.Event) -> None:
        self._name = name
        self._task = task
        self._stack = stack
        self._note = recorder.note
        self._stopping = stopping
        self._number = task.first.get(name, 0)
        self._left = task.adds
        self._chance = random.Random(f"{task.seed} {name} {self._number}")
        self._steps: dict[str, Callable[[str], object]] = {
            "add": self._add,
            "context": lambda session: self._read(session, CONTEXT),
            "history": lambda session: self._read(session, WHOLE),
            "evict": lambda _: self._stack.evict_idle(idle_seconds=0),
            "compact": lambda session: self._stack.wiring.tiering.merge_pieces(self._key(session)),
            "flush": lambda session: self._stack.session(session).flush_to_disk(),
            "forget": lambda _: self._forget(),
        }

    def run(self) -> None:
        """Step after step; what is no error of lixcore's ends it and is written down."""
        kinds, weights = list(self._task.mix), list(self._task.mix.values())
        try:
            while not self._stopping.is_set() and self._left != 0:
                kind = self._chance.choices(kinds, weights)[0]
                session = self._chance.choice(self._task.sessions)
                try:
                    self._steps[kind](session)
                except LixError as error:
                    self._note(RAISED, f"{kind}: {type(error).__name__}")
        except Exception:  # noqa: BLE001  # written down, and judged as wrong
            self._note(WRONG, f"{self._name} ended with {traceback.format_exc()}")

    def _key(self, session: str) -> lixcore.SessionKey:
        return lixcore.SessionKey(session, self._stack.config.tenant)

    def _add(self, session: str) -> None:
        identity = f"{self._name}.{self._number}"
        self._number += 1
        if self._left is not None:
            self._left -= 1
        if self._task.pace:
            self._stopping.wait(self._task.pace)
        text = text_of(session, identity, self._task.padding)
        self._note(SENDING, session, self._name, identity)
        try:
            self._stack.session(session).add_message_to_context("user", text)
        except NotArchivedError as error:
            self._note(STORED, session, self._name, identity, f"add: {type(error).__name__}")
        except LixError as error:
            outcome = UNKNOWN if getattr(error, "outcome_unknown", False) else REFUSED
            self._note(outcome, session, self._name, identity, f"add: {type(error).__name__}")
        else:
            self._note(ACKNOWLEDGED, session, self._name, identity)

    def _read(self, session: str, of: str) -> None:
        memory = self._stack.session(session)
        messages = memory.get_context_messages() if of == CONTEXT else memory.get_full_history()
        identities = [identity_of(session, message["content"], self._task.padding) for message in messages]
        self._note(READ, session, self._name, of, identities)

    def _forget(self) -> None:
        """A new session that only this writer uses: all of it must be there, and nothing once it is forgotten."""
        memory = self._stack.session(f"forgotten by {self._name} {self._chance.getrandbits(64):x}")
        count = self._chance.randrange(1, 12)
        for number in range(count):
            memory.add_message_to_context("user", f"forget {number}")
        told = [message["content"] for message in memory.get_full_history()]
        if told != [f"forget {number}" for number in range(count)]:
            self._note(WRONG, f"{self._name} added {count} messages to a session of its own and read {told}")
        memory.forget()
        if left := memory.get_full_history():
            self._note(WRONG, f"{self._name} forgot a session of which {len(left)} messages are left")
