"""Messages for an archive index, and all that can be seen of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage, IndexFilter

WORDS = ["rain", "sun", "snow", "wind", "fog"]
SESSIONS = [SessionKey("one"), SessionKey("two"), SessionKey("three", tenant="other")]


def made(position: int, text: str = "rain", *, role: str = "user", vector: Sequence[float] | None = None, **fields: str) -> Any:
    """A message whose timestamp tells its position."""
    embedding = None if vector is None else np.array(vector, dtype=np.float32)
    return IndexedMessage(
        position=Position(position), timestamp=position / 4, role=role, text=text, fields=fields, embedding=embedding
    )


def usual(position: int) -> IndexedMessage:
    """The message that always stands at a position: what it says is worked out from that."""
    text = " ".join(word for bit, word in enumerate(WORDS) if position >> bit & 1)
    vector = [1.0, float(position % 7)] if position % 3 else None
    found: IndexedMessage = made(position, text, role="ab"[position % 2], vector=vector, third=str(position % 3))
    return found


def put(index: ArchiveIndex, session: SessionKey, *messages: IndexedMessage) -> int:
    """Add messages of one session."""
    return index.add([IndexBatch(session, messages)])


def seen(index: ArchiveIndex) -> dict[str, Any]:
    """What an index answers to questions of all kinds, in plain values."""
    found: dict[str, Any] = {"progress": [repr(each) for each in index.progress(SESSIONS)]}
    size = index.measure()
    found["size"] = (size.messages, size.sessions, size.embeddings)
    for tenant in ("default", "other"):
        for sessions in (None, ["one"], ["two", "three"]):
            where = IndexFilter(tenant=tenant, sessions=sessions)
            name = f"{tenant} {sessions}"
            found[f"words {name}"] = index.search_text("rain snow fog", k=10_000, where=where)
            found[f"vector {name}"] = index.search_vector(np.array([1, 2], dtype=np.float32), k=10_000, where=where)
            found[f"counts {name}"] = index.count_words(WORDS, where=where)
    places = [(session, Position(at)) for session in SESSIONS for at in range(0, 200, 7)]
    found["neighbours"] = [repr(each) for each in index.neighbours(places, reach=2)]
    return found
