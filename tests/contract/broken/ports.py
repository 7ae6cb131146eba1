"""The wrong adapters of all ports."""

from __future__ import annotations

from collections.abc import Sequence

from broken import embedding_stores, eviction_policies, similarity_indexes
from broken.cases import Port

PORTS: Sequence[Port] = [similarity_indexes.PORT, embedding_stores.PORT, eviction_policies.PORT]
