"""Finding rows by words, with the scores of `lixcore.domain.bm25`.

Sums are made in float64 in the order of the query's words, so that messages that are alike have the very same score, and rounded
to 9 decimals, far more than sums of another order differ by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from lixcore.domain.bm25 import K1, Corpus
from lixcore_duckdb.candidates import Candidates, best_places
from lixcore_duckdb.fitting import Fitting
from lixcore_duckdb.part_reading import Part
from lixcore_duckdb.state_reading import Searched

if TYPE_CHECKING:
    from numpy.typing import NDArray

DECIMALS: Final = 9
_SPARSE: Final = 64


@attrs.frozen(eq=False)
class Found:
    """Who has a word, in one part.

    Attributes:
        word: Which of the words that were asked for.
        rows: uint32, ascending.
        counts: uint32, how often each has it.
    """

    word: int
    rows: NDArray[np.uint32]
    counts: NDArray[np.uint32]


def holders(parts: Sequence[Part], searched: Searched, hashes: Sequence[int]) -> list[tuple[Part, list[Found]]]:
    """Who has which words among the rows that are searched, part by part."""
    found = []
    for part in parts:
        ranges = searched.ranges.get(part.facts.number)
        if ranges is None:
            continue
        postings, here = part.postings(), []
        for word, hashed in enumerate(hashes):
            rows, counts = postings.of(hashed)
            places = ranges.places_in(rows)
            if len(rows := rows[places]):
                here.append(Found(word, rows, counts[places]))
        if here:
            found.append((part, here))
    return found


def holding(found: Sequence[tuple[Part, Sequence[Found]]], words: int) -> list[int]:
    """How many messages have each of so many words."""
    counted = [0] * words
    for _, here in found:
        for each in here:
            counted[each.word] += len(each.rows)
    return counted


def best_by_words(
    parts: Sequence[Part], searched: Searched, hashes: Sequence[int], fitting: Fitting, *, k: int
) -> list[Candidates]:
    """Those with the highest scores, of each part."""
    found = holders(parts, searched, hashes)
    if not found:
        return []
    corpus = Corpus(searched.messages, searched.words)
    rarities = [corpus.rarity(count) for count in holding(found, len(hashes))]
    best = []
    for part, here in found:
        rows, scores = _scored(part, here, rarities, corpus)
        if not fitting.takes_all:
            fits = fitting.mask(part, rows)
            rows, scores = rows[fits], scores[fits]
        chosen = best_places(scores, k)
        best.append(Candidates.of(part, rows[chosen], scores[chosen]))
    return best


def _scored(
    part: Part, here: Sequence[Found], rarities: Sequence[float], corpus: Corpus
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The rows that have any of the words, ascending, and their scores."""
    lengths = part.rows().lengths
    # What `Corpus.drag` is for no word, and for each word.
    still, each_word = corpus.drag(0), corpus.drag(1) - corpus.drag(0)
    worth = []
    for word in here:
        drags = lengths[word.rows] * each_word + still
        worth.append(word.counts * (rarities[word.word] * (K1 + 1)) / (word.counts + drags))
    rows = np.concatenate([word.rows for word in here])
    values: NDArray[np.float64] = np.concatenate(worth)
    low = int(rows.min())
    if int(rows.max()) - low > _SPARSE * len(rows) + 65_536:
        held, places = np.unique(rows, return_inverse=True)
        sums: NDArray[Any] = np.bincount(places, values)
    else:
        dense = np.bincount(rows - np.uint32(low), values)
        # No score is zero: a word is worth something, however many have it.
        held = dense.nonzero()[0]
        sums, held = dense[held], held + low
    scores: NDArray[np.float64] = sums.round(DECIMALS)
    return held, scores
