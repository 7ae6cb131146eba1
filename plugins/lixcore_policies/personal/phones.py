"""Telephone numbers."""

from __future__ import annotations

import re
from typing import Final

from lixcore_policies.personal.kinds import Kind

_SHORTEST_NATIONAL, _LONGEST_NATIONAL = 9, 12

# E.164 has up to 15 digits; less than eight with a country are none.
_WORLD: Final = re.compile(r"\+(?<!\+\+)\(?[1-9](?:[ .\-/()]{0,2}+[0-9]){7,14}+(?![\w])")
# Three, three and four digits, as in North America.
_AMERICA: Final = re.compile(
    r"[(12-9](?<![\w.+(/-][0-9])(?:(?<=1)[ .-]\(?[2-9][0-9]{2}|(?<=\()[2-9][0-9]{2}|(?<=[2-9])[0-9]{2})"
    r"(?:\)[ -]?|(?P<between>[ .-]))(?:[2-9]|(?<=[-.)])[01])[0-9]{2}(?(between)(?P=between)|[ .-])[0-9]{4}(?![\w]|[.-][0-9])"
)
# A zero, an area, and groups with one sign between all of them, as in much of Europe and Asia.
_TRUNK: Final = re.compile(
    r"[(0](?<![\w.+(/:,-]0)(?:(?<=\()0[1-9][0-9]{0,3}\)[ /-]?|(?<=0)0?[1-9][0-9]{0,3}(?P<between>[ ./-]))"
    r"[0-9]{2,8}+(?:(?(between)(?P=between)|[ -])[0-9]{2,4}+){0,4}+(?![\w]|[.:,/-][0-9])"
)
_DATE: Final = re.compile(r"[0-9]{2}([./ -])[0-9]{2}\1[0-9]{4}")


def _end_of_trunk(match: re.Match[str]) -> int:
    digits = sum(character.isdigit() for character in match[0])
    if not _SHORTEST_NATIONAL <= digits <= _LONGEST_NATIONAL or _DATE.match(match[0]):
        return match.start()
    return match.end()


WORLD_PHONE: Final = Kind("phone", _WORLD, may_be_in=lambda text: "+" in text, has_digits=True)
"""With a plus sign and the country, in groups or not."""

AMERICAN_PHONE: Final = Kind("phone", _AMERICA, has_digits=True)
"""As in ``(212) 555-0143`` and ``212-555-0143``."""

TRUNK_PHONE: Final = Kind("phone", _TRUNK, _end_of_trunk, lambda text: "0" in text, has_digits=True)
"""As in ``030 1234567``, ``(030) 123 45 67`` and ``06 12 34 56 78``: nine to twelve digits in groups, a zero first."""
