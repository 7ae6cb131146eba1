"""What every similarity index finds: searches compared with a brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.ports.similarity_index import SimilarityIndex
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    ONE,
    IndexGround,
    NewShelf,
)
from lixcore.testing.similarity_index.oracle import Shelf, cosine, floats

LABELS = st.sampled_from([b"", b"a" * 32, b"A" * 32, b"\0" * 32, b"\0" * 31 + b"a"])
SMALL = st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0])
ANY = st.floats(width=32, min_value=-100, max_value=100)
EXTREME = st.sampled_from([0.0, 1.0, -1.0, 1.0000001, 1e-45, -1e-38, 3e38, -3.4e38, 1e-20])
MANY = 2000


def vectors(numbers: st.SearchStrategy[float], dimension: int) -> st.SearchStrategy[list[float]]:
    """Vectors with a direction."""
    return st.lists(numbers, min_size=dimension, max_size=dimension).filter(lambda values: any(np.array(values, np.float32)))


class IndexSearching(IndexGround):
    """As a brute force."""

    @rule("Most scopes are empty: the first query of every session looks into one that nobody has added to.")
    def test_what_was_never_added_to_is_empty(self, store: SimilarityIndex) -> None:
        assert list(store.search(ONE, floats([1.0]), k=1, at_least=-1.0)) == []
        assert list(store.search(ONE, None, label=b"a" * 32, k=1, at_least=-1.0)) == []
        assert store.forget(ONE.session) == 0
        assert store.measure().entries == 0
        assert store.measure(ONE.session).entries == 0

    @pytest.mark.parametrize("numbers", [SMALL, ANY, EXTREME], ids=["ties", "any", "extreme"])
    @pytest.mark.parametrize("dimension", [1, 2, 3, 17])
    @rule("A cached answer that belongs to another question is given as the answer: what is most similar has to be just that.")
    def test_it_finds_what_a_brute_force_finds(
        self, new_shelf: NewShelf, numbers: st.SearchStrategy[float], dimension: int
    ) -> None:
        if self.tolerance and numbers is EXTREME:
            pytest.skip("an approximate index may not hold numbers of any size")
        one = vectors(numbers, dimension)

        @examples(25)
        @given(st.lists(one, min_size=1, max_size=12), one, st.integers(1, 14), st.floats(-1, 1) | SMALL.map(lambda n: n / 2))
        def check(rows: list[list[float]], query: list[float], k: int, at_least: float) -> None:
            shelf = new_shelf()
            for row in rows:
                shelf.add(row, NOON)
            shelf.check(query, k=k, at_least=at_least)
            shelf.check(query)
            shelf.check(rows[0], k=1)

        check()

    @rule("The same question asked again is found by its label: before all others, and never in the place of one.")
    def test_with_labels_it_finds_what_a_brute_force_finds(self, new_shelf: NewShelf) -> None:
        one = vectors(SMALL, 2)

        @examples(60)
        @given(
            st.lists(st.tuples(one, LABELS), min_size=3, max_size=10),
            st.none() | one,
            LABELS,
            st.integers(1, 6),
            st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
        )
        def check(
            rows: list[tuple[list[float], bytes]], query: list[float] | None, label: bytes, k: int, at_least: float
        ) -> None:
            shelf = new_shelf()
            for row, own in rows:
                shelf.add(row, NOON, label=own)
            shelf.check(query, label=label, k=k, at_least=at_least)

        check()

    @pytest.mark.parametrize("dimension", [384, 1536, 65_536])
    @rule("Embedding models give from 384 to some thousands of numbers, and sums of so many lose digits first.")
    def test_large_dimensions(self, shelf: Shelf, dimension: int) -> None:
        random = np.random.default_rng(dimension)
        rows = random.standard_normal((6, dimension)).astype(np.float32)
        rows[4] = rows[1]
        for row in rows:
            shelf.add(row.tolist(), NOON)
        for query in (rows[1], -rows[2], rows[0] + rows[3]):
            shelf.check(query.tolist())
            shelf.check(query.tolist(), k=2, at_least=0.3)

    @rule("A scope of fifty is no scope of three: what sorts, cuts or pages wrongly shows there.")
    def test_a_larger_scope(self, shelf: Shelf) -> None:
        random = np.random.default_rng(50)
        rows = random.standard_normal((50, 384)).astype(np.float32)
        for row in rows:
            shelf.add(row.tolist(), NOON)
        for query in rows[:5] + 0.5 * random.standard_normal((5, 384)).astype(np.float32):
            shelf.check(query.tolist(), k=5)
            shelf.check(query.tolist(), k=50, at_least=0.05)

    @rule("With thousands of entries it is tempting to look at a part only: how much is missed must be what is declared.")
    def test_among_many_it_finds_the_best(self, store: SimilarityIndex) -> None:
        random = np.random.default_rng(1)
        rows = random.standard_normal((MANY, 24)).astype(np.float32)
        shelf = Shelf(store, ONE, self.tolerance)
        for row in rows:
            shelf.add(row.tolist(), NOON, capacity=MANY)
        queries = rows[:20] + random.standard_normal((20, 24)).astype(np.float32)
        if not self.tolerance and self.recall == 1.0:
            for query in queries[:3]:
                shelf.check(query.tolist(), k=10, at_least=0.2)
            return
        hits = 0
        for query in queries:
            best = sorted(shelf.held, key=lambda each: cosine(each.vector, query), reverse=True)[:10]
            found = store.search(ONE, query, k=10, at_least=-1.0)
            similar = [match.similarity for match in found]
            assert len(found) == 10
            assert similar == sorted(similar, reverse=True)
            hits += len({match.payload for match in found} & {each.payload for each in best})
        assert hits / 200 >= self.recall, "the part of the ten best that was found"

    @rule("Questions that differ in one word have nearly the same embedding, and float32 takes them for the same one.")
    def test_near_parallel_vectors_are_told_apart(self, shelf: Shelf) -> None:
        """The seventh digit of one number; float32 has no more."""
        for step in (0, 3, 1, 2):
            shelf.add([1.0, 1.0 + step * 1.2e-7, 0.5], NOON)
        found = shelf.check([1.0, 1.0, 0.5])
        if not self.tolerance:
            assert [match.similarity for match in found] == sorted((match.similarity for match in found), reverse=True)
            assert found[0].similarity == 1.0
            shelf.check([1.0, -1.0 - 1.2e-7, 0.0])
