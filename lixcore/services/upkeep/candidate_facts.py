"""What an eviction policy wants to know of sessions, asked of the hot store many at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import attrs

from lixcore.domain.position import Position, time_of
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotInfo, HotStore
from lixcore.ports.hot_store_powers import DescribesMany, MeasuresSessions
from lixcore.ports.policy import Candidate, CandidateFact

ASKED_AT_ONCE: Final = 1000
"""About how many sessions the hot store is asked in one call."""


class CandidateFacts:
    """Asks the hot store; records no activity."""

    def __init__(self, hot: HotStore) -> None:
        self._hot = hot
        self._measures = hot if isinstance(hot, MeasuresSessions) else None
        self._describes = hot if isinstance(hot, DescribesMany) else None

    def sizes(self, sessions: Sequence[SessionKey]) -> dict[SessionKey, int]:
        """What each session takes; nothing where the store cannot tell.

        Raises:
            StoreError: The store cannot be used.
        """
        sizes: dict[SessionKey, int] = {}
        if self._measures is not None:
            for start in range(0, len(sessions), ASKED_AT_ONCE):
                some = sessions[start : start + ASKED_AT_ONCE]
                sizes.update(zip(some, self._measures.sizes(some), strict=True))
        return sizes

    def added(self, candidates: Sequence[Candidate], wanted: Collection[CandidateFact]) -> Sequence[Candidate]:
        """The candidates with what is wanted; the rest of them as it was.

        Raises:
            StoreError: The store cannot be used.
        """
        if CandidateFact.SIZE in wanted:
            sizes = self.sizes([each.session for each in candidates if each.size is None])
            candidates = [attrs.evolve(each, size=sizes.get(each.session, each.size)) for each in candidates]
        if CandidateFact.MESSAGES in wanted:
            infos = self._described([each.session for each in candidates])
            candidates = [_with_messages(each, info) for each, info in zip(candidates, infos, strict=True)]
        return candidates

    def _described(self, sessions: Sequence[SessionKey]) -> list[HotInfo | None]:
        if self._describes is None:
            return [self._hot.describe(session) for session in sessions]
        found: list[HotInfo | None] = []
        for start in range(0, len(sessions), ASKED_AT_ONCE):
            found.extend(self._describes.describe_many(sessions[start : start + ASKED_AT_ONCE]))
        return found


def _with_messages(candidate: Candidate, info: HotInfo | None) -> Candidate:
    """With nothing more where the session is not hot any longer."""
    return candidate if info is None else attrs.evolve(candidate, messages=info.held, oldest=_added(info.first_position))


def _added(position: Position | None) -> float | None:
    """When it was added; None where that cannot be told, as of what was imported."""
    return None if position is None else time_of(position) or None
