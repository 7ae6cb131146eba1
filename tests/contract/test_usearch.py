"""The index with USearch does what its port says, searching exactly as small scopes are, and with graphs from the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract_ground import NOON
from lixcore.ports.similarity_index import SimilarityIndex
from similarity_index_contract import MANY, ONE, SimilarityIndexContract
from similarity_oracle import Shelf, cosine

pytest.importorskip("usearch", reason="USearch is not installed: pip install 'lixcore[usearch]' runs this")
from lixcore_usearch import UsearchSimilarityIndex


class TestUsearchSearchingExactly(SimilarityIndexContract):
    adapter = UsearchSimilarityIndex
    shared = False

    @pytest.fixture
    def options(self, tmp_path: Path) -> Any:
        return UsearchSimilarityIndex.Options(path=str(tmp_path / "index"))


class TestUsearchWithGraphs(SimilarityIndexContract):
    """The suite for exact indexes, but for one test: what is found is compared exactly, and little is missed among few."""

    adapter = UsearchSimilarityIndex
    shared = False
    recall = 0.97

    @pytest.fixture(params=["f32", "f16", "i8"])
    def options(self, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
        return UsearchSimilarityIndex.Options(path=str(tmp_path / "index"), dtype=request.param, exact_limit=0)

    def test_among_many_it_finds_the_best(self, store: SimilarityIndex) -> None:
        random = np.random.default_rng(1)
        shelf = Shelf(store, ONE, 0.0)
        for row in random.standard_normal((MANY, 24)).astype(np.float32):
            shelf.add(row.tolist(), NOON, capacity=MANY)
        hits = 0
        for query in random.standard_normal((50, 24)).astype(np.float32):
            best = sorted(shelf.held, key=lambda each: cosine(each.vector, query), reverse=True)[:10]
            found = store.search(ONE, query, k=10, at_least=-1.0)
            similar = [match.similarity for match in found]
            assert similar == sorted(similar, reverse=True)
            hits += len({match.payload for match in found} & {each.payload for each in best})
        assert hits / 500 >= self.recall
