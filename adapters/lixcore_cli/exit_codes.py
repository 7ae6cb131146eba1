"""What the exit code of ``lix`` says. Scripts may rely on the numbers; those above 2 follow ``sysexits.h`` where it has one."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from lixcore import errors
from lixcore.errors import (
    ConfigError,
    CorruptDataError,
    InvalidInputError,
    LixError,
    StoreError,
    StoreUnavailableError,
)


class ExitCode(IntEnum):
    """The exit codes, each with its meaning in a phrase."""

    meaning: str

    def __new__(cls, code: int, meaning: str = "") -> Self:
        """Make a member of a number and its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "done"
    PARTLY = 1, "done in part, declined, or something was found; the output says what"
    USAGE = 2, "the command line is wrong"
    BAD_INPUT = 65, "an imported line or another given value is refused"
    NOT_FOUND = 66, "there is no such session or file"
    UNAVAILABLE = 69, "a store cannot be reached, or did not answer in time"
    DEFECT = 70, "a defect of lixcore or of an adapter; a traceback follows"
    STORE_FAILED = 74, "a store or file cannot be written or read: full, read-only, no rights"
    CONFIG = 78, "the configuration or what is installed gives no working stack"
    CORRUPT = 80, "stored data is damaged"
    INTERRUPTED = 130, "interrupted from the keyboard"
    PIPE_CLOSED = 141, "whoever read the output went away"


_BY_ERROR: tuple[tuple[type[LixError], ExitCode], ...] = (
    (InvalidInputError, ExitCode.BAD_INPUT),
    (ConfigError, ExitCode.CONFIG),
    (StoreUnavailableError, ExitCode.UNAVAILABLE),
    (CorruptDataError, ExitCode.CORRUPT),
    (StoreError, ExitCode.STORE_FAILED),
)


def code_of(error: LixError) -> ExitCode:
    """The exit code that an error of lixcore ends the command with."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.DEFECT)


def code_of_kind(kind: str) -> ExitCode:
    """The exit code of an error that only the name of its class is known of."""
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, LixError):
        return next((code for each, code in _BY_ERROR if issubclass(found, each)), ExitCode.DEFECT)
    return ExitCode.UNAVAILABLE
