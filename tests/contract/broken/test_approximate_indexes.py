"""An approximate index that says how far off it is passes, and one that is further off does not."""

from __future__ import annotations

from broken.indexes_that_find_wrongly import CutsBeforeItSorts, IsApproximate
from lixcore.testing import SimilarityIndexContract

RULES = {
    "with-labels-it-finds-what-a-brute-force-finds",
    "a-larger-scope",
    "near-parallel-vectors-are-told-apart",
    "the-length-of-a-vector-does-not-count",
    "of-equals-the-one-that-was-added-last-comes-first",
    "no-more-than-k-are-found",
    "a-label-is-found-first-however-dissimilar-its-entry-is",
    "among-many-it-finds-the-best",
}


class TestOneThatSaysSo(SimilarityIndexContract):
    adapter = IsApproximate
    tolerance = 0.002
    recall = 0.9
    caught_by = frozenset(f"similarity-index/{rule}" for rule in RULES)


class TestOneThatIsFurtherOffThanItSays(SimilarityIndexContract):
    adapter = IsApproximate
    tolerance = 1e-6
    caught_by = frozenset({"similarity-index/a-larger-scope"})
    is_broken = True


class TestOneThatMissesMoreThanItSays(SimilarityIndexContract):
    adapter = CutsBeforeItSorts
    tolerance = 0.002
    recall = 0.9
    caught_by = frozenset({"similarity-index/among-many-it-finds-the-best"})
    is_broken = True
