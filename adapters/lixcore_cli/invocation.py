"""One run of one command: its configuration, its output, and how its errors end it."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from lixcore.errors import CorruptDataError, InvalidLineError, LixError, StoreError
from lixcore_cli.exit_codes import ExitCode, code_of
from lixcore_cli.output import Output

if TYPE_CHECKING:
    from lixcore.config import CacheConfig
    from lixcore.domain.session import SessionKey
    from lixcore.services.histories.catalogue import SessionSummary
    from lixcore.stack import Stack


_OUTPUT_ERRORS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What only writing to standard output raises as it is: stores and files have errors that name them."""


class StopError(Exception):
    """Ends the command with a sentence and an exit code that no error of lixcore stands for."""

    def __init__(self, code: ExitCode, message: str) -> None:
        self.code = code
        super().__init__(message)


class Invocation:
    """What every command is given.

    Attributes:
        out: Where it writes.
    """

    def __init__(self, out: Output, *, config_file: Path | None, settings: Sequence[str]) -> None:
        self.out = out
        self._config_file = config_file
        self._settings = settings

    def config(self) -> CacheConfig:
        """The configuration: defaults, then the file, then the environment, then ``--set``.

        Raises:
            typer.BadParameter: A ``--set`` has no ``=``.
            InvalidConfigError: With everything that is wrong.
        """
        from lixcore.config import CacheConfig

        texts: dict[str, str] = {}
        for given in self._settings:
            name, equals, value = given.partition("=")
            if not equals or not name.strip():
                raise typer.BadParameter(f"{given!r} is not NAME=VALUE", param_hint="'--set'")
            texts[name.strip()] = value
        return CacheConfig.load(self._config_file, texts=texts)

    @contextmanager
    def stack(self) -> Iterator[Stack]:
        """The memory that the configuration names.

        Raises:
            typer.Exit: At the end, when damage was left out of what the command showed.
        """
        from lixcore import Stack

        # A command does what it was asked for and nothing else; `lix janitor` is the one that does the janitor's work.
        # And what it shows or does, it shows or does of both stores: it fails where one of them is away.
        with Stack(self.config().replaced(on_hot_store_failure="raise", on_cache_failure="miss"), janitor=False) as stack:
            yield stack
            if stack.wiring.reader.damage_found:
                raise typer.Exit(ExitCode.PARTLY)


@contextmanager
def invoked(*, as_json: bool, config_file: Path | None = None, settings: Sequence[str] | None = None) -> Iterator[Invocation]:
    """Run a command's body; every error that lixcore raises on purpose becomes a few lines and an exit code.

    Other exceptions are defects and pass, to keep their traceback.
    """
    out = Output(as_json=as_json)
    with _warnings_shown(out):
        try:
            try:
                yield Invocation(out, config_file=config_file, settings=settings or ())
            finally:
                sys.stdout.flush()
        except StopError as stop:
            out.fail(str(stop), facts={"kind": stop.code.name.lower(), "exit_code": int(stop.code)})
            raise typer.Exit(stop.code) from None
        except LixError as error:
            code = code_of(error)
            if code is ExitCode.DEFECT:
                raise
            out.fail(str(error), facts={"kind": type(error).__name__, "exit_code": int(code), **_facts(error)})
            raise typer.Exit(code) from None
        except BrokenPipeError:
            release_stdout()
            raise typer.Exit(ExitCode.PIPE_CLOSED) from None
        except OSError as error:
            if error.errno not in _OUTPUT_ERRORS:
                raise
            release_stdout()
            problem = f"standard output: {error.strerror}"
            out.fail(problem, facts={"kind": "store_failed", "exit_code": int(ExitCode.STORE_FAILED)})
            raise typer.Exit(ExitCode.STORE_FAILED) from None
        except KeyboardInterrupt:
            out.fail("interrupted", facts={"kind": "interrupted", "exit_code": int(ExitCode.INTERRUPTED)})
            raise typer.Exit(ExitCode.INTERRUPTED) from None


def existing(stack: Stack, session: SessionKey) -> SessionSummary:
    """The summary of a session that there is.

    Raises:
        StopError: There is none.
        CorruptDataError: Its facts are damaged.
    """
    summary = found(stack, session)
    if summary is None:
        raise unknown(session)
    return summary


def found(stack: Stack, session: SessionKey) -> SessionSummary | None:
    """The summary of a session; None where neither the hot store nor the archive has it.

    Raises:
        CorruptDataError: Its facts are damaged.
    """
    [summary] = stack.wiring.catalogue.summaries([session])
    return summary if summary.archived or summary.hot is not None else None


def unknown(session: SessionKey) -> StopError:
    """What ends a command whose session there is not."""
    return StopError(
        ExitCode.NOT_FOUND, f"there is no session {session.id!r} of tenant {session.tenant!r}; `lix sessions` lists them"
    )


def readable(stack: Stack, session: SessionKey) -> None:
    """Make sure that there is such a session to read; one whose facts are damaged counts when damage is skipped.

    Raises:
        StopError: There is none.
        CorruptDataError: Its facts are damaged, and damage is not skipped.
    """
    try:
        existing(stack, session)
    except CorruptDataError:
        if not stack.wiring.reader.skip_damage:
            raise


def file_problem(name: str, error: OSError) -> StopError:
    """A file that a command reads or writes could not be: which one, and what the system says."""
    code = ExitCode.NOT_FOUND if isinstance(error, FileNotFoundError) else ExitCode.STORE_FAILED
    return StopError(code, f"{name}: {error.strerror or error}")


def _facts(error: LixError) -> dict[str, Any]:
    """What a program may want to know of an error beside its sentence."""
    names = ("source", "line", "field", "reason") if isinstance(error, InvalidLineError) else ("where", "reason")
    known = isinstance(error, InvalidLineError | StoreError)
    return {name: getattr(error, name) for name in names} if known else {}


def release_stdout() -> None:
    """Write what is left to nowhere: the interpreter flushes when it ends, and would complain a second time."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


class _ToOutput(logging.Handler):
    def __init__(self, out: Output) -> None:
        super().__init__(logging.WARNING)
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        self._out.warn(record.getMessage())


@contextmanager
def _warnings_shown(out: Output) -> Iterator[None]:
    handler, logger = _ToOutput(out), logging.getLogger("lixcore")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
