"""One call that makes a response where none is cached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from lixcore.domain.cached_answer import StoredAnswer, decode_answer, encode_answer
from lixcore.domain.semantic_hit import SemanticHit
from lixcore.ports.clock import Clock
from lixcore.services.answers.semantic_query import SemanticQuery, checked_response
from lixcore.services.answers.single_flight import Share


@attrs.define
class SemanticCall:
    """One call of ``get_or_call``: a `lixcore.services.answers.single_flight.Wanted`.

    Attributes:
        query: What is asked.
        fn: Makes the response.
        clock: Tells how long that takes.
        find: Looks for it.
        store: Caches it.
        has_made: Whether it was made by this call, or tried to be.
    """

    query: SemanticQuery
    fn: Callable[[], Any]
    clock: Clock
    find: Callable[[Share], SemanticHit | None]
    store: Callable[[StoredAnswer, bytes], bool]
    has_made: bool = False

    def look(self, share: Share) -> StoredAnswer | None:
        """See `Wanted.look`."""
        hit = self.find(share)
        return None if hit is None else StoredAnswer(hit.matched_query, hit.seconds, hit.response)

    def make(self, share: Share) -> StoredAnswer:
        """See `Wanted.make`."""
        self.has_made = True
        began = self.clock.monotonic()
        made = self.fn()
        answer = StoredAnswer(self.query.text, self.clock.monotonic() - began, checked_response(made))
        payload = encode_answer(answer.query, answer.seconds, answer.response)
        share(payload)
        self.store(answer, payload)
        return answer

    def unpack(self, shared: bytes) -> StoredAnswer:
        """See `Wanted.unpack`."""
        return decode_answer(shared)
