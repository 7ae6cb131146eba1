"""What a worker writes down line by line, and what can be concluded from it, also when its last line is that of a killed process.

Each line is one JSON array. ``sending`` stands before a call, its outcome after it: a message without an outcome is unknown.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from history_checker import Outcome, Reading, Sent

SENDING, READ, RAISED, HARMED, WRONG, ENDED = "sending", "read", "raised", "harmed", "wrong", "ended"
ACKNOWLEDGED, STORED, REFUSED, UNKNOWN = "acknowledged", "stored", "refused", "unknown"
WHOLE, CONTEXT, ARCHIVE = "history", "context", "archive"

OUTCOMES = {
    ACKNOWLEDGED: Outcome.ACKNOWLEDGED,
    STORED: Outcome.ACKNOWLEDGED,  # an error said that it is in the hot store, though not in the archive
    REFUSED: Outcome.REFUSED,
    UNKNOWN: Outcome.UNKNOWN,
}


def text_of(session: str, identity: str, padding: int) -> str:
    """The whole text of a message: its identity, then up to ``padding`` characters that no other message has."""
    seed = f"{session}\0{identity}".encode()
    length = zlib.crc32(seed) % (padding + 1)
    return f"{identity} {hashlib.shake_128(seed).hexdigest(length // 2 + 4)}"  # it does not compress to nothing


def identity_of(session: str, text: str, padding: int) -> str:
    """Which message a text is; for one that differs from what was sent in any character, what it begins with, quoted."""
    identity = text.partition(" ")[0]
    return identity if text == text_of(session, identity, padding) else f"not what was sent: {text[:60]!r}"


class Recorder:
    """Writes the lines of one process, whole and at once; any thread may use it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self._held: list[tuple[object, ...]] | None = None

    def hold(self) -> None:
        """Keep the lines until `release`: for bursts, which writing would slow down. Nobody may be killed meanwhile."""
        self._held = []

    def release(self) -> None:
        """Write what was kept."""
        held, self._held = self._held or (), None
        for fact in held:
            self.note(*fact)

    def note(self, *fact: object) -> None:
        """Write a line; it is with the reader, or in the kernel, when this returns."""
        if self._held is not None:
            self._held.append(fact)
            return
        line = memoryview(json.dumps(fact).encode() + b"\n")
        with self._lock:
            while line:
                line = line[os.write(self._handle, line) :]


@attrs.define
class SessionRecord:
    """What is known of one session."""

    sent: list[Sent] = attrs.Factory(list)
    readings: list[Reading] = attrs.Factory(list)


@attrs.define
class Account:
    """What the workers of a run wrote down, put together.

    Attributes:
        sessions: By id.
        raised: How often an operation raised, by the name of the error.
        wrong: What workers themselves saw going wrong, in words; should be empty.
    """

    sessions: dict[str, SessionRecord] = attrs.Factory(dict)
    raised: dict[str, int] = attrs.Factory(dict)
    wrong: list[str] = attrs.Factory(list)

    @classmethod
    def of(cls, workers: Iterable[Sequence[Sequence[Any]]]) -> Account:
        """Put together the lines of all workers, those of one writer in the order in which its processes lived."""
        account = cls()
        for lines in workers:
            account._add(lines)
        return account

    def session(self, name: str) -> SessionRecord:
        """What is known of a session."""
        return self.sessions.setdefault(name, SessionRecord())

    def ask_less_of_readings(self) -> None:
        """Of what was read meanwhile, judge only order, copies and strangers: it was known that some would not be shown."""
        for record in self.sessions.values():
            record.readings = [Reading(one.texts, one.of) for one in record.readings]

    def excuse_no_reading(self) -> None:
        """Judge what was read meanwhile as if nothing were excused: what cannot be shown had to be told."""
        for record in self.sessions.values():
            record.readings = [attrs.evolve(one, allows_excused=False) for one in record.readings]

    def _add(self, lines: Sequence[Sequence[Any]]) -> None:
        outcomes: dict[tuple[str, str], Outcome] = {}
        knew: dict[tuple[str, str], list[str]] = {}  # by session and writer
        for kind, *fact in lines:
            if kind in OUTCOMES:
                session, writer, identity, *error = fact
                outcomes[session, identity] = OUTCOMES[kind]
                if OUTCOMES[kind] is Outcome.ACKNOWLEDGED:
                    knew.setdefault((session, writer), []).append(identity)
                self._raised(error)
            elif kind == READ:
                session, writer, of, identities = fact
                before = tuple(knew.get((session, writer), ()))
                words = f"a {of} that {writer} read"
                self.session(session).readings.append(
                    Reading(identities, words, is_whole=of == WHOLE, is_context=of == CONTEXT, knew=before)
                )
            elif kind == RAISED:
                self._raised(fact)
            elif kind == WRONG:
                self.wrong += fact
        for kind, *fact in lines:
            if kind == SENDING:
                session, writer, identity = fact
                outcome = outcomes.get((session, identity), Outcome.UNKNOWN)
                self.session(session).sent.append(Sent(writer, identity, outcome))

    def _raised(self, errors: Sequence[str]) -> None:
        for error in errors:
            self.raised[error] = self.raised.get(error, 0) + 1


def next_numbers(lines: Sequence[Sequence[Any]]) -> Mapping[str, int]:
    """For each writer of a process, the number with which its next process goes on."""
    numbers: dict[str, int] = {}
    for kind, *fact in lines:
        if kind == SENDING:
            numbers[fact[1]] = int(fact[2].rpartition(".")[2]) + 1
    return numbers
