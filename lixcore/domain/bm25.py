"""Okapi BM25: how well a message fits the words of a query.

It stands here, and not in an adapter, so that a message has the same score whichever index finds it, or none.

S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. The rarity is that of Lucene's
``BM25Similarity``, which, unlike the original, is above zero also for a word that most messages have: sharing it never makes a
message worse. ``k1`` and ``b`` are those of A. Trotman, X.-F. Jia and M. Crane, "Towards an Efficient and Effective Search
Engine", 2012: what is said in a conversation is short, says a word twice by chance, and is long where it has more to tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import attrs

K1: Final = 0.9
"""How soon saying a word again counts for little."""

B: Final = 0.4
"""How much a message's length is held against it: 0, not at all, to 1, wholly."""


@attrs.frozen
class Corpus:
    """What of all messages that are searched goes into a score.

    Attributes:
        messages: How many they are, also those without a word; 1 or more.
        words: How many words they have together; 1 or more.
    """

    messages: int
    words: int

    def rarity(self, holding: int) -> float:
        """What a word is worth that so many of the messages hold: above zero, the more the fewer they are."""
        return math.log1p((self.messages - holding + 0.5) / (holding + 0.5))

    def drag(self, length: int) -> float:
        """What a message of so many words divides its counts by, among others; see `score`."""
        return K1 * (1 - B + B * length * self.messages / self.words)


def score(occurrences: Mapping[str, int], rarities: Mapping[str, float], drag: float) -> float:
    """How well a message fits: zero where it has none of the words, else above.

    Args:
        occurrences: How often the message has each of its words that the query has as well.
        rarities: What each word of the query is worth.
        drag: What `Corpus.drag` gives for the message's length.
    """
    # Summed up exactly: the order in which words come must not tell two equal messages apart.
    return math.fsum(rarities[word] * count * (K1 + 1) / (count + drag) for word, count in occurrences.items())
