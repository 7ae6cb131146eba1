"""The index with USearch does what its port says, searching exactly as small scopes are, and with graphs from the start."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore.testing import Place, SimilarityIndexContract

pytest.importorskip("usearch", reason="USearch is not installed: pip install 'lixcore[usearch]' runs this")
from lixcore_usearch import UsearchSimilarityIndex


@pytest.mark.share(3)
class TestUsearchSearchingExactly(SimilarityIndexContract):
    adapter = UsearchSimilarityIndex


@pytest.mark.share(4)
class TestUsearchWithGraphs(SimilarityIndexContract):
    """Similarities are exact, as what a graph finds is compared once more; among thousands it misses a little."""

    adapter = UsearchSimilarityIndex
    recall = 0.97

    @pytest.fixture(params=["f32", "f16", "i8"])
    def options(self, place: Place, request: pytest.FixtureRequest) -> Any:
        return place.options(dtype=request.param, exact_limit=0)
