"""The hooks that there are, read from `lixcore.hooks.spec`."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

import attrs
import pluggy

from lixcore.hooks import spec
from lixcore.hooks.marks import PROJECT
from lixcore.ports.events import Event

PREFIX: Final = f"{PROJECT}_"
"""What the name of every hook begins with."""


class Kind(Enum):
    """What becomes of the plugins' answers."""

    REGISTRATION = "registration"
    """All are collected."""
    DECISION = "decision"
    """The first one decides."""
    REDACTION = "redaction"
    """Each is given to the next plugin."""
    EVENT = "event"
    """There are none."""


@attrs.frozen
class Hook:
    """One hook.

    Attributes:
        name: What implementations are called.
        kind: What becomes of the answers.
        arguments: What an implementation may ask for, in order.
        specification: The function that stands for it.
        event: The class of the events that it tells; None where it tells none.
    """

    name: str
    kind: Kind
    arguments: tuple[str, ...]
    specification: Callable[..., Any]
    event: type[Event] | None = None


def _kind(name: str, *, first_result: bool, is_event: bool) -> Kind:
    if first_result:
        return Kind.DECISION
    if is_event:
        return Kind.EVENT
    return Kind.REDACTION if name == "lixcore_redact" else Kind.REGISTRATION


def _hooks() -> Mapping[str, Hook]:
    manager = pluggy.PluginManager(PROJECT)
    events: dict[str, type[Event]] = {PREFIX + kind.__name__.lower(): kind for kind in typing.get_args(Event)}
    found: dict[str, Hook] = {}
    for name, function in vars(spec).items():
        if name.startswith(PREFIX) and (options := manager.parse_hookspec_opts(spec, name)) is not None:
            event = events.get(name)
            kind = _kind(name, first_result=options["firstresult"], is_event=event is not None)
            found[name] = Hook(name, kind, tuple(inspect.signature(function).parameters), function, event)
    return found


HOOKS: Final = _hooks()
"""Every hook by its name, in the order of the specification."""
