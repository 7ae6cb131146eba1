"""Those who watch: who sees what, and what becomes of those who fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from lixcore.errors import InvalidInputError
from lixcore.ports.events import KINDS, Event, Observer

_log: Final = logging.getLogger("lixcore.events")


@attrs.frozen(eq=False)
class _Watcher:
    name: str
    notice: Callable[[Event], object]
    failed_at: set[type[Event]] = attrs.Factory(set)  # kinds of which a failure was told


class Audience:
    """Shows events to observers, each apart from all others. One event at a time: callers see to that.

    Attributes:
        kinds: What any of them wants to see.
        told: How many events were shown.
        failed: How often an observer raised.
        watching: The observer that is looking at an event just now; None while none is.
    """

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._by_kind: dict[type[Event], list[_Watcher]] = {}
        for observer in observers:
            watcher = _Watcher(str(observer.name), observer.notice)
            for kind in dict.fromkeys(observer.kinds):
                if kind not in KINDS:
                    known = ", ".join(each.__name__ for each in KINDS)
                    raise InvalidInputError("observers", f"has one, {watcher.name!r}, that wants {kind!r}; there are {known}")
                self._by_kind.setdefault(kind, []).append(watcher)
        self.kinds = frozenset(self._by_kind)
        self.begin_afresh()

    def begin_afresh(self) -> None:
        """Count from zero: only for a child that was just forked."""
        self.told = 0
        self.failed = 0
        self.watching: str | None = None

    def show(self, event: Event) -> KeyboardInterrupt | None:
        """Have an event seen by all who want to.

        Returns:
            An interrupt that came meanwhile, which may be somebody else's than the observer's: for the caller to raise or not.
        """
        interrupt = None
        for watcher in self._by_kind.get(type(event), ()):
            self.watching = watcher.name
            try:
                watcher.notice(event)
            except BaseException as error:  # noqa: BLE001  # counted and told; whatever an observer raises is no matter of the work
                self._failed(watcher, type(event))
                interrupt = error if isinstance(error, KeyboardInterrupt) else interrupt
        self.watching = None
        self.told += 1
        return interrupt

    def _failed(self, watcher: _Watcher, kind: type[Event]) -> None:
        """Within the handler of the exception."""
        self.failed += 1
        if kind in watcher.failed_at:
            return
        watcher.failed_at.add(kind)
        said = "the observer %r failed at an event %s; it sees the next ones, and further failures at this kind are only counted"
        _log.warning(said, watcher.name, kind.__name__, exc_info=True)
