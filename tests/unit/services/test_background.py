"""Work on a thread of its own: when it begins, waits, fails, forks and ends."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator

import pytest

from forked import run_in_fork
from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork
from lixcore.services import background as module
from lixcore.services.background import BackgroundWork

NAME = "lixcore-test"
PATIENCE = 20.0


class Work:
    """Notes its steps, and answers as the test says: seconds, None, or an error."""

    def __init__(self) -> None:
        self.steps: queue.Queue[threading.Thread] = queue.Queue()
        self.answers: queue.Queue[float | Exception | None] = queue.Queue()

    def __call__(self) -> float | None:
        self.steps.put(threading.current_thread())
        answer = self.answers.get(timeout=PATIENCE)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stepped(self) -> threading.Thread:
        """Wait until a step has begun."""
        return self.steps.get(timeout=PATIENCE)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def background(work: Work) -> Iterator[BackgroundWork]:
    made = BackgroundWork(NAME, work)
    yield made
    work.answers.put(None)
    made.close()
    assert threads() == []


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def test_there_is_no_thread_before_it_is_needed_and_one_however_often_it_is(work: Work, background: BackgroundWork) -> None:
    assert threads() == []
    for _ in range(3):
        assert background.start()
        assert background.wake()
    assert len(threads()) == 1
    assert work.stepped().daemon


def test_it_goes_on_at_once_while_there_is_more_and_rests_until_it_is_woken(work: Work, background: BackgroundWork) -> None:
    for answer in (0.0, 0.0, None, 3600.0, None):
        work.answers.put(answer)
    background.start()
    for _ in range(3):
        work.stepped()
    for _ in range(2):
        assert work.steps.empty()
        background.wake()
        work.stepped()
    assert work.answers.empty()


def test_a_wait_ends_by_itself(work: Work, background: BackgroundWork) -> None:
    work.answers.put(0.001)
    background.start()
    work.stepped()
    work.stepped()


def test_a_wake_during_a_step_is_not_lost(work: Work, background: BackgroundWork) -> None:
    background.start()
    work.stepped()
    background.wake()
    work.answers.put(None)
    work.stepped()


def test_a_new_thread_waits_before_its_first_step(work: Work) -> None:
    background = BackgroundWork(NAME, work, first_after=lambda: 3600.0)
    background.start()
    background.close()
    assert work.steps.empty()


def test_however_long_it_is_to_wait(work: Work) -> None:
    background = BackgroundWork(NAME, work, first_after=lambda: float("inf"))
    background.start()
    background.wake()
    work.stepped()
    work.answers.put(1e300)
    background.close()


def test_an_error_is_told_once_with_its_trace_and_the_thread_goes_on(
    work: Work, background: BackgroundWork, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AFTER_FAILURE", 0.0)
    with caplog.at_level(logging.INFO, logger="lixcore.background"):
        for answer in (ZeroDivisionError(), ZeroDivisionError(), 0.0, ZeroDivisionError()):
            work.answers.put(answer)
        background.start()
        for _ in range(5):
            work.stepped()
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"], "once, and again after it had worked"
    assert all(record.exc_info for record in caplog.records)


def test_closing_finishes_the_step_in_hand_and_does_no_other(work: Work, background: BackgroundWork) -> None:
    background.start()
    work.stepped()
    closing = threading.Thread(target=background.close)
    closing.start()
    assert len(threads()) == 1
    work.answers.put(0.0)
    closing.join(PATIENCE)
    assert threads() == []
    assert work.steps.empty()
    background.close()
    assert (background.start(), background.wake()) == (False, False)
    assert threads() == []


def test_work_may_close_itself() -> None:
    closed = threading.Event()

    def work() -> None:
        itself.close()
        closed.set()

    itself = BackgroundWork(NAME, work)
    itself.start()
    assert closed.wait(PATIENCE)
    itself.close()


def test_without_a_thread_to_be_had_it_says_so(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    background = BackgroundWork(NAME, work)

    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        assert (background.start(), background.wake()) == (False, False)
    assert background.wake(), "it is tried again"
    work.answers.put(None)
    background.close()


def test_a_child_has_no_thread_until_it_needs_one_and_begins_afresh(work: Work) -> None:
    afresh = threading.Event()
    background = BackgroundWork(NAME, work, afresh=afresh.set)
    work.answers.put(None)
    background.start()
    work.stepped()

    def in_child() -> None:
        assert afresh.is_set()
        assert threads() == []
        work.answers = queue.Queue()
        work.answers.put(None)
        work.steps = queue.Queue()
        background.start()
        work.stepped()
        background.close()
        assert threads() == []

    assert run_in_fork(in_child) == 0
    assert not afresh.is_set()
    assert len(threads()) == 1
    background.close()


def test_a_fork_waits_for_the_step_in_hand() -> None:
    """The step holds a lock, as one within a store: the child finds it free."""
    lock, began, go_on = threading.Lock(), threading.Event(), threading.Event()

    def work() -> None:
        with lock:
            began.set()
            assert go_on.wait(PATIENCE)

    background = BackgroundWork(NAME, work)
    background.start()
    assert began.wait(PATIENCE)
    forked: list[int] = []
    forking = threading.Thread(target=lambda: forked.append(run_in_fork(lambda: lock.acquire(timeout=PATIENCE / 4) or 1 / 0)))
    forking.start()
    while background_not_asked_to_stop():
        assert forking.is_alive()
    go_on.set()
    forking.join(PATIENCE)
    assert forked == [0]
    background.close()


def test_a_fork_stops_work_before_a_store_gets_ready_for_it() -> None:
    """The store was imported after this module, and lets nobody in while the process is forked, as the one on SQLite does."""
    store, at_work, order = threading.Lock(), threading.Event(), list[str]()

    def get_ready() -> None:
        if forks:
            order.append("store locked")
            store.acquire()

    def go_on() -> None:
        if forks and store.locked():
            store.release()

    forks: list[bool] = []
    register_at_fork(ForkHooks(ForkStage.STORES, before=get_ready, after_in_parent=go_on, after_in_child=go_on))

    def work() -> float:
        at_work.set()
        if not store.acquire(timeout=PATIENCE / 4):
            order.append("the fork waits for this step, and the step for the fork")
            return 3600.0
        store.release()
        return 0.0

    background = BackgroundWork(NAME, work)
    try:
        background.start()
        forks.append(True)
        for _ in range(20):
            at_work.clear()
            assert at_work.wait(PATIENCE), order
            assert run_in_fork(threads) == 0
    finally:
        forks.clear()
        background.close()
    assert order == ["store locked"] * 20


def background_not_asked_to_stop() -> bool:
    """Whether no thread is about to fork yet."""
    return not module._forking.locked()


def test_work_may_fork() -> None:
    forked: queue.Queue[int] = queue.Queue()
    background = BackgroundWork(NAME, lambda: forked.put(run_in_fork(threads)))
    background.start()
    assert forked.get(timeout=PATIENCE) == 0
    background.close()


def test_threads_that_fork_at_once_wait_for_each_other(work: Work, background: BackgroundWork) -> None:
    background.start()
    work.stepped()
    work.answers.put(None)
    ends: list[int] = []
    forking = [threading.Thread(target=lambda: ends.append(run_in_fork(threads))) for _ in range(8)]
    for thread in forking:
        thread.start()
    for thread in forking:
        thread.join(PATIENCE)
    assert ends == [0] * 8
    assert background.wake()
