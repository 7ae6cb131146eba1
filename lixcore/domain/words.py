"""A text as the words that it can be found by.

It stands here, and not in an adapter, because a search must not depend on what is installed: every index, and the ranking without
one, cut texts alike.

Words are runs of letters, marks and digits, as Unicode's text segmentation (UAX #29) has them, but without its rules for what
joins two of them: an apostrophe, a full stop or an underscore ends a word, so that "Anna's" is found by "anna".
Scripts that put no spaces between words are cut into pairs of neighbouring characters (as Lucene's CJKBigramFilter does with
``outputUnigrams``), since real words take a dictionary.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from operator import add
from typing import Final

_ASCII_WORD: Final = re.compile("[a-z0-9]+")

_UNSPACED: Final = re.compile(
    "["
    "\u0e00-\u0e4f"  # Thai, up to its digits
    "\u0e80-\u0ecf\u0edc-\u0edf"  # Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109d"  # Myanmar
    "\u1780-\u17df"  # Khmer
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b"  # marks and numerals among Han characters
    "\u3041-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f"  # Hiragana and Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "]+"
)

_MARKS_LIE_IN: Final = range(0x300, 0x20000)

_INVISIBLE: Final = (
    "\u00ad"  # the soft hyphen
    "\u200c\u200d"  # the non-joiner, which Persian writes and leaves out, and the joiner
    "\u2060\ufeff"
    "\ufe00-\ufe0f\U000e0100-\U000e01ef"  # selectors of variants, as of Han characters and emoji
)
"""What may stand within a word and tells nothing. The space of no width is not among them: Khmer parts its words with it."""


_DROPPED: Final = re.compile(f"[{_INVISIBLE}]+")

_RUN: Final = re.compile(r"\s+|\S+")

_JOINS: Final = re.compile(f"[\u1160-\u11ff\uff9e-\uffdc{_INVISIBLE}]")
"""What becomes one with the character before it, beside marks: later parts of Korean syllables, marks of narrow Katakana."""


def folded(text: str) -> str:
    """The text with one form for what only case or a way of writing it tells apart; about Unicode's NFKC_Casefold."""
    if text.isascii():
        return text.lower()
    # What was folded can need composing again, and what that composed, folding.
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", _DROPPED.sub("", once.casefold()))


def words_of(text: str) -> list[str]:
    """What a message is found by, in order, each as often as it occurs.

    Of a run of a script without spaces, the pairs of neighbouring characters, and each character.
    """
    return _cut(text, _pairs_and_characters)


def query_words(text: str) -> list[str]:
    """What a query looks for, in order, each once.

    Of a run of a script without spaces, the pairs of neighbouring characters; of one that is a single character, that.
    """
    return list(dict.fromkeys(_cut(text, _pairs)))


class PlainAnalyzer:
    """The words as they are written, whatever the language: `lixcore.ports.analyzer.Analyzer` without a dictionary."""

    identity: Final = "plain 1"

    def words_of(self, text: str) -> Sequence[str]:
        """See `words_of`."""
        return words_of(text)

    def query_words(self, text: str) -> Sequence[str]:
        """See `query_words`."""
        return query_words(text)

    def spans(self, text: str, words: Collection[str]) -> Sequence[tuple[int, int]]:
        """See the port."""
        return spans_of(text, words)


def spans_of(text: str, words: Collection[str], reduced: Callable[[str], str] = str) -> list[tuple[int, int]]:
    """Where a text has some words: starts and ends, ascending, none touching the next.

    Of a script without spaces, these are the pairs of characters that are looked for, or what they join to.

    Args:
        text: Of a message, as it was written.
        words: What is looked for.
        reduced: Gives what a word of `words_of` is looked for as.
    """
    wanted = frozenset(words)
    plain, starts, ends = _folded_in_place(text)
    spans: list[tuple[int, int]] = []
    for first, beyond in _pieces(plain):
        if reduced(plain[first:beyond]) in wanted:
            start, end = starts[first], ends[beyond - 1]
            if spans and start <= spans[-1][1]:
                start, end = spans[-1][0], max(end, spans.pop()[1])
            spans.append((start, end))
    return spans


def _folded_in_place(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """What `folded` gives, and for each character of that, where what it was made of starts and ends in the text."""
    if text.isascii():
        return folded(text), range(len(text)), range(1, len(text) + 1)
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for run in _RUN.finditer(text):
        whole = folded(run.group())
        parts = [(folded(text[start:end]), start, end) for start, end in _characters(text, *run.span())]
        if "".join(part for part, _, _ in parts) != whole:
            parts = [(whole, *run.span())]
        for part, start, end in parts:
            plain.append(part)
            starts += [start] * len(part)
            ends += [end] * len(part)
    return "".join(plain), starts, ends


def _characters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A part of a text as what a reader takes for characters: each with the marks that follow it."""
    first = start
    for at in range(start + 1, end):
        if not _JOINS.match(text, at) and unicodedata.category(text[at])[0] != "M":
            yield first, at
            first = at
    yield first, end


def _pieces(plain: str) -> Iterator[tuple[int, int]]:
    """Where the words of a folded text are that `words_of` gives, by their start."""
    if plain.isascii():
        yield from (word.span() for word in _ASCII_WORD.finditer(plain))
        return
    for word in _word().finditer(plain.replace("_", " ")):
        at, end = word.span()
        for run in _UNSPACED.finditer(word.group()):
            start, beyond = word.start() + run.start(), word.start() + run.end()
            if start > at:
                yield at, start
            for character in range(start, beyond):
                yield character, character + 1
                if character + 1 < beyond:
                    yield character, character + 2
            at = beyond
        if at < end:
            yield at, end


def _cut(text: str, pieces: Callable[[str], Iterable[str]]) -> list[str]:
    plain = folded(text)
    if plain.isascii():
        return _ASCII_WORD.findall(plain)
    words: list[str] = _word().findall(plain.replace("_", " "))
    return words if _UNSPACED.search(plain) is None else [piece for word in words for piece in _parts(word, pieces)]


def _parts(word: str, pieces: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """A word that may be written in several scripts: what is in one without spaces in pieces, the rest whole."""
    start = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > start:
            yield word[start : run.start()]
        yield from pieces(run.group())
        start = run.end()
    if start < len(word):
        yield word[start:]


def _pairs(run: str) -> Iterable[str]:
    return map(add, run, run[1:]) if len(run) > 1 else (run,)


def _pairs_and_characters(run: str) -> Iterable[str]:
    return (*_pairs(run), *run) if len(run) > 1 else (run,)


@cache  # made when the first text beyond ASCII comes: it takes some milliseconds
def _word() -> re.Pattern[str]:
    r"""Letters, digits and marks, a mark never first; ``\w`` leaves them out, which Hindi writes its vowels with."""
    # Enclosing marks, such as a keycap's, join nothing.
    marks = "".join(mark for mark in map(chr, _MARKS_LIE_IN) if unicodedata.category(mark) in {"Mn", "Mc"})
    # To look for a character among the marks takes most of the time: not for letters, nor for what is below all marks.
    return re.compile(rf"\w+(?:(?=[{chr(_MARKS_LIE_IN.start)}-{chr(_MARKS_LIE_IN.stop)}])[{marks}]+\w*)*")
