"""Turning texts into the words that they are found by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol


class Analyzer(Protocol):
    """Cuts texts into words and reduces these, for every index and for the ranking without one alike.

    It is a pure function: the same text gives the same words, in every process, whatever came before. Safe for threads.

    Attributes:
        identity: Which function it is: it names whatever a word may depend on, versions of libraries included. An index that was
            made with another one is to be made anew.
    """

    @property
    def identity(self) -> str: ...

    def words_of(self, text: str) -> Sequence[str]:
        """What a message is found by, in order, each as often as it occurs; without words that tell nothing."""
        ...

    def query_words(self, text: str) -> Sequence[str]:
        """What a query looks for, in order, each once; without words that tell nothing."""
        ...

    def spans(self, text: str, words: Collection[str]) -> Sequence[tuple[int, int]]:
        """Where a message has some of the words that `query_words` gave: starts and ends, ascending, none touching the next."""
        ...
