"""A similarity index for scopes of very many vectors: approximate search in a directory of one process."""

from __future__ import annotations

from lixcore_usearch.options import UsearchOptions
from lixcore_usearch.similarity_index import UsearchSimilarityIndex

__all__ = ["UsearchOptions", "UsearchSimilarityIndex"]
