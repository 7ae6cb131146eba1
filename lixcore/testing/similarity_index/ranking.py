"""How every similarity index compares and ranks: lengths, thresholds, ties, numbers and labels."""

from __future__ import annotations

import pytest

from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    IndexGround,
)
from lixcore.testing.similarity_index.oracle import Shelf

BORDER = [9_000_000.0, 1_000_000.0, 3_000_000.0, 3_000_000.0]  # 81 + 1 + 9 + 9 = 100: the first part of its direction is 0.9


class IndexRanking(IndexGround):
    """Lengths, thresholds, order."""

    @rule("Few models give vectors of length one: a dot product that is not normalised prefers long vectors to similar ones.")
    def test_the_length_of_a_vector_does_not_count(self, shelf: Shelf) -> None:
        for factor in (1.0, 1000.0, 0.001):
            shelf.add([3.0 * factor, 4.0 * factor], NOON)
        shelf.add([5.0, 5.0], NOON)
        for factor in (1.0, 500.0, 0.01):
            found = shelf.check([3.0 * factor, 4.0 * factor], at_least=0.5)
            assert {match.payload for match in found[:3]} == {b"0", b"1", b"2"}

    @rule("Thresholds are calibrated on similarities that were seen; the one at the border decides.")
    def test_a_threshold_that_is_exactly_met_is_met(self, shelf: Shelf) -> None:
        if self.tolerance:
            pytest.skip("an approximate index knows no exact similarity")
        shelf.add([3.0, 4.0], NOON)
        assert len(shelf.check([1.0, 0.0], at_least=0.6)) == 1
        assert shelf.check([1.0, 0.0], at_least=0.600000000001) == []
        assert len(shelf.check([-3.0, -4.0], at_least=-1.0)) == 1
        assert len(shelf.check([6.0, 8.0], at_least=1.0)) == 1
        assert len(shelf.check([4.0, -3.0], at_least=0.0)) == 1

    @rule("Similarities are rounded at the twelfth decimal alone, so that all adapters decide the same.")
    def test_a_threshold_that_is_missed_by_very_little_is_missed(self, shelf: Shelf) -> None:
        """By a hundred-millionth, which float32 cannot tell."""
        if self.tolerance:
            pytest.skip("an approximate index cannot tell either")
        for change in (0.0, 1.0, -1.0):
            shelf.add([*BORDER[:3], BORDER[3] + change], NOON)
        found = shelf.check([1.0, 0.0, 0.0, 0.0], at_least=0.9)
        assert [match.payload for match in found] == [b"2", b"0"]

    @rule("The nearest of what is there may be far away: its answer would be one to another question.")
    def test_nothing_is_found_where_nothing_is_similar_enough(self, shelf: Shelf) -> None:
        shelf.add([1.0, 0.0], NOON)
        assert shelf.check([0.0, 1.0], at_least=0.5) == []
        assert shelf.check([-1.0, 0.0], at_least=-0.5) == []

    @rule(
        "The newer of two answers to the same question is the right one, and which one comes must not change from call to call."
    )
    def test_of_equals_the_one_that_was_added_last_comes_first(self, shelf: Shelf) -> None:
        for _ in range(3):
            shelf.add([1.0, 1.0], NOON)
            shelf.add([1.0, 0.0], NOON)
        assert [match.payload for match in shelf.check([1.0, 1.0])] == [b"4", b"2", b"0", b"5", b"3", b"1"]
        assert [match.payload for match in shelf.check([1.0, 1.0], k=1)] == [b"4"]

    @rule("The caller makes room for so many, and pays for reading each.")
    def test_no_more_than_k_are_found(self, shelf: Shelf) -> None:
        for number in range(6):
            shelf.add([1.0, float(number)], NOON, label=b"a" * 32 if number % 2 else b"")
        for k in range(1, 9):
            assert len(shelf.check([1.0, 0.0], k=k)) == min(k, 6)
            assert len(shelf.check([1.0, 0.0], k=k, label=b"a" * 32)) == min(k, 6)
            assert len(shelf.check(None, k=k, label=b"a" * 32)) == min(k, 3)

    @rule("The label stands for the very same question: its answer comes first, whatever an embedding says.")
    def test_a_label_is_found_first_however_dissimilar_its_entry_is(self, shelf: Shelf) -> None:
        shelf.add([-1.0, 0.0], NOON, label=b"q" * 32)
        shelf.add([1.0, 0.0], NOON)
        shelf.add([-1.0, 0.1], NOON, label=b"q" * 32)
        shelf.add([0.9, 0.0], NOON, label=b"r" * 32)
        found = shelf.check([1.0, 0.0], label=b"q" * 32, at_least=0.99)
        assert [(match.payload, match.is_exact) for match in found] == [(b"2", True), (b"0", True), (b"3", False), (b"1", False)]
        assert found[1].similarity < -0.9

    @rule("A lookup before the embedding is paid for asks for the label alone, and must not find what only has a vector.")
    def test_without_a_vector_only_the_label_counts(self, shelf: Shelf) -> None:
        shelf.add([1.0, 0.0], NOON, label=b"q" * 32)
        shelf.add([1.0, 0.0], NOON)
        assert [match.similarity for match in shelf.check(None, label=b"q" * 32, at_least=1.0)] == [1.0]
        assert shelf.check(None, label=b"Q" * 32) == []
        assert shelf.check(None) == []

    @rule("Most entries have no label: if that counted as one, each would be an exact match of every other.")
    def test_no_label_is_not_a_label(self, shelf: Shelf) -> None:
        shelf.add([1.0, 0.0], NOON)
        shelf.add([1.0, 0.0], NOON, label=b"\0" * 32)
        shelf.add([0.0, 1.0], NOON)
        found = shelf.check([1.0, 0.0], at_least=0.9)
        assert [match.is_exact for match in found] == [False, False]
        assert [match.payload for match in shelf.check(None, label=b"\0" * 32)] == [b"1"]
