"""A cold archive against a model of dicts, by Hypothesis' state machine."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import PositionConflictError
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive, Compacts
from lixcore.testing.cold_archive.archives import OpenArchive
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.hostile import KEYS, PAYLOADS, TIMESTAMPS
from lixcore.testing.ground.profiles import run_machine

ROWS = st.lists(st.tuples(st.integers(1, 15), TIMESTAMPS, PAYLOADS), max_size=6, unique_by=lambda row: row[0])
BOUNDS = st.none() | st.integers(0, 16)


@dataclass
class _Model:
    """One session's entries by position, and its marks."""

    held: dict[int, Entry] = field(default_factory=dict)
    context_after: int = 0
    forgotten_through: int = 0

    def append(self, entries: list[Entry]) -> bool:
        """Take what is new; False, and nothing is taken, when something else is held at one of the positions."""
        new: dict[int, Entry] = {one.position: one for one in entries if one.position > self.forgotten_through}
        if any(facts([self.held[position]]) != facts([new[position]]) for position in new.keys() & self.held.keys()):
            return False
        self.held.update(new)
        return True

    def between(self, last: int | None, after: int | None, before: int | None) -> list[Entry]:
        low, high = (-1 if after is None else after), (2**63 if before is None else before)
        found = [self.held[position] for position in sorted(self.held) if low < position < high]
        return found if last is None else found[len(found) - min(last, len(found)) :]


def _entries(rows: list[tuple[int, float, bytes]]) -> list[Entry]:
    return [entry(position, payload, timestamp) for position, timestamp, payload in sorted(rows, key=lambda row: row[0])]


def check_against_model(open_archive: OpenArchive, *, persistent: bool, histories: int = 60) -> None:  # noqa: C901  # a machine closes over its archive
    """Run random histories of calls; every answer is the model's. Each history has a tenant prefix of its own."""
    numbers = iter(range(1_000_000))

    class Machine(RuleBasedStateMachine):
        keys = Bundle("keys")

        def __init__(self) -> None:
            super().__init__()
            self.prefix = f"{next(numbers)}:"
            self.models: dict[SessionKey, _Model] = {}
            self.archives = [open_archive() for _ in range(2 if persistent else 1)]

        @property
        def archive(self) -> ColdArchive:
            return self.archives[0]

        @rule(target=keys, key=KEYS)
        def name(self, key: SessionKey) -> SessionKey:
            own = SessionKey(key.id, tenant=self.prefix + key.tenant)
            self.models.setdefault(own, _Model())
            return own

        @rule(key=keys, rows=ROWS, bulk=st.booleans())
        def append(self, key: SessionKey, rows: list[tuple[int, float, bytes]], bulk: bool) -> None:  # noqa: FBT001  # drawn
            entries = _entries(rows)
            self._append(key, entries, bulk)

        @rule(key=keys, rows=ROWS, bulk=st.booleans())
        def append_once_more(self, key: SessionKey, rows: list[tuple[int, float, bytes]], bulk: bool) -> None:  # noqa: FBT001
            held = self.models[key].held
            new = {one.position: one for one in _entries(rows)}
            self._append(key, [held.get(position, new[position]) for position in sorted(new)], bulk)

        def _append(self, key: SessionKey, entries: list[Entry], bulk: bool) -> None:  # noqa: FBT001
            taken = self.models[key].append(entries)
            with nullcontext() if taken else pytest.raises(PositionConflictError):
                if bulk and isinstance(self.archive, AppendsInBulk):
                    self.archive.append_many([(key, entries[:3]), (key, entries[3:])])
                else:
                    self.archive.append(key, entries)

        @rule(key=keys, payloads=st.lists(PAYLOADS, min_size=1, max_size=5))
        def append_above(self, key: SessionKey, payloads: list[bytes]) -> None:
            model = self.models[key]
            start = max([*model.held, model.forgotten_through]) + 1
            entries = [entry(start + n, payload) for n, payload in enumerate(payloads)]
            self.archive.append(key, entries)
            model.append(entries)

        @rule(key=keys, last=st.none() | st.integers(0, 12), after=BOUNDS, before=BOUNDS)
        def read(self, key: SessionKey, last: int | None, after: int | None, before: int | None) -> None:
            low = None if after is None else Position(after)
            high = None if before is None else Position(before)
            found = self.archive.read(key, last=last, after=low, before=high)
            assert facts(found) == facts(self.models[key].between(last, after, before))

        @rule(key=keys, after=st.integers(1, 18))
        def start_context(self, key: SessionKey, after: int) -> None:
            self.archive.start_context(key, after=Position(after))
            self.models[key].context_after = max(self.models[key].context_after, after)

        @rule(key=keys, through=st.integers(1, 8))
        def forget(self, key: SessionKey, through: int) -> None:
            model = self.models[key]
            gone = [position for position in model.held if position <= through]
            assert self.archive.forget(key, through=Position(through)) == len(gone)
            for position in gone:
                del model.held[position]
            model.forgotten_through = max(model.forgotten_through, through)

        @rule(key=keys)
        def compact(self, key: SessionKey) -> None:
            if isinstance(self.archive, Compacts):
                self.archive.compact(key)

        @precondition(lambda _: persistent)
        @rule()
        def reopen(self) -> None:
            self.archives.pop(0).close()
            self.archives.append(open_archive())

        @precondition(lambda _: persistent)
        @rule()
        def use_the_other_handle(self) -> None:
            self.archives.reverse()

        @invariant()
        def each_is_described_truly(self) -> None:
            for key, model in self.models.items():
                info = self.archive.describe(key)
                if not model.held and not model.context_after and not model.forgotten_through:
                    assert info is None
                    continue
                assert info is not None
                assert (info.session, info.messages) == (key, len(model.held))
                assert (info.first_position, info.last_position) == (min(model.held, default=0), max(model.held, default=0))
                times = [one.timestamp for one in model.held.values()]
                assert (info.first_timestamp, info.last_timestamp) == (min(times, default=0.0), max(times, default=0.0))
                assert info.forgotten_through == model.forgotten_through
                # A mark that lies in what was forgotten says nothing any more, and may be gone.
                assert max(info.context_after, info.forgotten_through) == max(model.context_after, model.forgotten_through)
                assert info.raw_bytes >= sum(len(one.payload) for one in model.held.values())

        def teardown(self) -> None:
            listed = [info for info in self.archive.sessions() if info.session.tenant.startswith(self.prefix)]
            assert {info.session for info in listed} == {key for key, model in self.models.items() if model.held}
            assert all(info == self.archive.describe(info.session) for info in listed)
            for archive in self.archives:
                archive.close()

    run_machine(Machine, histories=histories)
