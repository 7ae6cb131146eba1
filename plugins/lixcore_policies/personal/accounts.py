"""Numbers of accounts and of people, most of which have a checksum."""

from __future__ import annotations

import re
from typing import Final

from lixcore_policies.personal.kinds import Kind

# ISO 13616's registry: how long an IBAN of each country is.
_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_TEN: Final = 10
_CARD_DIGITS: Final = range(13, 20)

_IBAN: Final = re.compile(r"[A-Za-z](?<!\w.)[A-Za-z][0-9]{2}(?:[ -]?[A-Za-z0-9]){11,29}+")
_IBAN_HEAD: Final = re.compile(r"[0-9][0-9](?<=[A-Za-z]{2}[0-9]{2})(?<!\w[A-Za-z]{2}[0-9]{2})")
_CARD: Final = re.compile(
    r"[2-6](?<![\w.-].)"
    r"(?:[0-9]{12,18}+|[0-9]{3}(?P<between>[ -])"
    r"(?:[0-9]{4}(?P=between)[0-9]{4}(?P=between)[0-9]{1,7}+|[0-9]{6}(?P=between)[0-9]{5}))"
    r"(?!\w|[-.][0-9])"
)
_SSN: Final = re.compile(r"[0-8](?<![\w.-].)[0-9]{2}(?<!000)(?<!666)-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])")


def _end_of_iban(match: re.Match[str]) -> int:
    text = match[0]
    missing = _LENGTHS.get(text[:2].upper(), 0)
    if not missing:
        return match.start()
    end = 0
    for character in text:  # what stands behind it may look like more of it
        end += 1
        missing -= character not in " -"
        if not missing:
            break
    whole, after = text[:end].replace(" ", "").replace("-", ""), match.string[match.start() + end : match.start() + end + 1]
    if missing or after.isalnum() or after == "_" or not _is_iban(whole):
        return match.start()
    return match.start() + end


def _is_iban(text: str) -> bool:
    """ISO 7064: the rest by 97 of the number that it stands for, the first four characters last, is 1."""
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def _end_of_card(match: re.Match[str]) -> int:
    digits = [int(character) for character in match[0] if character not in " -"]
    if len(digits) not in _CARD_DIGITS or len(set(digits)) == 1:
        return match.start()
    # ISO/IEC 7812: every second digit from the right counts twice, as the sum of its digits.
    total = sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])
    return match.start() if total % _TEN else match.end()


IBAN: Final = Kind("iban", _IBAN, _end_of_iban, lambda text: _IBAN_HEAD.search(text) is not None, has_digits=True)
"""Accounts of banks, whose length and checksum are right, in groups or not."""

CARD: Final = Kind("card", _CARD, _end_of_card, has_digits=True)
"""Payment cards: 13 to 19 digits that begin as issuers' do and have the right checksum, in groups or not."""

SSN: Final = Kind("ssn", _SSN, may_be_in=lambda text: "-" in text, has_digits=True)
"""Social security numbers of the United States, written with hyphens."""
