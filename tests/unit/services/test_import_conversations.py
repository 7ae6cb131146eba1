"""Imports that are run again, cut off, shared, in conflict, or full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from lixcore.domain.message import Message
from lixcore.domain.position import Entry
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError, StoreFullError
from lixcore.ports.cold_archive import ColdArchive
from lixcore.services.histories import import_conversations
from lixcore.services.histories.conversation_lines import Conversation
from lixcore.services.histories.import_conversations import Importer
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

SESSION = SessionKey("one")
OTHER = SessionKey("One")


class FullArchive(MemoryArchive):
    """An archive in memory that is full when told so."""

    full = False

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        if self.full:
            raise StoreFullError("the archive", "no space left")
        super().append_many(batches)


class OneByOne:
    """A full archive without the power to append in bulk, which fails at the second session."""

    def __init__(self) -> None:
        self._archive = MemoryArchive()
        self.appends_left = 1_000_000

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        if not self.appends_left:
            raise StoreFullError("the archive", "no space left")
        self.appends_left -= 1
        self._archive.append(session, entries)

    def __getattr__(self, name: str) -> Any:
        if name == "append_many":
            raise AttributeError(name)
        return getattr(self._archive, name)


@pytest.fixture
def archive() -> FullArchive:
    return FullArchive()


@pytest.fixture
def layer(archive: FullArchive) -> SessionLayer:
    return layer_on(archive)


def layer_on(archive: Any) -> SessionLayer:
    clock = SettableClock()
    held: ColdArchive = archive
    return SessionLayer(MemoryHotStore(clock), held, clock, window=3, batch=2)


def importer(layer: SessionLayer) -> Importer:
    return Importer(layer.hot, layer.archive, layer.window)


def said(*texts: str, **changed: Any) -> list[Message]:
    return [Message(**{"role": "user", "content": text, "timestamp": float(at), **changed}) for at, text in enumerate(texts)]


def line(messages: Sequence[Message], session: SessionKey = SESSION, *, timed: bool = True) -> Conversation:
    return Conversation(session, messages, [timed] * len(messages), frozenset())


def history(layer: SessionLayer, session: SessionKey = SESSION) -> list[str]:
    return [decode_message(entry).content for entry in layer.window.history(session)]


def bring(layer: SessionLayer, *conversations: Conversation) -> Importer:
    used = importer(layer)
    for conversation in conversations:
        used.add(conversation)
    used.flush()
    return used


def test_an_import_run_again_stores_nothing_twice(layer: SessionLayer) -> None:
    lines = [line(said("a", "b")), line(said("c"), OTHER)]
    first, second = bring(layer, *lines), bring(layer, *lines)
    assert (first.counts.sessions, first.counts.messages, first.counts.present_sessions) == (2, 3, 0)
    assert (second.counts.sessions, second.counts.messages) == (0, 0)
    assert (second.counts.present_sessions, second.counts.present_messages) == (2, 3)
    assert (history(layer), history(layer, OTHER)) == (["a", "b"], ["c"])


def test_imported_messages_are_the_context_when_the_session_is_touched(layer: SessionLayer) -> None:
    bring(layer, line(said("a", "b", "c", "d")))
    assert layer.hot.describe(SESSION) is None
    assert [message.content for message in layer.window.context(SESSION)] == ["b", "c", "d"]
    layer.window.add(SESSION, *said("e"))
    assert history(layer) == ["a", "b", "c", "d", "e"]


def test_a_longer_line_adds_what_is_missing(layer: SessionLayer) -> None:
    bring(layer, line(said("a", "b")))
    used = bring(layer, line(said("a", "b", "c", "d")))
    assert (used.counts.sessions, used.counts.messages) == (1, 2)
    assert history(layer) == ["a", "b", "c", "d"]


def test_what_is_missing_of_a_session_that_was_live_comes_after_what_is_there(layer: SessionLayer) -> None:
    """Its messages stand at positions of the clock, far above those of an import."""
    for message in said("a", "b"):
        layer.window.add(SESSION, message)
    assert layer.tiering.evict(SESSION)
    bring(layer, line(said("a", "b", "c", "d")))
    assert history(layer) == ["a", "b", "c", "d"]
    assert [message.content for message in layer.window.context(SESSION)] == ["b", "c", "d"]


def test_two_imports_of_one_file_at_once_store_each_message_once(layer: SessionLayer) -> None:
    bring(layer, line(said("a")))
    one, two = importer(layer), importer(layer)
    one.add(line(said("a", "b", "c")))
    two.add(line(said("a", "b", "c")))
    one.flush()
    two.flush()
    assert history(layer) == ["a", "b", "c"]


def test_a_session_twice_in_one_file_is_compared_with_what_the_first_line_brought(layer: SessionLayer) -> None:
    used = bring(layer, line(said("a", "b")), line(said("a", "b")), line(said("a", "b", "c")))
    assert (used.counts.messages, used.counts.present_messages) == (3, 2)
    assert history(layer) == ["a", "b", "c"]
    with pytest.raises(InvalidInputError, match="session_id 'one' is stored already, with other messages"):
        bring(layer, line(said("a", "x")))
    assert history(layer) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "assistant"},
        {"content": "b"},
        {"timestamp": 1.5},
        {"metadata": {"a": True}},
        {"metadata": {"a": 1.0}},
        {"metadata": {}},
        {"embedding": [1.0, 2.5]},
    ],
)
def test_any_difference_is_a_conflict(layer: SessionLayer, changed: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"metadata": {"a": 1}, "embedding": [1.0, 2.0]}
    bring(layer, line(said("a", **whole)))
    with pytest.raises(InvalidInputError, match="with other messages"):
        bring(layer, line(said("a", **(whole | changed))))
    assert history(layer) == ["a"]


def test_what_a_line_leaves_out_is_no_difference(layer: SessionLayer) -> None:
    bring(layer, line(said("a", embedding=[1.0, 2.0], metadata={"x": 1, "y": 2})))
    used = bring(layer, line(said("a", timestamp=99.0, metadata={"y": 2, "x": 1}), timed=False))
    assert used.counts.present_messages == 1


def test_a_live_session_is_not_changed_in_its_middle(layer: SessionLayer) -> None:
    layer.window.add(SESSION, *said("a"))
    with pytest.raises(InvalidInputError, match="is live and shorter than this"):
        bring(layer, line(said("a", "b")))
    assert bring(layer, line(said("a", timestamp=0.0))).counts.present_sessions == 1


def test_a_forgotten_session_can_be_imported_again(layer: SessionLayer) -> None:
    bring(layer, line(said("a", "b")))
    layer.window.add(SESSION, *said("c"))
    layer.window.forget(SESSION)
    assert bring(layer, line(said("a", "b"))).counts.messages == 2
    assert history(layer) == ["a", "b"]


def test_a_line_without_messages_leaves_no_trace(layer: SessionLayer) -> None:
    used = bring(layer, line([]))
    assert used.counts.present_sessions == 1
    assert layer.archive.describe(SESSION) is None


def test_what_could_not_be_stored_is_not_counted_and_can_be_stored_later(layer: SessionLayer, archive: FullArchive) -> None:
    used = importer(layer)
    used.add(line(said("a", "b")))
    archive.full = True
    with pytest.raises(StoreFullError):
        used.flush()
    assert (used.counts.sessions, used.counts.messages) == (0, 0)
    archive.full = False
    used.flush()
    used.flush()
    assert (used.counts.sessions, used.counts.messages) == (1, 2)
    assert history(layer) == ["a", "b"]


def test_an_import_that_stopped_in_between_goes_on_where_it_was() -> None:
    archive = OneByOne()
    layer = layer_on(archive)
    archive.appends_left = 1
    with pytest.raises(StoreFullError):
        bring(layer, line(said("a", "b")), line(said("c"), OTHER))
    assert (history(layer), history(layer, OTHER)) == (["a", "b"], []), "whole sessions only"
    archive.appends_left = 9
    used = bring(layer, line(said("a", "b")), line(said("c"), OTHER))
    assert (used.counts.messages, used.counts.present_messages) == (1, 2)
    assert history(layer, OTHER) == ["c"]


def test_what_is_gathered_is_bounded(layer: SessionLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_conversations, "BATCH_SESSIONS", 2)
    used = importer(layer)
    for number in range(5):
        used.add(line(said("a"), SessionKey(f"s{number}")))
    assert used.counts.sessions == 4
    monkeypatch.setattr(import_conversations, "BATCH_BYTES", 100)
    used.add(line(said("x" * 100), SessionKey("long")))
    assert used.counts.sessions == 6


def test_imported_positions_leave_room_for_all_others(layer: SessionLayer) -> None:
    bring(layer, line(said("a", "b")))
    assert [entry.position for entry in layer.window.history(SESSION)] == [1, 2]
