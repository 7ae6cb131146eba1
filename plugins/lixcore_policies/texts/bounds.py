"""What bounds a number or a time in a text: before Monday, up to 5, at least 5."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lixcore_policies.texts.english import UNITS
from lixcore_policies.texts.words import Token

_OF_TIMES: Final = {"before": "before", "after": "after", "since": "since", "until": "until", "till": "until", "by": "by"}
_OF_NUMBERS: Final = {
    "over": "more",
    "above": "more",
    "exceeding": "more",
    "more than": "more",
    "greater than": "more",
    "under": "less",
    "below": "less",
    "less than": "less",
    "fewer than": "less",
    "at least": "from",
    "at most": "up to",
    "up to": "up to",
    "before": "before",
    "since": "since",
    "until": "until",
    "till": "until",
}
_SKIPPED: Final = frozenset({*UNITS, "the"})


def bounds_of(tokens: Sequence[Token]) -> Iterator[str]:
    """The bound of each number and time that has one, in one word for all that say the same.

    Args:
        tokens: With their numbers and times read.
    """
    for at, token in enumerate(tokens):
        if not (token.is_number or token.is_time):
            continue
        before = at - 1 - (at > 0 and tokens[at - 1].text in _SKIPPED)
        if before < 0:
            continue
        word = tokens[before].text
        two_words = f"{tokens[before - 1].text} {word}" if before else ""
        bound = (_OF_TIMES if token.is_time else _OF_NUMBERS).get(word) or _OF_NUMBERS.get(two_words)
        if bound is not None:
            yield bound
