"""What a search over histories found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey


@attrs.frozen
class SearchHit:
    """A message that was found, and why.

    Attributes:
        session: Whose.
        position: Its place in the session's order.
        message: What was said.
        score: How well it fits, the higher the better; comparable only with other hits of the same search.
        text_score: How well its words fit, as BM25; None where it was not found by them.
        similarity: The cosine of its embedding and the query's, -1 to 1; None where it was not found by that.
        before: What was said right before it, oldest first; as many messages as were asked for, where there are so many.
        after: What was said right after it, oldest first.
    """

    session: SessionKey
    position: Position
    message: Message
    score: float
    text_score: float | None = None
    similarity: float | None = None
    before: Sequence[Message] = ()
    after: Sequence[Message] = ()

    def to_dict(self, *, neighbours: bool = False) -> dict[str, Any]:
        """The message as a plain dict for an LLM call, with ``score`` and ``position``.

        Args:
            neighbours: Whether it has ``neighbours``, too: ``{"before": […], "after": […]}``.
        """
        plain = {**self.message.for_context(), "score": self.score, "position": int(self.position)}
        if neighbours:
            before = [message.for_context() for message in self.before]
            plain["neighbours"] = {"before": before, "after": [message.for_context() for message in self.after]}
        return plain
