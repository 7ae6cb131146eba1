"""Archive indexes that are wrong in what they take for a word, and a query for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs

from lixcore.domain.words import query_words
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexFilter, IndexHit
from lixcore_memory import MemoryArchiveIndex

ALL = 1_000_000


class _Read(MemoryArchiveIndex):
    """An index that reads texts and queries in a way of its own."""

    def text_as(self, text: str) -> str:
        return text

    def query_as(self, query: str) -> str:
        return query

    def add(self, batches: Sequence[IndexBatch]) -> int:
        read = []
        for batch in batches:
            messages: list[IndexedMessage] = [attrs.evolve(each, text=self.text_as(each.text)) for each in list(batch.messages)]
            read.append(attrs.evolve(batch, messages=messages))
        return super().add(read)

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return super().search_text(self.query_as(query), k=k, where=where)


class RegardsCase(_Read):
    """Words are compared as they are: a capital is another letter."""

    def text_as(self, text: str) -> str:
        return re.sub("[A-Z]", lambda match: f"{match.group().lower()}0", text)

    def query_as(self, query: str) -> str:
        return self.text_as(query)


class KnowsAsciiOnly(_Read):
    """``[a-z0-9]+``."""

    def text_as(self, text: str) -> str:
        return re.sub(r"[^\x00-\x7f]+", " ", text)

    def query_as(self, query: str) -> str:
        return self.text_as(query)


class TakesSentencesForWords(_Read):
    r"""``\w+``, also where no space is put between words."""

    def text_as(self, text: str) -> str:
        return re.sub(r"[^\W\x00-\x7f]{5,}", lambda match: f"long{abs(hash(match.group()))}", text)


class ComparesAccentsByteForByte(_Read):
    """What is composed is another word than what is not."""

    def text_as(self, text: str) -> str:
        return re.sub("[\u0300-\u036f]+", " ", text)

    def query_as(self, query: str) -> str:
        return self.text_as(query)


class ObeysMinus(_Read):
    """A search engine's query language: what a minus stands before must not occur."""

    def query_as(self, query: str) -> str:
        return re.sub(r"-\w+", "", query)


class ObeysStars(_Read):
    """A word with a star is the beginning of one."""

    def query_as(self, query: str) -> str:
        words = {word for each in self._histories.values() for word in each.postings}
        beginnings = re.findall(r"(\w+)\*", query.lower())
        return " ".join([query, *(word for word in words if word.startswith(tuple(beginnings)) and beginnings)])


class CutsQueriesAtNul(_Read):
    """C strings."""

    def query_as(self, query: str) -> str:
        return query.split("\0", maxsplit=1)[0]


class ReadsTheFirstHundredWords(_Read):
    """A limit of the engine, in silence."""

    def query_as(self, query: str) -> str:
        return " ".join(query.split()[:100])


class FindsAllForNothing(MemoryArchiveIndex):
    """``like '%' || '' || '%'``."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        if not query_words(query):
            found = [(session, each.messages[at]) for session, each in self._searched(where) for at in reversed(each.positions)]
            return [IndexHit(session, held.position, 0.0, held.timestamp) for session, held in found][:k]
        return super().search_text(query, k=k, where=where)


class WantsAllWords(MemoryArchiveIndex):
    """A query's words are joined with AND."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = super().search_text(query, k=ALL, where=where)
        words = set(query_words(query))
        found = [hit for hit in hits if words <= self._histories[hit.session.digest].messages[hit.position].occurrences.keys()]
        return found[:k]


class FindsPartsOfWords(MemoryArchiveIndex):
    """``instr(text, word)``."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        words = {word for each in self._histories.values() for word in each.postings}
        wider = [word for word in words if any(part in word for part in query_words(query))]
        return super().search_text(" ".join(wider), k=k, where=where)


CASES: list[tuple[Any, Sequence[str]]] = [
    (RegardsCase, ["case-does-not-count[ZANZIBAR]"]),
    (KnowsAsciiOnly, ["words-of-any-script-are-found[Hindi]"]),
    (TakesSentencesForWords, ["in-scripts-without-spaces-a-part-finds-the-sentence[Chinese]"]),
    (ComparesAccentsByteForByte, ["how-unicode-writes-a-character-does-not-count"]),
    (ObeysMinus, ["no-character-of-a-query-is-an-operator[quotes and minus]"]),
    (ObeysStars, ["patterns-are-no-patterns[star]"]),
    (CutsQueriesAtNul, ["no-character-of-a-query-is-an-operator[nul]"]),
    (ReadsTheFirstHundredWords, ["all-words-of-a-long-query-count"]),
    (FindsAllForNothing, ["a-query-without-words-finds-nothing[punctuation]"]),
    (WantsAllWords, ["no-character-of-a-query-is-an-operator[lines]", "all-words-are-not-ranked-below-some"]),
    (FindsPartsOfWords, ["a-message-that-shares-no-word-is-no-hit"]),
]
