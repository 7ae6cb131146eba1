"""Exact search is what exact sums say, to the twelfth decimal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.similarity import DECIMALS, Vectors, nearest
from lixcore.testing.similarity_index.oracle import Allowed, cosine, floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0])
NEAR = st.sampled_from([1.0, 1.0 + 2**-23, 1.0 - 2**-24, -1.0])  # float32 has nothing nearer to 1
EXTREME = st.sampled_from([0.0, 1.0, -1.0, 1e-45, -1e-45, 1e-38, -1e-20, 3e38, -3.4e38])
ANY = st.floats(width=32, allow_nan=False, allow_infinity=False)
KINDS = {"ties": SMALL, "near-parallel": NEAR, "extreme": EXTREME, "any": ANY}


def table(rows: list[list[float]]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32)


def with_direction(numbers: st.SearchStrategy[float], dimension: int) -> st.SearchStrategy[list[float]]:
    return st.lists(numbers, min_size=dimension, max_size=dimension).filter(lambda values: any(np.array(values, np.float32)))


def check_cosines(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float64]:
    """Compare with the oracle; give what was found."""
    found = Vectors(rows).cosines(query)
    assert found.dtype == np.float64
    for row, similarity in zip(rows, found.tolist(), strict=True):
        allowed = Allowed.between(row, query, 0.0)
        assert allowed.low <= similarity <= allowed.high, (row, query)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [1, 2, 3, 8, 33])
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_cosines_are_those_of_exact_sums(kind: str, dimension: int, data: st.DataObject) -> None:
    one = with_direction(KINDS[kind], dimension)
    rows = data.draw(st.lists(one, min_size=1, max_size=8))
    check_cosines(table(rows), floats(data.draw(st.sampled_from(rows) | one)))


@pytest.mark.parametrize("dimension", [384, 1536, 65_536])
@pytest.mark.parametrize("kind", ["random", "all positive", "constant", "few large"])
def test_large_dimensions(dimension: int, kind: str) -> None:
    """A constant vector is the worst for sums: every rounding goes the same way."""
    random = np.random.default_rng(dimension)
    rows = random.standard_normal((4, dimension)).astype(np.float32)
    if kind == "all positive":
        rows = np.abs(rows)
    elif kind == "constant":
        rows[:] = np.array([0.1, 0.3, -0.7, 1e-30], dtype=np.float32)[:, None]
    elif kind == "few large":
        rows[:, ::1000] *= 1e6
    for query in rows:
        check_cosines(rows, query)
    assert Vectors(rows).cosines(rows[0])[0] == 1.0
    assert Vectors(rows).cosines(-rows[0])[0] == -1.0


@pytest.mark.parametrize(("count", "dimension"), [(4096, 3), (4097, 3), (9000, 3), (9000, 130), (20_000, 64)])
def test_many_rows_are_compared_alike_wherever_they_stand(count: int, dimension: int) -> None:
    """Rows are converted some thousands at a time, and kept wide only while they are few."""
    random = np.random.default_rng(count)
    rows = random.standard_normal((count, dimension)).astype(np.float32)
    query = random.standard_normal(dimension).astype(np.float32)
    places = [0, 1, 7, count // 2, 4095, *([4096] if count > 4096 else []), count - 2, count - 1]
    rows[places] = rows[3]
    before = rows.copy()
    found = Vectors(rows).cosines(query)
    assert len(Vectors(rows)) == len(found) == count
    assert len(set(found[places].tolist())) == 1
    for row in [*places, *range(0, count, count // 50)]:
        allowed = Allowed.between(rows[row], query, 0.0)
        assert allowed.low <= found[row] <= allowed.high
    assert np.array_equal(rows, before)


@given(with_direction(SMALL, 3), with_direction(SMALL, 3), st.sampled_from([1.0, 3.0, 1e-30, 1e37, 0.1]))
def test_the_length_of_a_vector_does_not_count(one: list[float], other: list[float], factor: float) -> None:
    scaled = floats([factor * value for value in one])
    assert abs(float(Vectors(scaled[None]).cosines(floats(other))[0]) - cosine(floats(one), floats(other))) < 1e-7
    assert Vectors(floats(one)[None]).cosines(scaled)[0] == pytest.approx(1.0, abs=1e-12)


def test_what_float32_cannot_tell_is_told() -> None:
    """The angle between neighbours in float32 is 1e-7: its cosine is 1 but for 1e-14, so it shows against another vector."""
    step = 2.0**-23
    rows = table([[1.0, 1.0], [1.0, 1.0 + step], [1.0, 1.0 + 2 * step]])
    across = check_cosines(rows, floats([1.0, -1.0]))
    assert across[0] == 0.0
    assert 0 > across[1] > across[2]
    assert check_cosines(rows, floats([1.0, 1.0])).tolist() == [1.0, 1.0, 1.0]


def test_cosines_stay_between_minus_one_and_one() -> None:
    random = np.random.default_rng(0)
    for dimension in (1, 2, 5, 50, 777):
        rows = random.standard_normal((50, dimension)).astype(np.float32) * np.float32(10) ** random.integers(-30, 30)
        for row in rows[:10]:
            assert np.abs(Vectors(rows).cosines(row)).max() == 1.0


def test_views_and_readonly_arrays_are_read_as_they_are() -> None:
    wide = np.arange(1, 25, dtype=np.float32).reshape(4, 6)
    wide.setflags(write=False)
    for rows in (wide[:, ::2], wide[::-1], np.asfortranarray(wide)):
        check_cosines(rows, rows[1])
    assert Vectors(wide[:, ::2]).dimension == 3


def test_no_vectors_have_no_cosines() -> None:
    empty = Vectors(np.empty((0, 3), dtype=np.float32))
    assert len(empty) == 0
    assert empty.cosines(floats([1.0, 2.0, 3.0])).tolist() == []


# Finding the most similar, which compares only some of them.


def check_most_similar(rows: NDArray[np.float32], query: NDArray[np.float32], usable: NDArray[np.bool_], k: int) -> None:
    """Thresholds are taken from the cosines themselves, where it matters whether a row is at, above or below."""
    vectors = Vectors(rows)
    cosines = vectors.cosines(query).tolist()
    some = sorted(set(cosines))[:: 1 + len(rows) // 20]
    for at_least in {-1.0, 1.0, *some, *(min(1.0, each + 1e-12) for each in some)}:
        fit = [row for row, cosine in enumerate(cosines) if usable[row] and cosine >= at_least]
        expected = sorted(fit, key=lambda row: (cosines[row], row), reverse=True)[:k]
        found = vectors.most_similar(query, usable.__getitem__, k=k, at_least=at_least)
        assert found == [(row, cosines[row]) for row in expected]
        assert all((type(row), type(cosine)) == (int, float) for row, cosine in found)
        if usable.all():
            assert vectors.most_similar(query, k=k, at_least=at_least) == found
    for rows_asked in (range(0), range(1), range(0, len(rows), 1 + len(rows) // 8), range(len(rows) - 1, -1, -1)):
        for each in (vectors, Vectors(rows)):  # with what the searches have left, and without
            assert each.cosines_of(list(rows_asked), query) == [cosines[row] for row in rows_asked]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [1, 3, 33])
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_most_similar_are_those_with_the_highest_cosines(kind: str, dimension: int, data: st.DataObject) -> None:
    one = with_direction(KINDS[kind], dimension)
    rows = data.draw(st.lists(one, min_size=1, max_size=12))
    usable = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    query = floats(data.draw(st.sampled_from(rows) | one))
    check_most_similar(table(rows), query, np.array(usable), data.draw(st.integers(1, 14)))


@pytest.mark.parametrize("k", [1, 16, 1000])
@pytest.mark.parametrize("spread", [1e-7, 1e-3, 1.0])
@pytest.mark.parametrize(("count", "dimension"), [(50, 384), (300, 1536), (9000, 24)])
def test_estimates_pass_over_nothing(count: int, dimension: int, spread: float, k: int) -> None:
    """Where all are alike but for their last digits, no estimate can tell them apart."""
    random = np.random.default_rng(count)
    query = random.standard_normal(dimension).astype(np.float32)
    rows = (query + spread * random.standard_normal((count, dimension))).astype(np.float32)
    rows *= (10.0 ** random.integers(-6, 6, count))[:, None].astype(np.float32)
    rows[::7] = rows[1]
    check_most_similar(rows, query, random.uniform(size=count) < 0.8, k)
    check_most_similar(rows, query, np.ones(count, dtype=np.bool_), k)


def test_older_numpy_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(np, "vecdot", raising=False)
    rows = np.random.default_rng(8).standard_normal((30, 40)).astype(np.float32)
    check_cosines(rows, rows[4])
    check_most_similar(rows, rows[4], np.ones(30, dtype=np.bool_), 5)


@pytest.mark.parametrize("damaged", [np.nan, np.inf, -np.inf, 3e38, 0.0, 1e-45])
def test_a_damaged_row_changes_no_other_and_warns_of_nothing(damaged: float) -> None:
    rows = np.random.default_rng(3).standard_normal((20, 40)).astype(np.float32)
    sound, usable = rows.copy(), np.arange(20) != 5
    rows[5] = damaged
    for query in rows[:3]:
        expected = Vectors(sound).most_similar(query, usable.__getitem__, k=9, at_least=-0.5)
        assert Vectors(rows).most_similar(query, usable.__getitem__, k=9, at_least=-0.5) == expected
        assert {row for row, _ in Vectors(rows).most_similar(query, k=20, at_least=-1.0)} >= set(np.flatnonzero(usable).tolist())


# Choosing.

COSINES = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 0.9, 0.900000000001, 1.0]), max_size=12)


@given(COSINES, st.data(), st.integers(1, 14), st.sampled_from([-1.0, 0.0, 0.5, 0.9, 1.0]))
def test_the_nearest_are_those_of_a_sorted_list(cosines: list[float], data: st.DataObject, k: int, at_least: float) -> None:
    usable = data.draw(st.lists(st.booleans(), min_size=len(cosines), max_size=len(cosines)))
    rows = [row for row in range(len(cosines)) if usable[row] and cosines[row] >= at_least]
    expected = sorted(rows, key=lambda row: (cosines[row], row), reverse=True)[:k]
    found = nearest(np.array(cosines, dtype=np.float64), np.array(usable, dtype=np.bool_), k=k, at_least=at_least)
    assert found == expected
    assert all(type(row) is int for row in found)


def test_among_many_the_nearest_are_those_of_a_sorted_list() -> None:
    cosines = np.round(np.random.default_rng(0).uniform(-1, 1, 20_000), 3)
    expected = sorted(range(20_000), key=lambda row: (cosines[row], row), reverse=True)
    for k in (1, 10, 19_999, 30_000):
        assert nearest(cosines, np.ones(20_000, dtype=np.bool_), k=k, at_least=-1.0) == expected[:k]


def test_a_threshold_is_met_by_a_cosine_that_is_exactly_it() -> None:
    """81 + 1 + 9 + 9 = 100: the cosine is 0.9, and a hundred-millionth less with a last number that is one larger."""
    rows = table([[9e6, 1e6, 3e6, 3e6 + change] for change in (0.0, 1.0, -1.0)])
    found = Vectors(rows).cosines(floats([1.0, 0.0, 0.0, 0.0]))
    assert found[0] == 0.9
    assert 0.9 - 1e-7 < found[1] < 0.9 - 10**-DECIMALS
    assert nearest(found, np.ones(3, dtype=np.bool_), k=3, at_least=0.9) == [2, 0]
