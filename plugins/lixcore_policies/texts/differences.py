"""What makes two texts ask different things, by rules that a reader can check.

The rules read English: its numbers, negating words, question words and contraries. Of other languages they see numbers in any
digits, negating words of some, names where a script has capitals, and the order of words; where a script has no spaces, the
characters and their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from lixcore_policies.texts.kept_readings import KEPT_READINGS
from lixcore_policies.texts.names import names_differ
from lixcore_policies.texts.opposites import has_opposite
from lixcore_policies.texts.reading import MAX_READ, Reading
from lixcore_policies.texts.word_order import names_swapped, order_differs

_TOO_LONG: Final = "are too long to be compared"
_QUANTITIES: Final = frozenset({"how many", "how much", "how long", "how far", "how old", "how often"})
_ONE_KIND_OF_ANSWER: Final = frozenset({"who", "when", "where", "why"}) | _QUANTITIES
_NEITHER_YES_NOR_NO: Final = frozenset({"why"}) | _QUANTITIES


def difference(text: str, other: str) -> str | None:
    """Say why one text's answer would not answer the other, as the rest of a sentence that begins with "they"; None if it would.

    It does not matter which text comes first. Case, white space and punctuation make no difference. The time it takes grows with
    the length of the texts, up to `lixcore_policies.texts.reading.MAX_READ`.
    """
    if text == other:
        return None
    if len(text) > MAX_READ or len(other) > MAX_READ:
        return _TOO_LONG
    one, two = KEPT_READINGS.of(text), KEPT_READINGS.of(other)
    if one is None or two is None:
        return _TOO_LONG
    if one.line == two.line and one.numbers == two.numbers and one.times == two.times:
        return None
    return next((found for differ, found in _RULES if differ(one, two)), None)


def _numbers_differ(one: Reading, two: Reading) -> bool:
    """Whether a number is missing from one. "One" may stand for 1 or for nothing: it mostly is a pronoun."""
    if one.numbers == two.numbers:
        return False
    return _without_ones(one, two) != _without_ones(two, one)


def _without_ones(reading: Reading, other: Reading) -> list[str]:
    numbers = list(reading.numbers)
    for _ in range(min(other.ones - reading.ones, numbers.count("1"))):
        numbers.remove("1")
    return numbers


def _units_differ(one: Reading, two: Reading) -> bool:
    """Whether each has a unit that the other has not. One that is left out is understood: "500 rupee notes", "500 notes"."""
    return _each_has_another(one.units, two.units)


def _quantifiers_differ(one: Reading, two: Reading) -> bool:
    """Whether each has a quantifier that the other has not. One that is left out is mostly understood, too."""
    return _each_has_another(one.quantifiers, two.quantifiers)


def _bounds_differ(one: Reading, two: Reading) -> bool:
    """Whether a number or a time is bounded in one, and not so in the other: "before Monday", "on Monday"."""
    return one.bounds != two.bounds


def _signs_differ(one: Reading, two: Reading) -> bool:
    """Whether the operators differ, or each has a picture that the other has not."""
    return one.operators != two.operators or _each_has_another(one.pictures, two.pictures)


def _each_has_another(ones: AbstractSet[str], others: AbstractSet[str]) -> bool:
    return ones != others and bool(ones - others) and bool(others - ones)


def _characters_differ(one: Reading, two: Reading) -> bool:
    """Whether, in a script where names look like other words, a character is missing from one that is no particle."""
    return one.characters != two.characters


def _negations_differ(one: Reading, two: Reading) -> bool:
    return one.negations != two.negations


def _times_differ(one: Reading, two: Reading) -> bool:
    """Whether one asks about now or another time: what is true of it need not be true in general.

    A word such as "may", which may be a month, is one where the other text has a month.
    """
    if not (one.times - two.times <= two.maybe_times and two.times - one.times <= one.maybe_times):
        return True
    return _each_has_another(one.times | one.maybe_times, two.times | two.maybe_times)


def _questions_differ(one: Reading, two: Reading) -> bool:
    """Whether an answer to one kind of question cannot be one to the other: who, when …; whether and why or how many.

    "What" may ask for anything, and who is told how to do something is told that it can be done.
    """
    if one.asks == two.asks:
        return False
    kinds = {one.asks, two.asks}
    return kinds <= _ONE_KIND_OF_ANSWER or ("whether" in kinds and not kinds.isdisjoint(_NEITHER_YES_NOR_NO))


def _contrary_words(one: Reading, two: Reading) -> bool:
    left, added = one.unique - two.unique, two.unique - one.unique
    return bool(left and added) and (has_opposite(left, added) or has_opposite(added, left))


def _joins_differ(one: Reading, two: Reading) -> bool:
    """Whether one joins two contraries with "and" or "or" of which the other has just one: "pros and cons", "pros"."""
    return _asks_for_both(one.joined, two) or _asks_for_both(two.joined, one)


def _asks_for_both(joined: Iterable[tuple[str, str]], other: Reading) -> bool:
    return any(
        (before in other.unique) != (after in other.unique)
        and (has_opposite({before}, {after}) or has_opposite({after}, {before}))
        for before, after in joined
    )


def _ways_differ(one: Reading, two: Reading) -> bool:
    """Whether one goes "from" where the other goes "to"."""
    if not one.heading or not two.heading:
        return False
    back = {(word, "from" if way == "to" else "to") for word, way in one.heading - two.heading}
    return not back.isdisjoint(two.heading - one.heading)


_RULES: Final[tuple[tuple[Callable[[Reading, Reading], bool], str], ...]] = (
    (_numbers_differ, "have different numbers"),
    (_units_differ, "have different units"),
    (_signs_differ, "have different signs"),
    (_bounds_differ, "have different bounds"),
    (_quantifiers_differ, "have different quantifiers"),
    (_negations_differ, "do not negate the same"),
    (_times_differ, "are about different times"),
    (_questions_differ, "ask for different kinds of things"),
    (names_differ, "have different names"),
    (_characters_differ, "differ in more than particles"),
    (_contrary_words, "have contrary words"),
    (_joins_differ, "do not ask for both of two contraries"),
    (_ways_differ, "go different ways"),
    (names_swapped, "have the same names in another order"),
    (order_differs, "have the same words in another order"),
)
