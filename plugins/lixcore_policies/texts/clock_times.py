"""Times of the day in one form: 5 pm, 5:00 P.M. and 17:00."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lixcore_policies.texts.words import Token

_HALVES: Final = {"am": 0, "pm": 12}


def with_clock_times_read(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with each time of the day, ratio or other row of numbers with colons between, as one token.

    Hours before 13:00 keep ``am`` or ``pm`` where it is written, as 5:00 alone may be either.

    Args:
        tokens: With their numbers read.
    """
    read: list[Token] = []
    at = 0
    while at < len(tokens):
        token, after = tokens[at], at + 1
        parts = [token.text]
        if token.is_number:
            while after + 1 < len(tokens) and tokens[after].text == ":" and _is_tight_number(tokens, after):
                parts.append(tokens[after + 1].text)
                after += 2
        elif token.text == "one":  # one pm
            parts = ["1"]
        half = tokens[after].text if after < len(tokens) else ""
        if half in _HALVES and (hour := _hour(parts[0])) and len(parts) <= 3:
            hour = hour % 12 + _HALVES[half]
            minutes = parts[1:] or ["00"]
            spoken = ":".join((str(hour), *minutes)) + (f" {half}" if hour < 13 else "")
            read.append(Token(spoken, is_number=True, is_tight=token.is_tight, is_time=True))
            after += 1
        elif len(parts) > 1:
            written = ":".join((parts[0].lstrip("0") or "0", *parts[1:]))
            read.append(Token(written, is_number=True, is_tight=token.is_tight, is_time=True))
        else:
            read.append(token)
        at = after
    return read


def _is_tight_number(tokens: Sequence[Token], colon: int) -> bool:
    return tokens[colon].is_tight and tokens[colon + 1].is_number and tokens[colon + 1].is_tight


def _hour(text: str) -> int:
    """The hour, 1 to 12, or 0 where it is none."""
    return int(text) if len(text) <= 2 and text.isdecimal() and 1 <= int(text) <= 12 else 0
