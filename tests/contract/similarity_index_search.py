"""What every similarity index finds: the part of the suite that compares searches with a brute force."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_ground import NOON
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import SimilarityIndex
from similarity_oracle import Shelf

LABELS = st.sampled_from([b"", b"a" * 32, b"A" * 32, b"\0" * 32, b"\0" * 31 + b"a"])
SMALL = st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0])
ANY = st.floats(width=32, min_value=-100, max_value=100)
EXTREME = st.sampled_from([0.0, 1.0, -1.0, 1.0000001, 1e-45, -1e-38, 3e38, -3.4e38, 1e-20])
BORDER = [9_000_000.0, 1_000_000.0, 3_000_000.0, 3_000_000.0]  # 81 + 1 + 9 + 9 = 100: the first part of its direction is 0.9

_examples = count()
NewShelf = Callable[[], Shelf]


def vectors(numbers: st.SearchStrategy[float], dimension: int) -> st.SearchStrategy[list[float]]:
    """Vectors with a direction."""
    return st.lists(numbers, min_size=dimension, max_size=dimension).filter(lambda values: any(np.array(values, np.float32)))


class SimilarityIndexSearch:
    """Mixed into `SimilarityIndexContract`."""

    tolerance: ClassVar[float]

    @pytest.fixture
    def new_shelf(self, store: SimilarityIndex) -> NewShelf:
        """Makes empty scopes, each another one."""
        return lambda: Shelf(store, Scope(SessionKey(f"example {next(_examples)}")), self.tolerance)

    @pytest.fixture
    def shelf(self, new_shelf: NewShelf) -> Shelf:
        return new_shelf()

    # As a brute force.

    @pytest.mark.parametrize("numbers", [SMALL, ANY, EXTREME], ids=["ties", "any", "extreme"])
    @pytest.mark.parametrize("dimension", [1, 2, 3, 17])
    def test_it_finds_what_a_brute_force_finds(
        self, new_shelf: NewShelf, numbers: st.SearchStrategy[float], dimension: int
    ) -> None:
        if self.tolerance and numbers is EXTREME:
            pytest.skip("an approximate index may not hold numbers of any size")
        one = vectors(numbers, dimension)

        @settings(max_examples=25, deadline=None)
        @given(st.lists(one, min_size=1, max_size=12), one, st.integers(1, 14), st.floats(-1, 1) | SMALL.map(lambda n: n / 2))
        def check(rows: list[list[float]], query: list[float], k: int, at_least: float) -> None:
            shelf = new_shelf()
            for row in rows:
                shelf.add(row, NOON)
            shelf.check(query, k=k, at_least=at_least)
            shelf.check(query)
            shelf.check(rows[0], k=1)

        check()

    def test_with_labels_it_finds_what_a_brute_force_finds(self, new_shelf: NewShelf) -> None:
        one = vectors(SMALL, 2)

        @settings(max_examples=60, deadline=None)
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
    def test_large_dimensions(self, shelf: Shelf, dimension: int) -> None:
        random = np.random.default_rng(dimension)
        rows = random.standard_normal((6, dimension)).astype(np.float32)
        rows[4] = rows[1]
        for row in rows:
            shelf.add(row.tolist(), NOON)
        for query in (rows[1], -rows[2], rows[0] + rows[3]):
            shelf.check(query.tolist())
            shelf.check(query.tolist(), k=2, at_least=0.3)

    def test_a_larger_scope(self, shelf: Shelf) -> None:
        random = np.random.default_rng(50)
        rows = random.standard_normal((50, 384)).astype(np.float32)
        for row in rows:
            shelf.add(row.tolist(), NOON)
        for query in rows[:5] + 0.5 * random.standard_normal((5, 384)).astype(np.float32):
            shelf.check(query.tolist(), k=5)
            shelf.check(query.tolist(), k=50, at_least=0.05)

    def test_near_parallel_vectors_are_told_apart(self, shelf: Shelf) -> None:
        """The seventh digit of one number; float32 has no more."""
        for step in (0, 3, 1, 2):
            shelf.add([1.0, 1.0 + step * 1.2e-7, 0.5], NOON)
        found = shelf.check([1.0, 1.0, 0.5])
        if not self.tolerance:
            assert [match.similarity for match in found] == sorted((match.similarity for match in found), reverse=True)
            assert found[0].similarity == 1.0
            shelf.check([1.0, -1.0 - 1.2e-7, 0.0])

    def test_the_length_of_a_vector_does_not_count(self, shelf: Shelf) -> None:
        for factor in (1.0, 1000.0, 0.001):
            shelf.add([3.0 * factor, 4.0 * factor], NOON)
        shelf.add([5.0, 5.0], NOON)
        for factor in (1.0, 500.0, 0.01):
            found = shelf.check([3.0 * factor, 4.0 * factor], at_least=0.5)
            assert {match.payload for match in found[:3]} == {b"0", b"1", b"2"}

    # Thresholds.

    def test_a_threshold_that_is_exactly_met_is_met(self, shelf: Shelf) -> None:
        if self.tolerance:
            pytest.skip("an approximate index knows no exact similarity")
        shelf.add([3.0, 4.0], NOON)
        assert len(shelf.check([1.0, 0.0], at_least=0.6)) == 1
        assert shelf.check([1.0, 0.0], at_least=0.600000000001) == []
        assert len(shelf.check([-3.0, -4.0], at_least=-1.0)) == 1
        assert len(shelf.check([6.0, 8.0], at_least=1.0)) == 1
        assert len(shelf.check([4.0, -3.0], at_least=0.0)) == 1

    def test_a_threshold_that_is_missed_by_very_little_is_missed(self, shelf: Shelf) -> None:
        """By a hundred-millionth, which float32 cannot tell."""
        if self.tolerance:
            pytest.skip("an approximate index cannot tell either")
        for change in (0.0, 1.0, -1.0):
            shelf.add([*BORDER[:3], BORDER[3] + change], NOON)
        found = shelf.check([1.0, 0.0, 0.0, 0.0], at_least=0.9)
        assert [match.payload for match in found] == [b"2", b"0"]

    def test_nothing_is_found_where_nothing_is_similar_enough(self, shelf: Shelf) -> None:
        shelf.add([1.0, 0.0], NOON)
        assert shelf.check([0.0, 1.0], at_least=0.5) == []
        assert shelf.check([-1.0, 0.0], at_least=-0.5) == []

    # Order, number, labels.

    def test_of_equals_the_one_that_was_added_last_comes_first(self, shelf: Shelf) -> None:
        for _ in range(3):
            shelf.add([1.0, 1.0], NOON)
            shelf.add([1.0, 0.0], NOON)
        assert [match.payload for match in shelf.check([1.0, 1.0])] == [b"4", b"2", b"0", b"5", b"3", b"1"]
        assert [match.payload for match in shelf.check([1.0, 1.0], k=1)] == [b"4"]

    def test_no_more_than_k_are_found(self, shelf: Shelf) -> None:
        for number in range(6):
            shelf.add([1.0, float(number)], NOON, label=b"a" * 32 if number % 2 else b"")
        for k in range(1, 9):
            assert len(shelf.check([1.0, 0.0], k=k)) == min(k, 6)
            assert len(shelf.check([1.0, 0.0], k=k, label=b"a" * 32)) == min(k, 6)
            assert len(shelf.check(None, k=k, label=b"a" * 32)) == min(k, 3)

    def test_a_label_is_found_first_however_dissimilar_its_entry_is(self, shelf: Shelf) -> None:
        shelf.add([-1.0, 0.0], NOON, label=b"q" * 32)
        shelf.add([1.0, 0.0], NOON)
        shelf.add([-1.0, 0.1], NOON, label=b"q" * 32)
        shelf.add([0.9, 0.0], NOON, label=b"r" * 32)
        found = shelf.check([1.0, 0.0], label=b"q" * 32, at_least=0.99)
        assert [(match.payload, match.is_exact) for match in found] == [(b"2", True), (b"0", True), (b"3", False), (b"1", False)]
        assert found[1].similarity < -0.9

    def test_without_a_vector_only_the_label_counts(self, shelf: Shelf) -> None:
        shelf.add([1.0, 0.0], NOON, label=b"q" * 32)
        shelf.add([1.0, 0.0], NOON)
        assert [match.similarity for match in shelf.check(None, label=b"q" * 32, at_least=1.0)] == [1.0]
        assert shelf.check(None, label=b"Q" * 32) == []
        assert shelf.check(None) == []

    def test_no_label_is_not_a_label(self, shelf: Shelf) -> None:
        shelf.add([1.0, 0.0], NOON)
        shelf.add([1.0, 0.0], NOON, label=b"\0" * 32)
        shelf.add([0.0, 1.0], NOON)
        found = shelf.check([1.0, 0.0], at_least=0.9)
        assert [match.is_exact for match in found] == [False, False]
        assert [match.payload for match in shelf.check(None, label=b"\0" * 32)] == [b"1"]
