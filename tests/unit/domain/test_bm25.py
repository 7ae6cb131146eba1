"""Scores are those of the formula as published."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.bm25 import K1, B, Corpus, score

COUNTS = st.integers(1, 1000)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    messages = draw(st.integers(1, 10**6))
    return Corpus(messages, draw(st.integers(1, 100)) * messages)


def test_an_example_worked_out_by_hand() -> None:
    # Two messages of 2 and 4 words; "rain" is in the first once, "in" in both.
    corpus = Corpus(2, 6)
    rain, common = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5)), math.log(1 + 0.5 / 2.5)
    assert corpus.rarity(1) == pytest.approx(rain, rel=1e-15)
    assert corpus.rarity(2) == pytest.approx(common, rel=1e-15)
    first = (rain + common) * 1.9 / (1 + 0.9 * (0.6 + 0.4 * 2 / 3))
    found = score({"rain": 1, "in": 1}, {"rain": corpus.rarity(1), "in": corpus.rarity(2)}, corpus.drag(2))
    assert found == pytest.approx(first, rel=1e-15)


@given(corpora(), st.data())
def test_every_word_is_worth_something_and_a_rarer_one_no_less(corpus: Corpus, data: st.DataObject) -> None:
    holding = data.draw(st.integers(1, corpus.messages))
    assert corpus.rarity(holding) > 0
    assert corpus.rarity(holding) <= corpus.rarity(max(1, holding - 1))


@given(corpora(), COUNTS, COUNTS)
def test_more_often_is_no_worse_and_longer_is_no_better(corpus: Corpus, count: int, length: int) -> None:
    def of(occurrences: int, words: int) -> float:
        return score({"w": occurrences}, {"w": 1.0}, corpus.drag(words))

    assert 0 < of(count, length) <= of(count + 1, length) <= K1 + 1
    assert of(count, length) >= of(count, length + 1)


@given(st.dictionaries(st.text(), st.tuples(COUNTS, st.floats(0.001, 20)), min_size=1), st.floats(K1 * (1 - B), 100))
def test_the_order_of_words_does_not_count(words: dict[str, tuple[int, float]], drag: float) -> None:
    counts = {word: count for word, (count, _) in words.items()}
    rarities = {word: rarity for word, (_, rarity) in words.items()}
    backwards = dict(reversed(counts.items()))
    assert score(counts, rarities, drag) == score(backwards, rarities, drag) > 0


def test_without_a_shared_word_it_is_zero() -> None:
    assert score({}, {"w": 1.0}, 1.0) == 0
