"""Recent turns of a conversation together with older ones that a query is about, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from lixcore.domain.message import Message
from lixcore.domain.search_hit import SearchHit
from lixcore.domain.session import SessionKey
from lixcore.ports.policy import TokenCounter, WindowPolicy
from lixcore.services.conversation.context_window import ContextWindow
from lixcore.services.searching.query import Query
from lixcore.services.searching.searching import Searching


@attrs.frozen
class SmartContext:
    """What an LLM may be given.

    Attributes:
        recent: The newest messages of the context, oldest first.
        relevant: Older messages, the best first; none of them is a recent one.
    """

    recent: Sequence[Message]
    relevant: Sequence[SearchHit]


class SmartContexts:
    """Puts together what was said last and what was said to the point.

    Args:
        window: Gives contexts.
        searching: Finds what is to the point.
        policy: Says where what is recent may start.
        tokens: Counts.
    """

    def __init__(self, window: ContextWindow, searching: Searching, policy: WindowPolicy, tokens: TokenCounter) -> None:
        self._window = window
        self._searching = searching
        self._policy = policy
        self._tokens = tokens

    def of(
        self, session: SessionKey, query: Query | None, *, recent_k: int, disk_k: int, neighbours: int = 0, max_tokens: int | None
    ) -> SmartContext:
        """Recent and relevant messages of a session.

        What is recent takes of the budget first. Of what is relevant, the best that fit in what is left are given.

        Args:
            session: Whose.
            query: What they are to be relevant to; None where ``disk_k`` is 0.
            recent_k: How many of the newest messages of the context, at most; whole turns, as the window policy sees them.
            disk_k: How many relevant ones at most.
            neighbours: How many messages on either side each relevant one comes with.
            max_tokens: The budget; None for none.

        Raises:
            StoreError: A store cannot be used; an index that cannot is done without.
        """
        context = self._window.placed_context(session)
        messages = [message for _, message in context]
        start = self._policy.start(messages, max_messages=recent_k, max_tokens=max_tokens)
        recent = context[start:]
        if query is None or disk_k == 0:
            return SmartContext(messages[start:], ())
        before = recent[0][0] if recent else None
        hits = self._searching.in_session(session, query, k=disk_k, before=before, neighbours=neighbours)
        if max_tokens is not None:
            hits = self._within(hits, max_tokens - sum(self._tokens.count(messages[start:])))
        return SmartContext(messages[start:], hits)

    def _within(self, hits: Sequence[SearchHit], budget: int) -> Sequence[SearchHit]:
        """Those that fit, the best first; what is too long is passed over, for a shorter one may fit."""
        kept = []
        for hit in hits:
            cost = sum(self._tokens.count([*hit.before, hit.message, *hit.after]))
            if cost <= budget:
                budget -= cost
                kept.append(hit)
        return kept
