"""Spilling in the background: back-pressure, an archive that fails, recovers, hangs or is a stranger's, threads and bounds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from lixcore.domain.message import Message
from lixcore.domain.position import Entry
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError
from lixcore.services.tiers import spiller as module
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

SESSION, OTHER = SessionKey("one"), SessionKey("other")
WINDOW, BATCH = 3, 4
LIMIT = WINDOW + BATCH
PATIENCE = 20.0


class MoodyArchive(MemoryArchive):
    """Fails, or waits at a gate, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.error_of: dict[SessionKey, Exception] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)
        self.appends = 0

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        self.appends += 1
        self.arrived.release()
        assert self.gate.wait(PATIENCE)
        error = self.error_of.get(session, self.error)
        if error is not None:
            raise error
        super().append(session, entries)


Make = Callable[..., SessionLayer]


@pytest.fixture
def archive() -> MoodyArchive:
    return MoodyArchive()


@pytest.fixture
def make(archive: MoodyArchive) -> Iterator[Make]:
    made: list[SessionLayer] = []
    clock = SettableClock()
    hot = MemoryHotStore(clock)

    def make_one(*, background: bool = True) -> SessionLayer:
        made.append(SessionLayer(hot, archive, clock, window=WINDOW, batch=BATCH, background=background))
        return made[-1]

    yield make_one
    archive.error = None
    archive.error_of.clear()
    archive.gate.set()
    for layer in made:
        layer.spiller.close()
    assert not spiller_threads()


def spiller_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lixcore-spiller"]


def say(layer: SessionLayer, *texts: str, session: SessionKey = SESSION) -> None:
    for text in texts:
        layer.window.add(session, Message("user", text, 1.0))


def numbered(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def history(layer: SessionLayer, session: SessionKey = SESSION) -> list[str]:
    return [decode_message(entry).content for entry in layer.window.history(session)]


def context(layer: SessionLayer) -> list[str]:
    return [message.content for message in layer.window.context(SESSION)]


def held(layer: SessionLayer, session: SessionKey = SESSION) -> int:
    info = layer.hot.describe(session)
    return info.held if info else 0


FULL = StoreFullError("the disk", "no space left")
STRANGE = ZeroDivisionError("a stranger's adapter")


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("error", [FULL, STRANGE], ids=["full", "strange"])
def test_an_add_is_refused_before_anything_is_stored_once_the_session_is_at_its_limit(
    make: Make,
    archive: MoodyArchive,
    error: Exception,
    background: bool,  # noqa: FBT001  # a parameter
) -> None:
    layer = make(background=background)
    archive.error = error
    accepted = []
    for text in numbered(LIMIT + 5):
        try:
            say(layer, text)
        except type(error) as raised:
            assert raised is error  # noqa: PT017  # the archive's own, at those adds that are refused
        else:
            accepted.append(text)
    assert accepted == numbered(LIMIT), "neither sooner nor later"
    assert (history(layer), held(layer)) == (accepted, LIMIT)
    assert context(layer) == accepted[-WINDOW:]
    assert layer.spiller.failures > 0
    archive.error = None
    say(layer, "after")
    assert history(layer) == [*accepted, "after"]
    assert held(layer) == WINDOW + 1
    assert context(layer) == [*accepted, "after"][-WINDOW:]
    say(layer, *(f"more {number}" for number in range(30)))
    assert held(layer) <= LIMIT


def test_one_session_that_cannot_be_spilled_refuses_no_other(make: Make, archive: MoodyArchive) -> None:
    layer = make()
    archive.error_of[SESSION] = STRANGE
    say(layer, *numbered(LIMIT))
    with pytest.raises(ZeroDivisionError):
        say(layer, "too many")
    say(layer, *numbered(50), session=OTHER)
    assert history(layer, OTHER) == numbered(50)
    assert held(layer, OTHER) <= LIMIT


def test_another_process_that_makes_room_ends_the_refusal(make: Make, archive: MoodyArchive) -> None:
    layer, other = make(), make(background=False)
    archive.error = FULL
    say(layer, *numbered(LIMIT))
    archive.error = None
    assert other.tiering.evict(SESSION)
    archive.error = FULL
    say(layer, "again")
    assert context(layer) == [*numbered(LIMIT), "again"][-WINDOW:]


def test_a_failure_is_told_once_and_again_after_it_was_over(
    make: Make, archive: MoodyArchive, caplog: pytest.LogCaptureFixture
) -> None:
    layer = make(background=False)
    with caplog.at_level(logging.WARNING, logger="lixcore.tiering"):
        archive.error = FULL
        say(layer, *numbered(LIMIT))
        for _ in range(3):
            with pytest.raises(StoreFullError):
                say(layer, "refused")
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "no space left" in caplog.text
        archive.error = None
        say(layer, "a")
        archive.error = FULL
        say(layer, *numbered(BATCH - 1))
    assert len(caplog.records) == 2


def test_nobody_waits_for_the_disk_before_the_leeway_is_used_up(make: Make, archive: MoodyArchive) -> None:
    layer = make()
    archive.gate.clear()
    say(layer, *numbered(LIMIT - 1))
    assert archive.arrived.acquire(timeout=PATIENCE), "it is asked when four fifths of the batch wait"
    assert layer.spiller.waits == 0
    assert held(layer) == LIMIT - 1
    with ThreadPoolExecutor(1) as threads:
        adding = threads.submit(say, layer, "at the limit")
        while layer.spiller.waits == 0:
            assert not adding.done()
        assert history(layer)[-1] == "at the limit", "it is stored, and its caller waits"
        assert not adding.done()
        archive.gate.set()
        adding.result(PATIENCE)
    assert held(layer) < LIMIT
    assert history(layer) == [*numbered(LIMIT - 1), "at the limit"]


def test_closing_while_spills_are_queued_finishes_them(make: Make, archive: MoodyArchive) -> None:
    layer = make()
    archive.gate.clear()
    sessions = [SessionKey(f"s{number}") for number in range(6)]
    for session in sessions:
        say(layer, *numbered(WINDOW + BATCH - 1), session=session)
    with ThreadPoolExecutor(2) as threads:
        closing = [threads.submit(layer.spiller.close) for _ in range(2)]
        assert archive.arrived.acquire(timeout=PATIENCE)
        archive.gate.set()
        for one in closing:
            one.result(PATIENCE)
    assert [held(layer, session) for session in sessions] == [WINDOW] * 6
    assert not spiller_threads()


def test_what_is_added_after_closing_is_spilled_by_its_caller(make: Make) -> None:
    layer = make()
    layer.spiller.close()
    layer.spiller.close()
    say(layer, *numbered(30))
    assert not spiller_threads()
    assert held(layer) < LIMIT
    assert history(layer) == numbered(30)


def test_without_a_thread_to_be_had_the_caller_spills_and_nothing_stored_is_called_failed(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = make()

    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    say(layer, *numbered(30))
    assert held(layer) < LIMIT
    assert history(layer) == numbered(30)


def test_a_strange_error_does_not_end_the_thread(make: Make, archive: MoodyArchive) -> None:
    layer = make()
    archive.error = STRANGE
    say(layer, *numbered(LIMIT))
    (thread,) = spiller_threads()
    archive.error = None
    say(layer, *numbered(30))
    assert spiller_threads() == [thread]


def test_what_is_remembered_of_failing_sessions_is_bounded(
    make: Make, archive: MoodyArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 5)
    layer = make(background=False)
    archive.error = FULL
    for number in range(23):
        session = SessionKey(f"s{number}")
        say(layer, *numbered(LIMIT), session=session)
        with pytest.raises(StoreFullError):
            say(layer, "refused", session=session)
    assert len(layer.spiller._failing) <= 5
    assert len(layer.spiller._blocked) <= 5


def test_threads_share_a_session_and_its_bound(make: Make) -> None:
    layer = make()
    writers = 6
    most = 0

    def write(name: int) -> None:
        nonlocal most
        for number in range(60):
            say(layer, f"{name}.{number:02}")
            most = max(most, held(layer))

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))
    assert most <= LIMIT + writers
    said = history(layer)
    assert sorted(said) == sorted(f"{name}.{number:02}" for name in range(writers) for number in range(60))
    assert context(layer) == said[-WINDOW:]


def test_a_spill_counts_for_itself_what_is_beyond_the_window(make: Make) -> None:
    """Two spills that were asked for the same overflow leave the window whole."""
    layer, other = make(background=False), make(background=False)
    say(layer, *numbered(LIMIT - 1))
    assert layer.tiering.spill(SESSION) == BATCH - 1
    assert other.tiering.spill(SESSION) == 0
    assert held(layer) == WINDOW
    assert layer.tiering.spill(SessionKey("unknown")) == 0
