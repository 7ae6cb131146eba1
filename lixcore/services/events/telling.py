"""Telling of events where mostly nobody watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from lixcore.ports.events import Event, Events

Tell: TypeAlias = Callable[[Event], None]


class Silent:
    """`lixcore.ports.events.Events` that nobody watches."""

    def wants(self, kind: type[Event]) -> bool:
        """See the port: never."""
        del kind
        return False

    def tell(self, event: Event) -> None:
        """See the port: nobody sees it."""


SILENT: Final = Silent()
"""Nobody watches."""


def teller(events: Events, kind: type[Event]) -> Tell | None:
    """What events of a kind are told to; None where nobody wants to see them.

    Asked once, when a service is made: so what nobody watches costs a look whether it is None, and no event is made.
    """
    return events.tell if events.wants(kind) else None
