"""Answers that were paid for once, for those who ask the same again in other words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import attrs

from lixcore.domain.cached_answer import StoredAnswer, decode_answer, encode_answer
from lixcore.domain.json_value import JsonValue
from lixcore.domain.scope import Scope
from lixcore.domain.semantic_hit import SemanticHit
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, CorruptDataError
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.policy import ExpiryPolicy
from lixcore.ports.reuse_policy import AdmissionPolicy, MatchCandidate, MatchPolicy, NewAnswer
from lixcore.ports.similarity_index import IndexEntry, Match, SimilarityIndex
from lixcore.services.answers.flight_leases import FlightLeases
from lixcore.services.answers.semantic_call import SemanticCall
from lixcore.services.answers.semantic_query import (
    Embedding,
    SemanticQuery,
    checked_query,
    checked_response,
    checked_seconds,
    checked_threshold,
)
from lixcore.services.answers.single_flight import Share, SingleFlight
from lixcore.services.redaction import NO_REDACTION, Redaction
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_stats import LayerStats
from lixcore.services.reuse.lifetimes import Lifetimes

CANDIDATES: Final = 16
"""How many cached answers are looked at for one query at most."""


class SemanticCache:
    """Responses by the meaning of the query. Safe to share between threads, and across forks.

    Args:
        index: Where they are kept; it stays open when the cache is closed. None keeps none.
        clock: Tells ages, and how long responses take to make.
        guard: What becomes of the index's failures, which are counted with the rest from now on.
        stats: Counts.
        match: Says whether a response may answer a query that is not the same as its own.
        admission: Says what is cached.
        threshold: How similar a query must be, -1 to 1, where a call does not say.
        expiry: Says for how many seconds each response is kept; None where all are kept for ``ttl``.
        redaction: Knows what must not be cached: where it finds something in a query or a response, neither is.
        ttl: For how many seconds a response is kept.
        capacity: How many a scope holds at most.
        dimension: How many numbers an embedding has: others are refused. None for any.
        wait_seconds: How long `get_or_call` waits for another caller at most.
    """

    def __init__(
        self,
        index: SimilarityIndex | None,
        *,
        clock: Clock,
        guard: CacheGuard,
        stats: LayerStats,
        match: MatchPolicy,
        admission: AdmissionPolicy,
        expiry: ExpiryPolicy | None = None,
        redaction: Redaction = NO_REDACTION,
        threshold: float = 0.90,
        ttl: float = 300.0,
        capacity: int = 50,
        dimension: int | None = None,
        wait_seconds: float = 30.0,
    ) -> None:
        self._index = index
        self._clock = clock
        self._guard = guard
        self._stats = stats
        self._match = match
        self._admission = admission
        self._threshold = checked_threshold(threshold)
        self._lifetimes = Lifetimes(expiry, "semantic", ttl)
        self._redaction = redaction
        self._capacity = capacity
        self._dimension = dimension
        self._closed = False
        self._leases = FlightLeases(index, clock, guard)
        self._flight = SingleFlight(clock, self._leases, wait_seconds=wait_seconds)
        guard.on_failure = stats.failed

    def get(
        self,
        scope: Scope,
        embedding: Embedding | None = None,
        *,
        query: str | None = None,
        threshold: float | None = None,
    ) -> SemanticHit | None:
        """The cached response that answers a query; None where there is none, or the index failed and that is a miss.

        What was cached for exactly the same text answers first, unless the text has something that must not be kept. Of the
        others with an embedding that is similar enough, the best one answers of which the match policy says that it may.

        Args:
            scope: Where to look.
            embedding: The query's embedding; may be left out where the text is given, to look for that only.
            query: The query's text, up to 16 MiB.
            threshold: How similar the embeddings must be, -1 to 1; the configured threshold unless given.

        Raises:
            InvalidInputError: An argument is refused, or the embedding's dimension is not that of what is cached in the scope.
            StoreError: The index failed, and the guard raises.
        """
        wanted = self._query(scope, embedding, query, for_text_only=True)
        if not self._redaction.allows(wanted.text):
            wanted = attrs.evolve(wanted, label=b"")  # not even a digest of the text leaves the process
        hit = self._hit(wanted, self._threshold if threshold is None else checked_threshold(threshold), _nobody)
        self._count(hit)
        return hit

    def set(
        self, scope: Scope, embedding: Embedding, response: Any, *, query: str | None = None, seconds: float | None = None
    ) -> bool:
        """Cache a response. It renews and replaces no other one.

        Args:
            scope: Where.
            embedding: The embedding of the query that it answers.
            response: Any JSON value but None, up to 16 MiB.
            query: The query's text, up to 16 MiB.
            seconds: How long the response took to make, zero or more.

        Returns:
            Whether it is cached: False where the admission policy keeps it out, where the query or the response has something
            that must not be kept, or where the index failed.

        Raises:
            InvalidInputError: An argument is refused, or the embedding's dimension is not that of what is cached in the scope.
            StoreError: The index failed, and the guard raises.
        """
        wanted = self._query(scope, embedding, query, for_text_only=False)
        answer = StoredAnswer(wanted.text, checked_seconds(seconds), checked_response(response))
        return self._store(wanted, answer, encode_answer(answer.query, answer.seconds, answer.response))

    def get_or_call(self, scope: Scope, embedding: Embedding, fn: Callable[[], Any], *, query: str | None = None) -> JsonValue:
        """The cached response that answers a query; or else what ``fn`` makes, which is cached then.

        While one caller makes it, others with the same text (or, without text, the same embedding) in the scope wait for it, also
        in other processes where the index grants leases: up to ``wait_seconds``, then they make it themselves. When its maker
        fails or dies, one of them makes it. Where the index is away, ``fn`` is called all the same. Where the query's text has
        something that must not be kept, it is just called.

        Args:
            scope: Where.
            embedding: The query's embedding.
            fn: Makes the response: any JSON value but None, up to 16 MiB. What it raises goes to its own caller.
            query: The query's text, up to 16 MiB.

        Returns:
            The response as it is cached, so that tuples are lists; the caller's own, to be changed at will.

        Raises:
            InvalidInputError: An argument, or what ``fn`` returned, is refused.
            StoreError: The index failed, and the guard raises.
        """
        wanted = self._query(scope, embedding, query, for_text_only=False)
        is_allowed = self._redaction.allows(wanted.text)
        hit = self._hit(wanted, self._threshold, _nobody) if is_allowed else None
        if hit is not None:
            self._count(hit)
            return hit.response
        call = SemanticCall(
            wanted,
            fn,
            self._clock,
            find=lambda share: self._hit(wanted, self._threshold, share),
            store=lambda answer, payload: self._store(wanted, answer, payload),
        )
        try:
            answer = self._flight.run(wanted.flight_key(), call) if is_allowed else call.make(_nobody)
        finally:
            if call.has_made:  # or tried to
                self._count(None)
        if not call.has_made:
            self._count(answer)
        return answer.response

    def forget(self, session: SessionKey) -> int:
        """Remove every response that a session cached, also where its tenant shares them.

        Returns:
            How many were removed.

        Raises:
            StoreError: The index failed, whatever the guard says: what is not forgotten must not look forgotten.
        """
        self._check_open()
        return 0 if self._index is None else self._index.forget(session)

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """How much is cached, by a session in its own scopes or by everybody.

        Raises:
            StoreError: The index failed, whatever the guard says: what is unknown must not look empty.
        """
        self._check_open()
        return CacheSize(0, 0) if self._index is None else self._index.measure(session)

    def close(self) -> None:
        """Add what was counted to the store's sums, and refuse all calls. The index stays open. Idempotent."""
        if not self._closed:
            self._closed = True
            self._leases.close()
            if not self._guard.is_away:
                self._stats.add_now()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the semantic cache")

    def _query(self, scope: Scope, embedding: Embedding | None, query: str | None, *, for_text_only: bool) -> SemanticQuery:
        self._check_open()
        return checked_query(scope, embedding, query, dimension=self._dimension, for_text_only=for_text_only)

    def _hit(self, wanted: SemanticQuery, at_least: float, share: Share) -> SemanticHit | None:
        """What answers; its bytes are shared."""
        index, scope = self._index, wanted.scope
        if index is None or (wanted.vector is None and not wanted.label):
            return None
        matches = self._guard.ask(
            lambda: index.search(scope, wanted.vector, label=wanted.label, k=CANDIDATES, at_least=at_least), ()
        )
        if not matches:
            return None
        now = self._clock.now()
        for match in matches:
            answer = self._decoded(match)
            if answer is None:
                continue
            age = max(0.0, now - match.added)  # another host's clock may be ahead
            if match.is_exact or self._match.may_answer(wanted.text, MatchCandidate(answer.query, match.similarity, age, scope)):
                share(match.payload)
                return SemanticHit(answer.response, match.similarity, age, answer.query, match.is_exact, answer.seconds)
        return None

    def _decoded(self, match: Match) -> StoredAnswer | None:
        try:
            return decode_answer(match.payload)
        except CorruptDataError as error:
            self._guard.report(error)
            return None

    def _store(self, wanted: SemanticQuery, answer: StoredAnswer, payload: bytes) -> bool:
        index = self._index
        if index is None or wanted.vector is None:
            return False
        if not self._redaction.allows(answer.query, answer.response):
            self._stats.count(not_admitted=1)
            return False
        new = NewAnswer(wanted.scope, answer.query, answer.response, len(payload), answer.seconds)
        if not self._admission.admits(new):
            self._stats.count(not_admitted=1)
            return False
        entry = IndexEntry(wanted.vector, payload, wanted.label)
        add = partial(index.add, wanted.scope, entry, ttl=self._lifetimes.one(), capacity=self._capacity)
        if self._guard.ask(add, False) is False:
            return False
        self._stats.stored()
        return True

    def _count(self, found: SemanticHit | StoredAnswer | None) -> None:
        if self._index is None:
            return
        if found is None:
            self._stats.count(misses=1)
        else:
            similarity = found.similarity if isinstance(found, SemanticHit) and not found.is_exact else None
            self._stats.count(hits=1, seconds_saved=found.seconds or 0.0, similarity=similarity)
        if not self._guard.is_away:
            self._stats.add_when_due()


def _nobody(_: bytes) -> None:
    pass
