"""A verification that others write beside, and a repair that is killed: no false finding, nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore.ports.hot_store import HotInfo
from lixcore.services.checks.verification import Verification
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer
from two_tiers import OTHER, PLACES, SESSION, entry, findings, make_hot, texts


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class LivelyHotStore(MemoryHotStore):
    """Something happens before every look at it."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def describe(self, session: SessionKey) -> HotInfo | None:
        self.meanwhile()
        return super().describe(session)

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        self.meanwhile()
        return super().oldest(session, limit=limit)


class LivelyArchive(MemoryArchive):
    """Something happens before it is read."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        self.meanwhile()
        return super().read(session, last=last, after=after, before=before)


@given(seed=st.integers(0, 10_000))
def test_what_others_do_between_two_looks_is_no_finding(seed: int) -> None:
    """Adds, spills, evictions, restores and clears by another process, before every single call of the verification."""
    random, clock = Random(seed), SettableClock()
    hot, archive = LivelyHotStore(clock), LivelyArchive()
    layer, working, added = SessionLayer(hot, archive, clock, window=3, batch=2), False, 0

    def meanwhile() -> None:
        nonlocal working, added
        if working:
            return
        working = True
        for _ in range(random.randrange(8)):
            clock.advance(random.choice([0.0, 0.001, 1.0]))
            step = random.randrange(12)
            if step == 0:
                layer.tiering.evict(SESSION)
            elif step == 1:
                layer.window.context(SESSION)
            elif step == 2:
                layer.window.clear(SESSION)
            elif step == 3:
                layer.window.flush(SESSION)
            else:
                added += 1
                layer.window.add(SESSION, Message("user", str(added), clock.now()))
        working = False

    meanwhile()
    hot.meanwhile = archive.meanwhile = meanwhile
    verification = Verification(archive, hot, places=PLACES)
    for _ in range(5):
        assert findings(verification.run()) == []
    working = True  # all is quiet now
    assert texts(layer.window.history(SESSION)) == [str(number + 1) for number in range(added)]


def test_a_session_that_never_rests_is_an_error_of_the_repair() -> None:
    class Restless(MemoryHotStore):
        def evict(self, session: SessionKey, *, through: Position) -> bool:
            self.append(session, 1.5, entry(1).payload)
            return super().evict(session, through=through)

    archive, hot = MemoryArchive(), Restless(SettableClock())
    archive.append(SESSION, [entry(2, "archived")])
    make_hot(hot, [entry(2, "hot")])
    with pytest.raises(StoreUnavailableError, match="while a session was being repaired"):
        list(Verification(archive, hot, places=PLACES).run(repair=True))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(4))
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_repair_that_is_killed_before_or_after_any_write_and_begun_again_keeps_every_message_once(
    monkeypatch: pytest.MonkeyPatch, *, call: int, after: bool, meanwhile: bool
) -> None:
    """Two sessions with a conflict and missing messages each; somebody may add between the two repairs."""
    archive, hot = MemoryArchive(), MemoryHotStore(SettableClock())
    for key in (SESSION, OTHER):
        archive.append(key, [entry(1), entry(2 << 20, "archived"), entry(4 << 20, "written while away")])
        make_hot(hot, [entry(1), entry(2 << 20, "hot"), entry(3 << 20, "newer")], key)
    count = 0
    with monkeypatch.context() as patches:
        for store, name in ((archive, "append"), (hot, "evict")):
            done = getattr(store, name)

            def deadly(*arguments: object, done: object = done, **options: object) -> object:
                nonlocal count
                assert callable(done)
                count += 1
                if count == call + 1 and not after:
                    raise Killed
                result = done(*arguments, **options)
                if count == call + 1:
                    raise Killed
                return result

            patches.setattr(store, name, deadly)
        with pytest.raises(Killed):
            list(Verification(archive, hot, places=PLACES).run(repair=True))
    expected = ["message 1", "archived", "hot", "newer", "written while away"]
    if meanwhile:
        layer = SessionLayer(hot, archive, SettableClock())
        for key in (SESSION, OTHER):
            layer.window.add(key, Message("user", "meanwhile", 1.5))
        expected.append("meanwhile")
    list(Verification(archive, hot, places=PLACES).run(repair=True))
    assert findings(Verification(archive, hot, places=PLACES).run()) == []
    for key in (SESSION, OTHER):
        layer = SessionLayer(hot, archive, SettableClock(), window=9)
        assert texts(layer.window.history(key)) == expected
        assert [each.content for each in layer.window.context(key)] == expected
