"""One observer for each plugin that watches, with the events that it has hooks for."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.hooks import hookimpl
from lixcore.hooks.observers import observers_of
from lixcore.hooks.plugins import Plugins
from lixcore.hooks.tracing import Trace
from lixcore.ports import events
from lixcore.ports.events import Event

Given = Callable[..., Plugins]
ADDED = events.Added(SessionKey("s"), Position(1))


class Watcher:
    def __init__(self) -> None:
        self.seen: list[object] = []

    @hookimpl
    def lixcore_added(self, event: events.Added) -> None:
        self.seen.append(event)

    @hookimpl
    def lixcore_hit(self) -> None:
        self.seen.append("a hit")

    @hookimpl(specname="lixcore_hit")
    def count_hits(self, event: events.Hit) -> None:
        self.seen.append(event.count)


def test_each_watching_plugin_is_an_observer_of_its_kinds(plugins: Given) -> None:
    class Deciding:
        @hookimpl
        def lixcore_admit(self) -> None: ...

    watcher = Watcher()
    [observer] = observers_of(plugins(watcher, Deciding()))
    assert observer.name == "Watcher"
    assert set(observer.kinds) == {events.Added, events.Hit}
    told: list[Event] = [ADDED, events.Hit("semantic", 3), events.Miss("semantic")]
    for event in told:
        observer.notice(event)
    assert watcher.seen[0] == ADDED
    assert sorted(map(str, watcher.seen[1:])) == ["3", "a hit"]


def test_plugins_that_watch_nothing_are_no_observers() -> None:
    assert list(observers_of(Plugins())) == []


def test_what_a_plugin_raises_reaches_whoever_tells(plugins: Given) -> None:
    """Isolating it is the relay's business: it reports each failing observer once."""

    class Odd:
        @hookimpl
        def lixcore_added(self) -> None:
            raise LookupError

    written = io.StringIO()
    [observer] = observers_of(plugins(Odd()), trace=Trace(written))
    with pytest.raises(LookupError):
        observer.notice(ADDED)
    assert "lixcore_added) raised LookupError()" in written.getvalue()
