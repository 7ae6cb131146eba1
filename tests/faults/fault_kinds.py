"""What may happen to a call of a port."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from gated_ports import Fault, PortCall
from lixcore.errors import CorruptDataError, StoreFullError, StoreUnavailableError

KILLED: Final = 77
"""The exit status of a process that a fault killed."""


class KilledError(BaseException):
    """Stands for the end of a process where the stores end with it: nothing on the way catches it."""


def end_of_process(_: PortCall) -> NoReturn:
    """End this process as a crash does: nothing is flushed, closed or given back."""
    os._exit(KILLED)


def end_of_story(_: PortCall) -> NoReturn:
    """Stop whatever is being done in the middle of it."""
    raise KilledError


def _away(call: PortCall) -> NoReturn:
    raise StoreUnavailableError(call.tier, "is away")


def _cut(call: PortCall) -> NoReturn:
    raise StoreUnavailableError(call.tier, "did not answer", outcome_unknown=True)


def _full(call: PortCall) -> NoReturn:
    raise StoreFullError(call.tier, "is full")


def _damaged(call: PortCall) -> NoReturn:
    raise CorruptDataError(call.tier, "is damaged")


def _not_closing(call: PortCall) -> bool:
    return call.name != "close"


def _writing(call: PortCall) -> bool:
    return call.writes


def _growing(call: PortCall) -> bool:
    return call.name in {"append", "append_many", "restore", "start_context", "compact"}


def _reading(call: PortCall) -> bool:
    return call.name in {"read", "oldest", "describe", "salvage"}


def killing(die: Callable[[PortCall], NoReturn]) -> Sequence[Fault]:
    """The process dies before a call, or after it took effect."""
    return [Fault("killed before a call", before=die), Fault("killed after a call", after=die)]


RAISING: Final = (
    Fault("away for a call", before=_away, counts=_not_closing),
    Fault("away from a call on", before=_away, counts=_not_closing, lasts=True),
    Fault("cut before a write", before=_cut, counts=_writing),
    Fault("cut after a write", after=_cut, counts=_writing),
    Fault("full for a write", before=_full, counts=_growing),
    Fault("full from a write on", before=_full, counts=_growing, lasts=True),
    Fault("damaged for a read", before=_damaged, counts=_reading),
)
"""The store raises what its port allows it to raise."""
