"""A message as indexes are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.searchable import searchable_fields, searchable_text
from lixcore.ports.archive_index import IndexedMessage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def indexed_message(position: Position, message: Message) -> IndexedMessage:
    """What an index, or a search without one, is told of a message."""
    embedding = message.embedding
    if embedding is not None and not _has_direction(embedding):
        embedding = None  # of an archive that was imported, or made before embeddings were checked
    return IndexedMessage(
        position=position,
        timestamp=message.timestamp,
        role=message.role,
        text=searchable_text(message),
        fields=searchable_fields(message),
        embedding=embedding,
    )


def _has_direction(embedding: NDArray[np.float32]) -> bool:
    import numpy as np

    return bool(np.isfinite(embedding).all() and embedding.any())
