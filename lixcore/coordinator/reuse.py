"""The calls of a coordinator that save paying twice: cached responses, and embeddings of URLs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from lixcore.bootstrap import Wiring
from lixcore.config import CacheConfig
from lixcore.domain.scope import Scope
from lixcore.domain.semantic_hit import SemanticHit
from lixcore.domain.session import SessionKey

if TYPE_CHECKING:
    from lixcore.domain.embedding import Vector
    from lixcore.services.answers.semantic_query import Embedding

_KEPT_SCOPES: Final = 64
_KEPT_CHARACTERS: Final = 1024
_MODELS: Final = (str, type(None))


class Reuse(ABC):
    """What `CacheCoordinator` offers of the two caches.

    A cached response is found by the same session, about the same URL, with embeddings of the same model: nothing else meets it,
    unless both who caches and who asks say ``shared=True``, which is for the sessions of one tenant.

    Where ``on_cache_failure`` is ``miss``, a store that is away finds nothing and takes nothing, and is told of once, in the log.
    """

    session: SessionKey

    def __init__(self) -> None:
        self._scopes: dict[tuple[str, str | None, bool], Scope] = {}

    @property
    @abstractmethod
    def _wiring(self) -> Wiring: ...

    @property
    @abstractmethod
    def _config(self) -> CacheConfig: ...

    def _scope(self, url: str, model: str | None, *, shared: bool) -> Scope:
        """A scope; the one of an earlier call where there is one, as it has its digests and its hash ready."""
        if type(url) is not str or len(url) > _KEPT_CHARACTERS or type(model) not in _MODELS or type(shared) is not bool:
            return self._new_scope(url, model, shared=shared)
        what = (url, model, shared)
        scope = self._scopes.get(what)
        if scope is None:
            scope = self._new_scope(url, model, shared=shared)
            if len(self._scopes) >= _KEPT_SCOPES:
                self._scopes.clear()
            self._scopes[what] = scope
        return scope

    def _new_scope(self, url: str, model: str | None, *, shared: bool) -> Scope:
        return Scope(self.session, url, self._config.embedding_model if model is None else model, shared)

    def get_semantic_response(
        self,
        url: str,
        query_embedding: Embedding | None = None,
        *,
        query: str | None = None,
        model: str | None = None,
        shared: bool = False,
    ) -> Any:
        """A response that was cached for a query like this one.

        Args:
            url: What the query is about; the empty text for nothing in particular.
            query_embedding: Finite numbers, not all zero, as many as those that were cached have. May be left out with ``query``.
            query: The query's text: one that was cached for exactly the same text is found first, and the match policy can tell
                queries apart that merely look alike.
            model: Which model made the embedding; ``embedding_model`` of the configuration unless given.
            shared: Look among the responses that the sessions of the tenant share.

        Returns:
            The response, a fresh copy; None when there is none.

        Raises:
            InvalidInputError: An argument is refused.
            StoreError: Where ``on_cache_failure`` is ``raise``: the store cannot be used.
        """
        hit = self.get_semantic_hit(url, query_embedding, query=query, model=model, shared=shared)
        return None if hit is None else hit.response

    def get_semantic_hit(
        self,
        url: str,
        query_embedding: Embedding | None = None,
        *,
        query: str | None = None,
        model: str | None = None,
        shared: bool = False,
    ) -> SemanticHit | None:
        """Like `get_semantic_response`, and says why the response was found: how similar the queries are, and how old it is."""
        return self._wiring.semantic.get(self._scope(url, model, shared=shared), query_embedding, query=query)

    def cache_semantic_response(
        self,
        url: str,
        query_embedding: Embedding,
        response: Any,
        *,
        query: str | None = None,
        seconds: float | None = None,
        model: str | None = None,
        shared: bool = False,
    ) -> bool:
        """Cache a response for queries like this one, for ``semantic_ttl_seconds``.

        Args:
            url: What the query is about.
            query_embedding: Finite numbers, not all zero.
            response: Any JSON value but None.
            query: The query's text.
            seconds: How long the response took to make: what a hit saves.
            model: Which model made the embedding; ``embedding_model`` of the configuration unless given.
            shared: Let all sessions of the tenant find it.

        Returns:
            Whether it was cached: False when the admission policy says no, when the cache is switched off, or when its store is
            away and ``on_cache_failure`` is ``miss``.

        Raises:
            InvalidInputError: An argument is refused.
            StoreError: Where ``on_cache_failure`` is ``raise``: the store cannot be used.
        """
        scope = self._scope(url, model, shared=shared)
        return self._wiring.semantic.set(scope, query_embedding, response, query=query, seconds=seconds)

    def get_or_call(
        self,
        url: str,
        query_embedding: Embedding,
        fn: Callable[[], Any],
        *,
        query: str | None = None,
        model: str | None = None,
        shared: bool = False,
    ) -> Any:
        """A cached response, or else that of ``fn``, which is cached.

        Of callers with the same query (the same text, or the same embedding where none is given), in whatever thread or process,
        one calls ``fn``; the others wait for its response, for ``call_wait_seconds`` at most.

        Args:
            fn: Makes the response, any JSON value but None. What it raises goes to its caller, and nothing is cached.

        Raises:
            InvalidInputError: An argument, or the response, is refused.
            StoreError: Where ``on_cache_failure`` is ``raise``: the store cannot be used.
        """
        return self._wiring.semantic.get_or_call(self._scope(url, model, shared=shared), query_embedding, fn, query=query)

    def get_url_embedding(self, url: str) -> Vector | None:
        """The embedding that is cached for a URL, of the model ``embedding_model``; read-only, of shape (dimension,).

        Raises:
            StoreError: Where ``on_cache_failure`` is ``raise``: the store cannot be used.
        """
        return self._wiring.url_embeddings.get(url)

    def cache_url_embedding(self, url: str, embedding: Embedding) -> bool:
        """Cache the embedding of a URL for all sessions and tenants, for ``url_cache_ttl_seconds``.

        Returns:
            Whether it was cached: False when the cache is switched off, or when its store is away and ``on_cache_failure`` is
            ``miss``.

        Raises:
            InvalidInputError: The url or the embedding is refused.
        """
        return self._wiring.url_embeddings.set(url, embedding)

    def batch_cache_url_embeddings(self, embeddings: Mapping[str, Embedding]) -> dict[str, bool]:
        """Cache many embeddings, ``url_cache_batch_size`` in each round trip. When one is refused, none is cached.

        Returns:
            For each URL whether it was cached, as `cache_url_embedding` says.

        Raises:
            InvalidInputError: A url or an embedding is refused; says which.
            PartialBatchError: Where ``on_cache_failure`` is ``raise``: the store failed; says how many are cached.
        """
        return self._wiring.url_embeddings.set_many(embeddings)
