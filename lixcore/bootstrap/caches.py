"""Making the caches over the adapters of a configuration."""

from __future__ import annotations

from contextlib import ExitStack

import attrs

from lixcore.bootstrap.opening import Opener
from lixcore.config import CacheConfig
from lixcore.domain.session import SessionKey
from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.ports.events import Events
from lixcore.ports.policies import Policies
from lixcore.ports.similarity_index import SimilarityIndex
from lixcore.registry import Group
from lixcore.services.answers.semantic_cache import SemanticCache
from lixcore.services.embeddings.url_embeddings import UrlEmbeddings
from lixcore.services.redaction import Redaction
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_report import CacheLayer, LayerReport
from lixcore.services.reuse.layer_stats import LayerStats


@attrs.frozen
class Caches:
    """The layers that save paying twice.

    Attributes:
        semantic: Responses, by how similar queries are.
        url_embeddings: The embeddings of URLs.
        semantic_layer: What there is to know of the former.
        url_layer: What there is to know of the latter.
    """

    semantic: SemanticCache
    url_embeddings: UrlEmbeddings
    semantic_layer: CacheLayer
    url_layer: CacheLayer

    def reports(self, session: SessionKey | None = None) -> tuple[LayerReport, LayerReport]:
        """How it is with both layers.

        Args:
            session: Measure what this session cached; None for everything. URL embeddings belong to no session.

        Raises:
            StoreError: A store cannot say, and its errors go to the caller.
        """
        return (
            self.semantic_layer.report(lambda: self.semantic.measure(session)),
            self.url_layer.report(self.url_embeddings.measure),
        )


def wire_caches(
    config: CacheConfig, opener: Opener, policies: Policies, redaction: Redaction, *, undo: ExitStack, events: Events
) -> Caches:
    """Make the caches that a configuration asks for.

    Args:
        config: The configuration.
        opener: Opens its adapters.
        policies: What they decide by.
        redaction: Knows what must not be cached.
        undo: Gets what closing does.
        events: Told of what happens.

    Raises:
        ConfigError: An adapter is unknown, broken or lacks its driver.
    """
    index_name, store_name = config.chosen(Group.SIMILARITY_INDEX), config.chosen(Group.EMBEDDING_STORE)
    raises, clock = config.on_cache_failure == "raise", opener.clock
    semantic_guard = CacheGuard("semantic", clock, raise_failures=raises, events=events)
    url_guard = CacheGuard("URL embedding", clock, raise_failures=raises, events=events)
    index: SimilarityIndex | None = opener.open(Group.SIMILARITY_INDEX, index_name) if index_name else None
    if index is not None:
        undo.callback(index.close)
    store: EmbeddingStore | None = opener.open(Group.EMBEDDING_STORE, store_name) if store_name else None
    if store is not None:
        undo.callback(store.close)
    semantic_layer = CacheLayer("semantic_cache", index_name, semantic_guard, LayerStats("semantic", clock, index, events))
    url_layer = CacheLayer("url_embedding_cache", store_name, url_guard, LayerStats("url_embedding", clock, store, events))
    semantic = SemanticCache(
        index,
        clock=clock,
        guard=semantic_layer.guard,
        stats=semantic_layer.stats,
        match=policies.match,
        admission=policies.admission,
        expiry=policies.expiry,
        redaction=redaction,
        threshold=config.semantic_similarity_threshold,
        ttl=config.semantic_ttl_seconds,
        capacity=config.semantic_max_items_per_url,
        dimension=config.embedding_dimension,
        wait_seconds=config.call_wait_seconds,
    )
    undo.callback(semantic.close)
    url_embeddings = UrlEmbeddings(
        store,
        clock=clock,
        guard=url_layer.guard,
        stats=url_layer.stats,
        model=config.embedding_model,
        dtype="float16" if config.url_cache_dtype == "float16" else "float32",
        dimension=config.embedding_dimension,
        ttl=config.url_cache_ttl_seconds,
        expiry=policies.expiry,
        batch_size=config.url_cache_batch_size,
        capacity=config.url_cache_max_entries,
    )
    undo.callback(url_embeddings.close)
    return Caches(semantic, url_embeddings, semantic_layer, url_layer)
