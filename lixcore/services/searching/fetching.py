"""Turning places back into messages: of the archive, which decides what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.record import decode_message
from lixcore.domain.search_hit import SearchHit
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import Neighbours
from lixcore.services.searching.findings import Place, RankedHit
from lixcore.services.searching.looking import Source
from lixcore.services.tiers.archive_reader import ArchiveReader

SMALL_SESSION: Final = 512 * 1024
"""Up to so many bytes of records, a session is read once, from its first hit to its last, rather than hit by hit."""


class Fetching:
    """Fetches messages for hits. What the archive does not show any more is no hit.

    Args:
        reader: Reads the archive.
    """

    def __init__(self, reader: ArchiveReader) -> None:
        self._reader = reader

    def fetched(
        self, ranked: Sequence[RankedHit], source: Source, *, k: int, neighbours: int, before: Position | None = None
    ) -> Sequence[SearchHit]:
        """The best hits that there still are, with their messages.

        Args:
            ranked: All hits, best first.
            source: Where they come from.
            k: How many at most.
            neighbours: How many messages on either side each comes with.
            before: Neighbours from here on are left out.
        """
        found: list[SearchHit] = []
        rest = list(ranked)
        while rest and len(found) < k:
            some, rest = rest[: k - len(found)], rest[k - len(found) :]
            found += self._some(some, source, neighbours, before)
        return found

    def _some(self, ranked: Sequence[RankedHit], source: Source, neighbours: int, before: Position | None) -> Sequence[SearchHit]:
        places: list[Place] = [(hit.session, hit.position) for hit in ranked]
        beside = source.neighbours(places, reach=neighbours) if neighbours else [Neighbours()] * len(places)
        if before is not None:
            beside = [attrs.evolve(each, after=[position for position in each.after if position < before]) for each in beside]
        messages = self._messages(places, beside, source.at_hand)
        found = []
        for hit, (session, position), each in zip(ranked, places, beside, strict=True):
            message = messages.get((session, position))
            if message is not None:
                earlier = [messages.get((session, other)) for other in reversed(each.before)]
                later = [messages.get((session, other)) for other in each.after]
                found.append(
                    SearchHit(
                        session,
                        position,
                        message,
                        hit.score,
                        hit.text_score,
                        hit.similarity,
                        [one for one in earlier if one is not None],
                        [one for one in later if one is not None],
                    )
                )
        return found

    def _messages(
        self, places: Sequence[Place], beside: Sequence[Neighbours], at_hand: Mapping[Place, Message]
    ) -> Mapping[Place, Message]:
        found: dict[Place, Message] = {}
        spans: dict[SessionKey, list[tuple[Position, Position]]] = {}
        wanted: set[Place] = set()
        for (session, position), each in zip(places, beside, strict=True):
            near = sorted({position, *each.before, *each.after})
            wanted.update((session, other) for other in near)
            missing = [other for other in near if (session, other) not in at_hand]
            if missing:
                spans.setdefault(session, []).append((missing[0], missing[-1]))
        found.update((place, at_hand[place]) for place in wanted if place in at_hand)
        for session, needed in spans.items():
            for first, last in self._joined(session, needed):
                for entry in self._reader.read(session, after=Position(first - 1), before=Position(last + 1)):
                    if (session, entry.position) in wanted:
                        found[session, entry.position] = decode_message(entry)
        return found

    def _joined(self, session: SessionKey, spans: Sequence[tuple[Position, Position]]) -> Sequence[tuple[Position, Position]]:
        """Spans to be read, as one where that is no more work."""
        if len(spans) == 1:
            return spans
        info = self._reader.describe(session)
        if info is None:
            return ()
        if info.raw_bytes <= SMALL_SESSION:
            return [(min(first for first, _ in spans), max(last for _, last in spans))]
        joined: list[tuple[Position, Position]] = []
        for first, last in sorted(spans):
            if joined and first <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(last, joined[-1][1])
            else:
                joined.append((first, last))
        return joined
