"""The words of a text that say when: weekdays, months, seasons, parts of the day, and days as seen from today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lixcore_policies.texts.english import TIMES, listed
from lixcore_policies.texts.words import Token


def _by_spelling(spellings: str) -> dict[str, str]:
    return {word: group.split()[0] for group in spellings.split(",") for word in group.split()}


_WEEKDAYS: Final = _by_spelling(
    "monday mondays,tuesday tuesdays tue tues,wednesday wednesdays,thursday thursdays thu thur thurs,friday fridays fri"
    ",saturday saturdays,sunday sundays"
)
_MONTHS: Final = _by_spelling(
    "january,february feb,april apr,june jun,july jul,august aug,september sep sept,october oct,november nov,december dec"
)
_PARTS: Final = _by_spelling(
    "morning mornings,afternoon afternoons,evening evenings,night nights,noon midday,midnight"
    ",summer summers,winter winters,autumn autumns"
)
_DAYS: Final = _by_spelling("weekend weekends,weekday weekdays,tonight,today,tomorrow,yesterday,ago,now currently nowadays")
_MAYBE_WEEKDAYS: Final = _by_spelling("monday mon,wednesday wed,saturday sat,sunday sun")
_MAYBE_MONTHS: Final = _by_spelling("january jan,march mar,may")
_MAYBE_SEASONS: Final = _by_spelling("spring,autumn fall")
_KINDS: Final = (_WEEKDAYS | _MAYBE_WEEKDAYS, _MONTHS | _MAYBE_MONTHS, _PARTS | _MAYBE_SEASONS, _DAYS)
_SURE: Final = _WEEKDAYS | _MONTHS | _PARTS | _DAYS
MAYBE_TIMES: Final = _MAYBE_WEEKDAYS | _MAYBE_MONTHS | _MAYBE_SEASONS
"""Words that say when only in some places, and what they say there: "may", "sat", "sun"."""

_BEYOND: Final = {"yesterday": "before", "tomorrow": "after"}
_CAPITAL_TELLS: Final = frozenset({"may", "march"})
_BEFORE_ANY: Final = listed("by since until till before after last next every from")
_BEFORE_WEEKDAY: Final = _BEFORE_ANY | {"on"}
_BEFORE_MONTH: Final = _BEFORE_ANY | listed("in of during early late mid")
_WHICH: Final = _by_spelling("last previous past,next coming upcoming")
_WITHIN: Final = listed("on at in of the ,")
_MONTH_NAMES: Final = frozenset(_KINDS[1].values())


def with_times_read(tokens: Sequence[Token], *, in_capitals: bool) -> list[Token]:
    """The tokens with each word that says when as one token of one form, and the parts of a date or time in one order.

    Args:
        tokens: With their numbers and clock times read.
        in_capitals: Whether the whole text is in capitals, which then do not tell May from may.
    """
    read = list(tokens)
    for at, token in enumerate(tokens):
        if (time := _time(tokens, at, in_capitals=in_capitals)) is not None:
            read[at] = Token(time, is_time=True)
        elif token.text in _WHICH and at + 1 < len(tokens) and _says_when(tokens, at + 1):
            read[at] = Token(_WHICH[token.text], is_time=True)
    return _in_one_order(read) if any(token.is_time for token in read) else read


def _time(tokens: Sequence[Token], at: int, *, in_capitals: bool) -> str | None:
    token = tokens[at]
    word = token.text.removesuffix("'s")
    if (beyond := _BEYOND.get(word)) is not None and at and tokens[at - 1].text == beyond:
        return f"{beyond} {word}"
    if word in _SURE:
        return _SURE[word]
    if word not in MAYBE_TIMES:
        return None
    before = tokens[at - 1].text if at else ""
    sure = before in (_BEFORE_WEEKDAY if word in _MAYBE_WEEKDAYS else _BEFORE_MONTH)
    if word in _MAYBE_MONTHS:
        sure = sure or _is_number(tokens, at - 1) or _is_number(tokens, at + 1)
        sure = sure or (token.is_name and not in_capitals and word in _CAPITAL_TELLS)
    return MAYBE_TIMES[word] if sure else None


def _is_number(tokens: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(tokens) and tokens[at].is_number


def _says_when(tokens: Sequence[Token], at: int) -> bool:
    word = tokens[at].text
    return word in _SURE or word in MAYBE_TIMES or word in TIMES


def _in_one_order(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with what stands together to say when sorted, without prepositions, as in "on Monday at 5 pm"."""
    ordered: list[Token] = []
    at = 0
    while at < len(tokens):
        row, after = _row(tokens, at)
        if len(row) > 1 and _is_one_time(row):
            while ordered and ordered[-1].text in _WITHIN:
                ordered.pop()
            ordered.extend(sorted(row))
            at = after
        elif row:
            ordered.extend(tokens[at:after])
            at = after
        else:
            ordered.append(tokens[at])
            at += 1
    return ordered


def _row(tokens: Sequence[Token], start: int) -> tuple[list[Token], int]:
    """What says when from a place on with no more than prepositions between, and where it ends."""
    row: list[Token] = []
    after = at = start
    while at < len(tokens) and (tokens[at].is_time or (tokens[at].is_number and _is_beside_month(tokens, at))):
        row.append(tokens[at])
        after = at = at + 1
        while at < len(tokens) and tokens[at].text in _WITHIN:
            at += 1
    return row, after


def _is_beside_month(tokens: Sequence[Token], at: int) -> bool:
    """Whether a number may be the day or the year of a month beside it: May 5 2024, 5 of May."""
    for step in (-1, 1):
        for place in (at + step, at + 2 * step, at + 3 * step):
            if not 0 <= place < len(tokens):
                break
            if tokens[place].is_time and tokens[place].text in _MONTH_NAMES:
                return True
            if not (tokens[place].is_number or tokens[place].text in _WITHIN):
                break
    return False


def _is_one_time(row: Sequence[Token]) -> bool:
    """Whether nothing is said twice: Monday 5 pm and Tuesday 6 pm are not Monday 6 pm and Tuesday 5 pm."""
    words = [token.text for token in row if not token.is_number]
    clocks = [token for token in row if token.is_number and token.is_time]
    return len(clocks) < 2 and all(sum(word in kind for word in words) < 2 for kind in _KINDS) and len(row) <= 8
