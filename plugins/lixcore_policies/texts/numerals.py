"""English numerals: what the words are worth, and the number that several of them in a row say."""

from __future__ import annotations

from typing import Final

_BELOW_TWENTY: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
    " nineteen"
)
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
BELOW_HUNDRED: Final = {
    **{word: value for value, word in enumerate(_BELOW_TWENTY.split())},
    **{word: 10 * value for value, word in enumerate(_TENS.split(), start=2)},
}
"""The numerals below a hundred; "zero" is one of them."""

_SCALES: Final = {
    "hundred": 100,
    "thousand": 1000,
    "lakh": 10**5,
    "million": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "trillion": 10**12,
}
SCALES: Final = {**_SCALES, **{f"{word}s": scale for word, scale in _SCALES.items()}, "dozen": 12, "bn": 10**9}
"""What a number before them is multiplied by."""

_ORDINALS: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth twentieth"
)
ORDINALS: Final = {word: value for value, word in enumerate(_ORDINALS.split(), start=1)}

_ROMAN: Final = "ii iii iv - vi vii viii ix - xi xii xiii xiv xv xvi xvii xviii xix xx"
ROMAN: Final = {word: value for value, word in enumerate(_ROMAN.split(), start=2) if word != "-"}
"""Those of one letter, and "mix" or "did", are left out: they are letters or words as well."""


class SpokenNumber:
    """A number as it is said, word by word.

    Attributes:
        words: How many words it has so far.
    """

    def __init__(self) -> None:
        self.words = 0
        self._total = 0
        self._group = 0  # what the next "thousand" multiplies
        self._last = 0

    @property
    def value(self) -> int:
        """What the words so far are worth."""
        return self._total + self._group

    @property
    def takes_and(self) -> bool:
        """Whether an "and" may go on with it, as in "two hundred and five"."""
        return self._last >= 100

    def takes(self, word: str) -> bool:
        """Add a word if the number can go on with it; returns whether it could."""
        if word in SCALES:
            taken = self._multiply(SCALES[word]) if self.words or not word.endswith("s") else False  # "millions of" is no number
        elif word in BELOW_HUNDRED:
            taken = self._add(BELOW_HUNDRED[word])
        else:
            taken = False
        self.words += taken
        return taken

    def ends_with(self, word: str) -> bool:
        """Add an ordinal if it can end the number: "twenty-first", "hundred and fifth"."""
        value = ORDINALS.get(word)
        return value is not None and self.words > 0 and self._add(value)

    def _multiply(self, scale: int) -> bool:
        if self._last >= 1000 and scale >= self._last:
            return False
        if scale < 1000:
            self._group = (self._group or 1) * scale
        else:
            self._total += (self._group or 1) * scale
            self._group = 0
        self._last = scale
        return True

    def _add(self, value: int) -> bool:
        last = self._last
        if not self.words or last >= 100 or (last >= 20 and last % 10 == 0 and 0 < value < 10):
            self._group += value
        elif self.words == 1 and 10 <= last < 100 and value >= 10:  # a year: nineteen eighty
            self._group = last * 100 + value
        else:
            return False
        self._last = value
        return True
