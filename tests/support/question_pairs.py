"""Pairs of questions that people labelled, in two halves: one to choose rules by, one to find out whether they hold.

The data is no part of the repository: ``query_pairs.jsonl.gz`` and ``query_pairs_minilm_f16.npy`` in a directory. Its lines are
``{"a", "b", "duplicate", "source", "row_a", "row_b"}``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs
import numpy as np

PAIRS_FILE = "query_pairs.jsonl.gz"
EMBEDDINGS_FILE = "query_pairs_minilm_f16.npy"


@attrs.frozen
class QuestionPair:
    """Two questions.

    Attributes:
        a: The text of one.
        b: The text of the other.
        same: Whether people said that they ask the same.
        source: Where the pair comes from, such as ``paws_qqp``.
        similarity: The cosine of their embeddings.
    """

    a: str
    b: str
    same: bool
    source: str
    similarity: float

    @property
    def is_held_back(self) -> bool:
        """Whether no rule was chosen by it: half of all pairs, by a hash of both texts, whichever comes first."""
        return bool(hashlib.sha256("\n".join(sorted((self.a, self.b))).encode()).digest()[0] & 1)


@attrs.frozen
class Score:
    """How a way of telling same questions did.

    Attributes:
        accepted: How many pairs it took for the same.
        right: How many of them are.
        same: How many are, in all.
    """

    accepted: int
    right: int
    same: int

    @property
    def precision(self) -> float:
        """The share of the accepted that are the same."""
        return self.right / self.accepted

    @property
    def coverage(self) -> float:
        """The share of the same that were accepted."""
        return self.right / self.same


def load_pairs(directory: Path) -> list[QuestionPair]:
    """All pairs of the data."""
    rows = np.load(directory / EMBEDDINGS_FILE, allow_pickle=False).astype(np.float64)
    rows /= np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    with gzip.open(directory / PAIRS_FILE, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return [
        QuestionPair(
            line["a"], line["b"], bool(line["duplicate"]), line["source"], float(rows[line["row_a"]] @ rows[line["row_b"]])
        )
        for line in lines
    ]


def score(pairs: Iterable[QuestionPair], threshold: float, permits: Callable[[str, str], bool]) -> Score:
    """What accepting the pairs that are similar enough, and permitted, gives."""
    pairs = list(pairs)
    accepted = [pair for pair in pairs if pair.similarity >= threshold and permits(pair.a, pair.b)]
    return Score(len(accepted), sum(pair.same for pair in accepted), sum(pair.same for pair in pairs))
