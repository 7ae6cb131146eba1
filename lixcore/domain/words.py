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

_INVISIBLE: Final = dict.fromkeys(
    [
        0x00AD,  # the soft hyphen
        0x200C,  # the non-joiner, which Persian writes and leaves out
        0x200D,
        0x2060,
        0xFEFF,
        *range(0xFE00, 0xFE10),  # selectors of variants, as of Han characters and emoji
        *range(0xE0100, 0xE01F0),
    ]
)
"""What may stand within a word and tells nothing. The space of no width is not among them: Khmer parts its words with it."""


def folded(text: str) -> str:
    """The text with one form for what only case or a way of writing it tells apart; about Unicode's NFKC_Casefold."""
    if text.isascii():
        return text.lower()
    # What was folded can need composing again, and what that composed, folding.
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold().translate(_INVISIBLE))


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
        return spans_of(text, words, query_words)


def spans_of(text: str, words: Collection[str], cut: Callable[[str], Iterable[str]]) -> list[tuple[int, int]]:
    """Where a text has some words: the longest runs of characters that cannot be parted and are cut into any of them.

    Args:
        text: Of a message, as it was written.
        words: What is looked for, as ``cut`` gives it.
        cut: Turns what a reader takes for a word into what it is found by.
    """
    wanted = frozenset(words)
    spans: list[tuple[int, int]] = []
    for run in _word().finditer(text):
        for start, end in _whole_parts(text, run.start(), run.end()):
            if not wanted.isdisjoint(cut(text[start:end])):
                if spans and spans[-1][1] == start:
                    start = spans.pop()[0]  # noqa: PLW2901  # neighbouring characters of a script without spaces
                spans.append((start, end))
    return spans


def _whole_parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run of letters as words; where the script puts no spaces, as pairs of neighbours, each of which may overlap the next."""
    at = start
    for unspaced in _UNSPACED.finditer(text, start, end):
        if unspaced.start() > at:
            yield at, unspaced.start()
        yield unspaced.span()
        at = unspaced.end()
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
    return (run[at : at + 2] for at in range(len(run) - 1)) if len(run) > 1 else (run,)


def _pairs_and_characters(run: str) -> Iterable[str]:
    return (*_pairs(run), *run) if len(run) > 1 else (run,)


@cache  # made when the first text beyond ASCII comes: it takes some milliseconds
def _word() -> re.Pattern[str]:
    r"""Letters, digits and marks, a mark never first; ``\w`` leaves them out, which Hindi writes its vowels with."""
    # Enclosing marks, such as a keycap's, join nothing.
    marks = "".join(mark for mark in map(chr, _MARKS_LIE_IN) if unicodedata.category(mark) in {"Mn", "Mc"})
    return re.compile(rf"\w[\w{marks}]*")
