"""What a search must find, worked out without production code: cosines by exact sums, entries in lists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from lixcore.domain.scope import Scope
from lixcore.ports.similarity_index import IndexEntry, Match, SimilarityIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECIMALS = 12
ALL = 1_000_000  # as ``k``: more than any scope of the suite holds
Numbers = Sequence[float]


def floats(values: Numbers) -> NDArray[np.float32]:
    """What an embedding is given as."""
    return np.array(values, dtype=np.float32)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The cosine in float64. Products of two float32 are exact in it, and `math.fsum` rounds once."""
    a, b = one.tolist(), other.tolist()
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    norms = math.sqrt(math.fsum(x * x for x in a)), math.sqrt(math.fsum(y * y for y in b))
    return max(-1.0, min(1.0, dot / norms[0] / norms[1]))


@attrs.frozen(eq=False)
class Held:
    """An entry that should be live: what was added, and when. Payloads are unique within a scope."""

    vector: NDArray[np.float32]
    payload: bytes
    label: bytes
    added: float


@attrs.frozen
class Allowed:
    """What a similarity may be: one number, or two where the true one lies at the border of rounding; more if approximate."""

    low: float
    high: float

    @staticmethod
    def between(one: NDArray[np.float32], other: NDArray[np.float32], tolerance: float) -> Allowed:
        """The similarities of two vectors that are right."""
        true = cosine(one, other)
        if tolerance:
            return Allowed(max(-1.0, true - tolerance), min(1.0, true + tolerance))
        error = 1e-15 * math.sqrt(len(one))  # of a sum of so many products in float64, generously
        rounded = [round(max(-1.0, min(1.0, true + change)), DECIMALS) for change in (-error, error)]
        return Allowed(*rounded)


def check_found(
    found: Sequence[Match],
    held: Sequence[Held],
    query: Numbers | NDArray[np.float32] | None,
    *,
    label: bytes = b"",
    k: int = ALL,
    at_least: float = -1.0,
    tolerance: float = 0.0,
) -> None:
    """Fail unless ``found`` is a right answer for the entries of the scope, which come in order of adding.

    Args:
        tolerance: How far similarities may be from the true ones; 0 for exact search.
    """
    asked = None if query is None else np.asarray(query, dtype=np.float32)
    ranks = {each.payload: rank for rank, each in enumerate(held)}
    assert len(ranks) == len(held), "the payloads of a test are unique"
    assert all(type(match.payload) is bytes and type(match.similarity) is float for match in found)
    allowed = [Allowed(1.0, 1.0) if asked is None else Allowed.between(each.vector, asked, tolerance) for each in held]
    for match in found:
        assert match.payload in ranks, f"{match.payload!r} is not live in this scope"
        rank = ranks[match.payload]
        assert allowed[rank].low <= match.similarity <= allowed[rank].high, (match, allowed[rank])
        assert abs(match.added - held[rank].added) < 2e-6  # clocks go to the microsecond
        assert match.is_exact == (label != b"" and held[rank].label == label), match
    exact = [each.payload for each in reversed(held) if label and each.label == label][:k]
    assert [match.payload for match in found[: len(exact)]] == exact
    rest = [(match.similarity, ranks[match.payload]) for match in found[len(exact) :]]
    _check_ranking(rest, allowed, k - len(exact), at_least)
    left = set(range(len(held))) - {ranks[match.payload] for match in found}
    left = {rank for rank in left if not label or held[rank].label != label}
    if asked is None:
        assert rest == []
    else:
        _check_left(left, rest, allowed, k - len(exact), at_least)


def _check_ranking(rest: Sequence[tuple[float, int]], allowed: Sequence[Allowed], room: int, at_least: float) -> None:
    assert len(rest) <= room
    assert rest == sorted(rest, reverse=True), "best first, of equals the newest first"
    assert len(set(rest)) == len(rest)
    assert all(similarity >= at_least for similarity, _ in rest), (rest, at_least, allowed)


def _check_left(
    left: set[int], rest: Sequence[tuple[float, int]], allowed: Sequence[Allowed], room: int, at_least: float
) -> None:
    """None that was left out is surely better than the last one that was found."""
    for rank in left:
        low, high = allowed[rank].low, allowed[rank].high
        if low >= at_least:
            assert room == len(rest), f"entry {rank} was not found"
            if rest:
                last, last_rank = rest[-1]
                assert low < last or high > low or (low == last and rank < last_rank), f"entry {rank} is better than the last"
                assert low <= last, f"entry {rank} is better than the last"


def identity(scope: Scope) -> tuple[object, ...]:
    """What tells a scope from others, without its digest."""
    return (scope.session.tenant, None if scope.shared else scope.session.id, scope.url, scope.model, scope.shared)


class Shelf:
    """A scope of a store, and what it should hold; for tests that add a good deal.

    Attributes:
        held: What was added, in that order; a test that lets time pass takes out what expires.
    """

    def __init__(self, store: SimilarityIndex, scope: Scope, tolerance: float) -> None:
        self.store = store
        self.scope = scope
        self.tolerance = tolerance
        self.held: list[Held] = []

    def add(self, vector: Numbers, now: float, *, label: bytes = b"", ttl: float = 3600.0, capacity: int = 1000) -> bytes:
        """Add an entry with a payload of its own, which is returned."""
        entry = IndexEntry(floats(vector), b"%d" % len(self.held), label)
        self.store.add(self.scope, entry, ttl=ttl, capacity=capacity)
        self.held.append(Held(floats(vector), entry.payload, label, now))
        return entry.payload

    def check(self, query: Numbers | None, *, label: bytes = b"", k: int = ALL, at_least: float = -1.0) -> list[Match]:
        """Search, and fail unless the answer is right."""
        asked = None if query is None else floats(query)
        found = list(self.store.search(self.scope, asked, label=label, k=k, at_least=at_least))
        check_found(found, self.held, asked, label=label, k=k, at_least=at_least, tolerance=self.tolerance)
        return found


def payloads(store: SimilarityIndex, scope: Scope, query: Numbers) -> set[bytes]:
    """What a scope holds."""
    return {match.payload for match in store.search(scope, floats(query), k=ALL, at_least=-1.0)}
