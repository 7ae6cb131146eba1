"""The options of the similarity index with USearch."""

from __future__ import annotations

import attrs

from lixcore.ports.options import option


@attrs.frozen
class UsearchOptions:
    """The options of `UsearchSimilarityIndex`. Those of the graph hold for new graphs; a graph made otherwise is built anew."""

    path: str = option(
        "./data/usearch", "The directory of the index, for one process at a time; it is made when it is missing.", place="path"
    )
    dtype: str = option(
        "f16",
        "How the graph holds vectors: f32, f16 in half the memory, or i8 in a quarter. Similarities are exact with each.",
        choices=("f32", "f16", "i8"),
    )
    connectivity: int = option(16, "How many neighbours a vector has in the graph.", at_least=2, at_most=128)
    expansion_add: int = option(128, "How many candidates are looked at where a vector is added.", at_least=8, at_most=4096)
    expansion_search: int = option(
        128, "How many candidates are looked at in a search: more find more and take longer.", at_least=8, at_most=4096
    )
    exact_limit: int = option(
        2000, "Up to how many entries a scope is searched exactly, without a graph.", at_least=0, at_most=1_000_000
    )
    memory_mb: int = option(
        1024, "How many MiB of scopes stay in memory; those that were used last do.", at_least=1, at_most=16_777_216
    )
