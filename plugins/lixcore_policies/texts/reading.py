"""What the rules need to know of a text, found out once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from lixcore_policies.texts.bounds import bounds_of
from lixcore_policies.texts.clock_times import with_clock_times_read
from lixcore_policies.texts.english import (
    ARTICLES,
    CONJUNCTIONS,
    FUNCTION_WORDS,
    LIST_JOINTS,
    MEASURED_BY_HOW,
    NEGATORS,
    NOT_ALL_AFTER,
    QUANTIFIERS,
    QUANTIFIERS_BEFORE_OF,
    SPANS,
    TIMES,
    UNITS,
    UNITS_ANYWHERE,
    YES_OR_NO_OPENINGS,
)
from lixcore_policies.texts.han import ONE, content_of
from lixcore_policies.texts.numbers import with_numbers_read
from lixcore_policies.texts.signs import is_operator, with_signs_read
from lixcore_policies.texts.stems import stem
from lixcore_policies.texts.times import MAYBE_TIMES, with_times_read
from lixcore_policies.texts.words import Token, normalised, tokens_of

MAX_READ: Final = 4096
"""Longer texts, in characters, are not read. An embedding stands for a few hundred words, so it says little about them."""

_MARKS: Final = frozenset(joint for joint in LIST_JOINTS if not joint[0].isalnum())
_SHORT_FORMS: Final = frozenset({"s", "re", "ll", "ve", "m", "d"})
_STEMS_OF_NEGATED: Final = {"ca": "can", "wo": "will", "sha": "shall"}
_DATE_MARKS: Final = frozenset("-/")
_ENDS_OF_NAMES: Final = frozenset("+#")  # c++, c#: in any case
_QUESTION_WORDS: Final = {
    "who": "who",
    "whom": "who",
    "whose": "who",
    "when": "when",
    "where": "where",
    "why": "why",
    "what": "what",
    "which": "what",
}


@attrs.frozen
class Reading:
    """A text, taken apart.

    Attributes:
        line: Its words and numbers without articles, stemmed, and the marks that may stand in a list.
        words: The same without the marks.
        unique: Each of the words once.
        names: Those with a capital where no sentence begins.
        numbers: The numbers, and the words with digits in them, sorted; then dates and fractions, in which the order
            of the numbers matters.
        ones: How often "one" is among the words.
        units: What is counted or measured.
        negations: How many negating words there are.
        bounds: What bounds the numbers and times, sorted.
        quantifiers: Words such as "all" and "half".
        operators: The signs that calculate, compare or lead somewhere, in order.
        pictures: The other signs beyond ASCII, such as emoji.
        times: Words such as "today", and weekdays and months.
        maybe_times: Words that may say when or something else, as "may" does.
        characters: Of scripts without spaces between words, the characters that are no particles.
        asks: What its question word asks for, such as ``who``; ``whether`` for yes or no; empty where that is not known.
        joined: The words on both sides of each "and" and "or".
        heading: For each word after "from" or "to", which of them.
    """

    line: tuple[str, ...]
    words: tuple[str, ...]
    unique: frozenset[str]
    names: frozenset[str]
    numbers: tuple[str, ...]
    ones: int
    units: frozenset[str]
    negations: int
    bounds: tuple[str, ...]
    quantifiers: frozenset[str]
    operators: tuple[str, ...]
    pictures: frozenset[str]
    times: frozenset[str]
    maybe_times: frozenset[str]
    characters: frozenset[str]
    asks: str
    joined: tuple[tuple[str, str], ...]
    heading: frozenset[tuple[str, str]]


def read(text: str) -> Reading | None:
    """The reading of a text; None where it is longer than `MAX_READ`, as it is or with its characters normalised."""
    if len(text) > MAX_READ:
        return None
    plain = normalised(text)
    if len(plain) > MAX_READ:
        return None
    tokens = with_clock_times_read(with_numbers_read(with_signs_read(tokens_of(plain))))
    in_capitals = plain == plain.upper()
    runs = _runs(tokens)
    tokens = with_times_read(tokens, in_capitals=in_capitals)
    reader = _Reader(in_capitals=in_capitals, runs=runs, bounds=sorted(bounds_of(tokens)))
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        reader.take(before, token, after)
    return reader.reading()


class _Reader:
    """Gathers what the tokens of one text say."""

    def __init__(self, *, in_capitals: bool, runs: Sequence[str], bounds: Sequence[str]) -> None:
        self._in_capitals = in_capitals
        self._runs = runs
        self._bounds = bounds
        self._line: list[str] = []
        self._spoken: list[str] = []  # as written but for case, articles included
        self._names: set[str] = set()
        self._numbers: list[str] = []
        self._operators: list[str] = []
        self._units: set[str] = set()
        self._unit_ahead = ""
        self._negations = 0
        self._pictures: set[str] = set()
        self._times: set[str] = set()

    def take(self, before: Token | None, token: Token, after: Token | None) -> None:
        text = token.text
        after_number, before_number = before is not None and before.is_number, after is not None and after.is_number
        if token.is_sign:
            self._line.append(text)
            if is_operator(text):
                self._operators.append(text)
            else:
                self._pictures.add(text)
        elif text in UNITS and (after_number or before_number or text in UNITS_ANYWHERE):
            self._take_unit(UNITS[text], is_ahead=before_number and not after_number)
        elif token.is_number:
            self._numbers.append(text)
            self._line.append(text)
            if self._unit_ahead:  # $5 is 5 dollars
                self._line.append(self._unit_ahead)
                self._unit_ahead = ""
        elif token.is_time:
            self._times.add(text)
            self._line.append(text)
        elif not token.is_mark:
            if text in SPANS:
                self._units.add(SPANS[text])
            beside_sign = (before is not None and before.is_sign) or (after is not None and after.is_sign)
            self._take_word(token, keeps_article=beside_sign)
        elif text in LIST_JOINTS:
            self._line.append(text)

    def _take_unit(self, unit: str, *, is_ahead: bool) -> None:
        self._units.add(unit)
        if is_ahead:
            self._unit_ahead = unit
        else:
            self._line.append(unit)

    def _take_word(self, token: Token, *, keeps_article: bool) -> None:
        for index, word in enumerate(_parts(token)):
            self._spoken.append(word)
            self._negations += word in NEGATORS
            if word in ARTICLES and not keeps_article:  # is a < b
                continue
            is_function_word = word in FUNCTION_WORDS
            shown = word if is_function_word else stem(word)
            self._line.append(shown)
            if token.is_name and index == 0 and (not is_function_word or (token.is_acronym and not self._in_capitals)):
                self._names.add(shown)
            if word[-1:] in _ENDS_OF_NAMES:
                self._names.add(shown)
            if word == "half" or (not word.isalpha() and any(map(str.isdigit, word))):
                self._numbers.append(word)

    def reading(self) -> Reading:
        line = tuple(self._line)
        words = tuple(word for word in line if word not in _MARKS)
        unique = frozenset(words)
        return Reading(
            line=line,
            words=words,
            unique=unique,
            names=frozenset(self._names),
            numbers=(*sorted(self._numbers), *self._runs),
            ones=words.count("one") + words.count(ONE),
            units=frozenset(self._units),
            negations=self._negations,
            bounds=tuple(self._bounds),
            quantifiers=frozenset(_quantifiers(self._spoken)),
            operators=tuple(self._operators),
            pictures=frozenset(self._pictures),
            times=TIMES.intersection(self._spoken) | self._times,
            maybe_times=frozenset(MAYBE_TIMES[word] for word in self._spoken if word in MAYBE_TIMES),
            characters=content_of(unique),
            asks=_asked(self._spoken),
            joined=tuple(_joined(line)),
            heading=frozenset(_headings(words)),
        )


def _runs(tokens: Sequence[Token]) -> Sequence[str]:
    """Dates and fractions, whose numbers are no list that may be reordered: three numbers joined by marks, or two by a slash."""
    runs: list[str] = []
    run: list[str] = []
    slashed = False

    def end() -> None:
        if len(run) > 2 or (len(run) == 2 and slashed):
            runs.append("/".join(run))

    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.is_number and run and token.is_tight and before is not None and before.text in _DATE_MARKS:
            run.append(token.text)
        elif token.is_number:
            end()
            run, slashed = [token.text], False
        elif run and token.is_tight and token.text in _DATE_MARKS and after is not None and after.is_number and after.is_tight:
            slashed = slashed or token.text == "/"
        else:
            end()
            run = []
    end()
    return sorted(runs)


def _parts(token: Token) -> Sequence[str]:
    """The words that a token is short for: "isn't" is "is not", "what's" is "what s"."""
    word = token.text
    if "'" not in word:
        return (word,)
    if word.endswith("n't"):
        rest = word[:-3]
        return (_STEMS_OF_NEGATED.get(rest, rest), "not") if rest else ("not",)
    head, _, tail = word.rpartition("'")
    return (head.replace("'", ""), tail) if tail in _SHORT_FORMS else (word.replace("'", ""),)


def _asked(spoken: Sequence[str]) -> str:
    """What the first question word asks for; see `Reading.asks`."""
    if spoken and spoken[0] in YES_OR_NO_OPENINGS:
        return "whether"
    for at, word in enumerate(spoken):
        if word == "how":
            return f"how {spoken[at + 1]}" if at + 1 < len(spoken) and spoken[at + 1] in MEASURED_BY_HOW else "how"
        if (asked := _QUESTION_WORDS.get(word)) is not None:
            return asked
    return ""


def _quantifiers(spoken: Sequence[str]) -> Iterator[str]:
    for at, word in enumerate(spoken):
        if word in QUANTIFIERS:
            before = spoken[at - 1] if at else ""
            if not (word == "all" and before in NOT_ALL_AFTER) and before != "how":
                yield QUANTIFIERS[word]
        elif word in QUANTIFIERS_BEFORE_OF and spoken[at + 1 : at + 2] == ["of"]:
            yield word


def _joined(line: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at in range(1, len(line) - 1):
        if line[at] in CONJUNCTIONS:
            before, after = line[at - 1], line[at + 1]
            if not {before, after} & (FUNCTION_WORDS | LIST_JOINTS):
                yield before, after


def _headings(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, word in enumerate(words):
        if word in {"from", "to"}:
            for following in words[at + 1 : at + 4]:
                if following not in FUNCTION_WORDS:
                    yield following, word
                    break
