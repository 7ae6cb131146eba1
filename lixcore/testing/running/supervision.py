"""The process that tries a contract, watched from outside: its events, its crashes, its silence."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import attrs

from lixcore.testing.running.request import FILE, Request

_START: Final = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
_ARGUMENTS: Final = (
    "-p",
    "lixcore.testing.running.plugin",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:terminalreporter",
    "--noconftest",
    "--import-mode=importlib",
    "--capture=fd",
    "-c",
    os.devnull,
)
"""Nothing of the user's own project has a say, and nothing is written into it."""

_COLLECTED: Final = "from lixcore.testing.running.plugin import TestContract\n"
_FATAL: Final = re.compile(r"^Fatal Python error(?:(?!  File .*(?:lixcore/testing/ground|_pytest)/).+\n|\n)*", re.MULTILINE)
"""What Python writes when it crashes: the calls that it was in, from the last one down to those of the suite and of pytest."""
_START_SECONDS: Final = 120.0
_TICK_SECONDS: Final = 0.25
_LAST_WORDS: Final = 4000


@attrs.frozen
class Ending:
    """How the process ended.

    Attributes:
        silent: Whether it was ended from outside, because it told nothing for too long.
        code: Its exit code; below zero, the signal that ended it.
        words: The end of what it wrote.
    """

    silent: bool
    code: int
    words: str

    @property
    def reason(self) -> str:
        """What to say of it."""
        if self.code < 0:
            return f"the process was ended by {signal.Signals(-self.code).name}"
        return f"the process ended itself with the exit code {self.code}"


class WatchedProcess:
    """One process that tries a contract.

    Args:
        home: The directory of the run; everything that the process makes itself is in there.
        request: What it is to do; its ``events`` are set here.
        environment: Variables to set.
        silence: After how many seconds without an event it is ended, once it told the first one.
    """

    def __init__(self, home: Path, request: Request, environment: Mapping[str, str], silence: float) -> None:
        self._home = home
        self._silence = silence
        self._reading, writing = os.pipe()
        file = home / "request.json"
        attrs.evolve(request, events=writing).write(file)
        collected = home / "test_contract.py"
        collected.write_text(_COLLECTED, encoding="ascii")
        self._log = home / "output"
        places = home / "places"
        arguments = [*_ARGUMENTS, f"--rootdir={home}", f"--basetemp={places}", str(collected)]
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603  # our own program
                    [sys.executable, "-c", _START, json.dumps(sys.path), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**_environment(), **environment, FILE: str(file)},
                    pass_fds=[writing],
                    start_new_session=True,  # an interrupt from the keyboard is ours to pass on, when we are ready
                )
        except BaseException:
            os.close(self._reading)
            raise
        finally:
            os.close(writing)

    def events(self) -> Iterator[dict[str, Any]]:
        """What it tells, until it ends or is silent for too long."""
        rest = b""
        heard = time.monotonic()
        patience = max(self._silence, _START_SECONDS)  # to begin with: a busy machine takes its time to import everything
        while True:
            ready, _, _ = select.select([self._reading], [], [], _TICK_SECONDS)
            if ready:
                got = os.read(self._reading, 1 << 16)
                heard, patience = time.monotonic(), self._silence
                *lines, rest = (rest + got).split(b"\n")
                yield from map(json.loads, lines)
                if not got:
                    return
            elif self._process.poll() is not None or time.monotonic() - heard > patience:
                # What it started may still have the pipe open.
                return

    def interrupt(self, *, patience: float) -> None:
        """Ask it to come to an end, and to be silent for no longer than so many seconds."""
        self._silence = patience
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def ended(self, *, patience: float = 5.0) -> Ending:
        """End it if it does not end by itself within so many seconds, and all that it started; returns how it ended."""
        silent = False
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            silent = True
        finally:
            self.kill()
        return Ending(silent, self._process.returncode, self._words())

    def kill(self) -> None:
        """End it at once, and all that it started."""
        # macOS refuses where all that is left of them waits to be collected.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End it, and give back the pipe."""
        self.kill()
        os.close(self._reading)

    def _words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - _LAST_WORDS, 0))
            text = log.read().decode(errors="replace")
        fatal = _FATAL.search(text)
        return (fatal.group() if fatal else text).strip()


def _environment() -> dict[str, str]:
    """Ours, without what would let the user's own pytest configuration in."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    # Where somebody says where bytecode goes, it is kept: compiling the suite with its assertions takes a second.
    bytecode = {} if "PYTHONPYCACHEPREFIX" in ours else {"PYTHONDONTWRITEBYTECODE": "1"}
    return {**bytecode, **ours, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@contextmanager
def watched(home: Path, request: Request, environment: Mapping[str, str], silence: float) -> Iterator[WatchedProcess]:
    """A process that is gone at the end."""
    process = WatchedProcess(home, request, environment, silence)
    try:
        yield process
    finally:
        process.close()
