"""Real processes at work: started, watched through the pipes of their records, killed at any instant, and started again."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from worker_nursery import MESSAGE_BYTES
from worker_process import Task
from worker_record import ENDED, Account, next_numbers

CHUNK = 1 << 16
PATIENCE = 120.0  # seconds without which nothing that is waited for here is to be expected any more


class Nursery:
    """The process that forks workers; see `worker_nursery`. A context manager."""

    def __init__(self) -> None:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MESSAGE_BYTES)
        program = Path(__file__).with_name("worker_nursery.py")
        # A group of its own: an interrupt from the keyboard is ours alone, and we end them all.
        self._process = subprocess.Popen(  # noqa: S603  # ours
            [sys.executable, str(program)],
            stdin=its.fileno(),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        its.close()
        self._channel = mine

    def start(self, task: dict[str, Any]) -> tuple[int, int]:
        """Fork a worker; its process id, and the end of the pipe where its record can be read."""
        reading, writing = os.pipe()
        try:
            answer = self._ask(["start", task], [writing])
        finally:
            os.close(writing)
        return answer, reading

    def send_signal(self, pid: int, number: int) -> None:
        """Send a worker a signal; nothing happens when it has ended."""
        self._ask(["signal", [pid, number]], [])

    def _ask(self, request: object, handles: list[int]) -> int:
        try:
            socket.send_fds(self._channel, [json.dumps(request).encode()], handles)
            answer = self._channel.recv(64)
        except BaseException:  # an interrupt: nobody knows which answer comes next
            self.close()
            raise
        if not answer:
            raise RuntimeError(f"the nursery has ended with {self._process.wait()}")
        return int(answer)

    @property
    def is_closed(self) -> bool:
        """Whether no worker is left, and none can be started."""
        return self._channel.fileno() < 0

    def close(self) -> None:
        """Kill all workers; none is left when it returns. Idempotent."""
        self._channel.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


@attrs.define(eq=False)
class Worker:
    """One process and what it wrote down so far.

    Attributes:
        task: What it was started with.
        lines: Its record, a JSON array for each line.
        is_alive: False as soon as its end of the pipe is closed, which happens when it ends, however it ends.
    """

    task: Task
    pid: int
    handle: int
    lines: list[list[Any]] = attrs.Factory(list)
    is_alive: bool = True
    _rest: bytes = b""

    @property
    def has_finished(self) -> bool:
        """Whether it ended of itself, its work done."""
        return bool(self.lines) and self.lines[-1][0] == ENDED

    def take(self, data: bytes) -> None:
        """Note what came through the pipe."""
        *whole, self._rest = (self._rest + data).split(b"\n")  # the last line of a killed process may be torn
        self.lines += [json.loads(line) for line in whole]


def _stands_still(pid: int) -> bool:
    """Whether all threads of a process are stopped, or have ended."""
    states = []
    for status in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            states.append(status.read_text().rpartition(")")[2].split()[0])
    return all(state in "TtZX" for state in states)


class Crew:
    """All workers of one run, those that were killed too. A context manager that leaves none alive."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._selector = selectors.DefaultSelector()
        self.workers: list[Worker] = []

    def start(self, *tasks: Task) -> list[Worker]:
        """Start a worker for each task."""
        started = []
        for task in tasks:
            pid, handle = self._nursery.start(attrs.asdict(task, recurse=False))
            worker = Worker(task, pid, handle)
            self._selector.register(handle, selectors.EVENT_READ, worker)
            self.workers.append(worker)
            started.append(worker)
        return started

    def restart(self, worker: Worker) -> Worker:
        """Start a process that goes on where one that was killed had come to."""
        first = {**worker.task.first, **next_numbers(worker.lines)}
        (started,) = self.start(attrs.evolve(worker.task, first=first, seed=worker.task.seed + 1))
        return started

    @property
    def alive(self) -> list[Worker]:
        """Those that run."""
        return [worker for worker in self.workers if worker.is_alive]

    def count(self, *kinds: str) -> int:
        """How many lines of these kinds there are by now."""
        return sum(line[0] in kinds for worker in self.workers for line in worker.lines)

    def pump(self, timeout: float) -> bool:
        """Take what has come through the pipes, waiting for something at most so long; False when nothing came."""
        came = False
        for key, _ in self._selector.select(timeout):
            worker: Worker = key.data
            data = os.read(worker.handle, CHUNK)
            came = True
            if data:
                worker.take(data)
            else:
                self._selector.unregister(worker.handle)
                os.close(worker.handle)
                worker.is_alive = False
        return came

    def drain(self) -> None:
        """Take all that was written before this call."""
        while self.pump(0):
            pass

    def wait_for(self, condition: Callable[[], bool], *, what: str, timeout: float = PATIENCE) -> None:
        """Take records until something is so.

        Raises:
            TimeoutError: It is not so after that time; with what the workers wrote last.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or not self.alive:
                last = [worker.lines[-1:] for worker in self.workers]
                reason = f"within {timeout:g} seconds" if left <= 0 else "before all workers ended"
                raise TimeoutError(f"{what} did not come about {reason}; the last lines are {last}")
            self.pump(left)

    def wait_for_lines(self, count: int, *kinds: str) -> None:
        """Take records until so many more lines of these kinds (any, if none is given) have come, or nobody is left."""
        if kinds:
            goal = self.count(*kinds) + count
            self.wait_for(lambda: self.count(*kinds) >= goal or not self.alive, what=f"{count} more of {kinds}")
            return
        goal = sum(len(worker.lines) for worker in self.workers) + count
        self.wait_for(
            lambda: sum(len(worker.lines) for worker in self.workers) >= goal or not self.alive, what=f"{count} more lines"
        )

    def work_for(self, seconds: float) -> None:
        """Take records for so long, or until all have ended."""
        deadline = time.monotonic() + seconds
        while self.alive and (left := deadline - time.monotonic()) > 0:
            self.pump(left)

    def kill(self, *workers: Worker) -> None:
        """SIGKILL, one right after the other; returns when they are gone and all they wrote is taken."""
        for worker in workers:
            self._nursery.send_signal(worker.pid, signal.SIGKILL)
        for worker in workers:
            self.wait_for(lambda worker=worker: not worker.is_alive, what="the end of a killed worker")  # type: ignore[misc]

    def send_signal(self, number: int, *workers: Worker) -> None:
        """Send a signal to workers."""
        for worker in workers:
            self._nursery.send_signal(worker.pid, number)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """SIGSTOP: nobody moves, in the middle of whatever it does, until the end of the block; all they wrote is taken."""
        stopped = self.alive
        self.send_signal(signal.SIGSTOP, *stopped)
        for worker in stopped:
            while not _stands_still(worker.pid):
                self.pump(0.001)
        self.drain()
        try:
            yield
        finally:
            self.send_signal(signal.SIGCONT, *stopped)

    def finish(self, *, timeout: float = PATIENCE) -> None:
        """Wait until all have done their work, those without an end to it after being told to end."""
        for worker in self.alive:
            if worker.task.adds is None:
                self._nursery.send_signal(worker.pid, signal.SIGTERM)
        if self.alive:
            self.wait_for(lambda: not self.alive, what="the end of all workers", timeout=timeout)

    def account(self, *more: Sequence[Sequence[Any]]) -> Account:
        """What all of them wrote down, put together."""
        return Account.of([*(worker.lines for worker in self.workers), *more])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._nursery.is_closed:
            self.kill(*self.alive)
        for worker in self.alive:
            os.close(worker.handle)
        self._selector.close()
