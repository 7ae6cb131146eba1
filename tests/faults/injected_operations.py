"""What is being done to sessions while a fault is injected at one of the calls it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from lasting_stores import BATCH, WINDOW
from speaker import Speaker

OVERFLOW: Final = WINDOW + BATCH


@attrs.frozen
class Names:
    """The ids of the sessions of one run.

    Attributes:
        one: The session that the fault happens to.
        two: Another one, for what is done to several.
        beside: One that nothing is done to, and that must stay as it is.
    """

    one: str
    two: str
    beside: str


Deed = Callable[[Speaker, Names], object]


@attrs.frozen
class Operation:
    """Something that is done to sessions.

    Attributes:
        name: In words.
        prepared: Makes the sessions what they are before; no fault happens to it.
        acted: Every call it makes may meet the fault.
        is_exclusive: Whether it is refused when somebody else uses the session meanwhile.
    """

    name: str
    prepared: Deed
    acted: Deed
    is_exclusive: bool = False


def _many(*deeds: Deed) -> Deed:
    def do_all(speaker: Speaker, names: Names) -> None:
        for deed in deeds:
            deed(speaker, names)

    return do_all


def _adding(count: int) -> Deed:
    return lambda speaker, names: speaker.add(names.one, count)


def _nothing(_: Speaker, __: Names) -> None:
    pass


def _evicting(speaker: Speaker, names: Names) -> None:
    speaker.evict(names.one)


def _evicting_all(speaker: Speaker, _: Names) -> None:
    speaker.evict_all()


def _flushing(speaker: Speaker, names: Names) -> None:
    speaker.flush(names.one)


def _clearing(speaker: Speaker, names: Names) -> None:
    speaker.clear(names.one)


def _forgetting(speaker: Speaker, names: Names) -> None:
    speaker.forget(names.one)


def _reading(speaker: Speaker, names: Names) -> None:
    speaker.context(names.one)
    speaker.history(names.one)


def _several(speaker: Speaker, names: Names) -> None:
    speaker.add(names.two, 4)
    speaker.add(names.one, 2)


def _importing(count: int) -> Deed:
    return lambda speaker, names: speaker.import_whole(names.one, [f"imported {number}" for number in range(count)])


def _in_pieces(speaker: Speaker, names: Names) -> None:
    for _ in range(5):
        speaker.add(names.one)
        speaker.evict(names.one)


def _two_in_turn(speaker: Speaker, names: Names) -> None:
    for _ in range(OVERFLOW):
        speaker.add(names.one)
        speaker.add(names.two)
    speaker.evict(names.two)
    speaker.context(names.two)
    speaker.history(names.one)


_archived = _many(_adding(OVERFLOW + 1), _evicting)

OPERATIONS: Final = (
    Operation("add in the window", _adding(1), _adding(1)),
    Operation("add to an unknown session", _nothing, _adding(2)),
    Operation("add with overflow", _adding(OVERFLOW - 1), _adding(OVERFLOW)),
    Operation("add to an absent session", _archived, _adding(2)),
    Operation("read of a hot session", _adding(OVERFLOW + 1), _reading),
    Operation("read of an absent session", _archived, _reading),
    Operation("evict one", _adding(OVERFLOW + 1), _evicting),
    Operation("evict many", _several, _evicting_all),
    Operation("evict and go on", _adding(2), _many(_evicting, _adding(2), _reading)),
    Operation("flush", _adding(OVERFLOW - 1), _many(_flushing, _adding(1))),
    Operation("clear of a hot session", _adding(OVERFLOW + 1), _many(_clearing, _adding(1), _reading)),
    Operation("clear of an absent session", _archived, _many(_clearing, _adding(1))),
    Operation("add to a cleared session", _many(_archived, _clearing), _many(_adding(2), _reading)),
    Operation("forget of a hot session", _adding(OVERFLOW + 1), _forgetting),
    Operation("forget of an absent session", _archived, _many(_forgetting, _adding(1))),
    Operation("import", _nothing, _importing(4), is_exclusive=True),
    Operation("import of what has grown", _importing(2), _importing(4), is_exclusive=True),
    Operation("merge of small pieces", _in_pieces, _many(_adding(1), _evicting)),
    Operation("two sessions in turn", _nothing, _two_in_turn),
)


OTHERS: Final[dict[str, Deed]] = {
    "another process adds": _adding(1),
    "another process overflows": _adding(OVERFLOW),
    "another process evicts": _evicting,
    "another process adds and evicts": _many(_adding(1), _evicting),
    "another process evicts and comes back": _many(_evicting, _reading),
    "another process flushes": _flushing,
}
"""What somebody else may do between two calls."""


def _flushing_all(speaker: Speaker, names: Names) -> None:
    for session in (names.one, names.two, names.beside):
        speaker.flush(session)


ARCHIVING: Final[dict[str, Deed]] = {
    "wiped after evictions": _evicting_all,
    "wiped after flushes": _flushing_all,
}
"""What archives everything, so that nothing may be lost when the hot store loses all it has."""
