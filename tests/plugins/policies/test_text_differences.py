"""What the texts of two questions say about whether they ask the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeAlias

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lixcore_policies.texts.differences import difference
from lixcore_policies.texts.kept_readings import KEPT_READINGS
from lixcore_policies.texts.reading import MAX_READ

Tracer: TypeAlias = Callable[[FrameType, str, Any], Any]

_SENTENCES = """
what is the capital of France
how do I reset my password for account in Berlin
where can we buy cheap tickets from Paris to London tomorrow
why does water boil at degrees
who wrote Hamlet and Macbeth
isn't it can't US IT don't über straße Москва
"""
WORDS = _SENTENCES.split()
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
any_text = st.text(max_size=60) | st.lists(
    st.sampled_from([*WORDS, "5", "2nd", "twenty", ",", "-", "'", "我", "हिन्दी", "٣"]), max_size=14
).map(" ".join)
numbers = st.integers(0, 10**7).filter(lambda number: number != 1)  # "one" may be a pronoun


def same(text: str, other: str) -> bool:
    return difference(text, other) is None


@given(any_text, any_text)
@example("one", "1")
@example("from a to b", "to a from b")
@example("a and b", "b and a")
def test_it_does_not_matter_which_text_comes_first(text: str, other: str) -> None:
    assert difference(text, other) == difference(other, text)


@given(any_text)
def test_a_text_asks_what_it_asks(text: str) -> None:
    assert same(text, text)


@given(any_text)
@example("tell us who saw it")
@example("What does the US say to us?")
def test_case_makes_no_difference(text: str) -> None:
    assume(text.upper().casefold() == text.casefold() == text.lower().casefold())
    assert same(text, text.upper())
    assert same(text, text.lower())


@given(questions, st.sampled_from(["?", "!", ".", " ?", "...", "?!", " . "]), st.sampled_from(["", '"', "“"]))
def test_punctuation_at_the_ends_makes_no_difference(text: str, ending: str, opening: str) -> None:
    assert same(text, f"{opening}{text}{ending}")


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=10), st.sampled_from(["  ", "\n", "\t", "\u00a0", "\u3000", " \r\n"])
)
def test_white_space_makes_no_difference(words: list[str], space: str) -> None:
    assert same(" ".join(words), space.join(words))
    assert same(" ".join(words), f"{space}{' '.join(words)}{space}")


@given(questions, questions, numbers, numbers)
def test_another_number_is_another_question(before: str, after: str, number: int, other: int) -> None:
    assume(number != other)
    assert not same(f"{before} {number} {after}", f"{before} {other} {after}")
    assert not same(f"{before} {number:,} {after}", f"{before} {other:,} {after}")
    assert not same(f"{before} {number}.5 {after}", f"{before} {other}.5 {after}")
    assert not same(f"{before} X{number} {after}", f"{before} X{other} {after}")


@given(questions, questions, numbers)
def test_a_number_that_only_one_has_makes_it_another_question(before: str, after: str, number: int) -> None:
    assert not same(f"{before} {number} {after}", f"{before} {after}")


@given(questions, questions, st.sampled_from(["not", "never", "no", "without", "nicht", "не"]))
def test_a_negation_that_only_one_has_makes_it_another_question(before: str, after: str, negator: str) -> None:
    assert not same(f"{before} {negator} {after}", f"{before} {after}")


NAMES = ["Berlin", "Oslo", "Quito", "Hanoi", "Accra", "Lima"]


@given(st.permutations(NAMES), questions)
def test_another_name_is_another_question(names: list[str], before: str) -> None:
    first, second, *_ = names
    assume(first.lower() not in before.lower() and second.lower() not in before.lower())
    assert not same(f"{before} in {first}", f"{before} in {second}")
    assert not same(f"{before} in {first}", before)


@given(st.permutations(NAMES), st.sampled_from(["beat", "sued", "is larger than", "flew to", "works for"]))
def test_who_does_what_to_whom_matters(names: list[str], verb: str) -> None:
    one, other, *_ = names
    assert not same(f"{one} {verb} {other}", f"{other} {verb} {one}")


@given(st.permutations(NAMES), st.sampled_from([" and ", " or ", " vs ", ", ", " / "]))
def test_the_order_of_a_list_does_not_matter(names: list[str], joint: str) -> None:
    assert same(f"Compare {joint.join(names)} for me", f"Compare {joint.join(reversed(names))} for me")


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Is 5,000 enough?", "Is 5000 enough?"),
        ("Is five thousand enough?", "is 5k enough"),
        ("a loan of 2 million", "a loan of two million"),
        ("a loan of 1.5 lakh", "a loan of 150,000"),
        ("the 21st chapter", "the twenty-first chapter"),
        ("World War II", "World War 2"),
        ("who won in nineteen eighty-four", "who won in 1984"),
        ("flights on May 5th", "flights on May 5"),
        ("one hundred and five trees", "105 trees"),
        ("in the year 2016", "in 2016"),
        ("Which one is best?", "Which is best?"),
        ("I have one apple", "I have 1 apple"),
        ("run 5km", "run 5 kilometers"),
        ("what costs $5", "what costs 5 dollars"),
        ("What's the plan?", "What is the plan?"),
        ("I don't know", "I do not know"),
        ("you can't go", "you cannot go"),
        ("What is Donald Trump's age?", "What is Trump's age?"),
        ("the Indian economy in India", "the economy of India"),
        ("a café in Zürich", "a cafe in Zurich"),
        ("the U.S. economy", "the US economy"),
        ("taxable income and gross income", "gross income and taxable income"),
        ("topics for a physics project", "topics for a project in physics"),
        ("How do you neutralize hydrochloric acid?", "How can hydrochloric acid be neutralized?"),
        ("٣٤ كتاب", "34 كتاب"),
        ("苹果和香蕉", "香蕉和苹果"),
    ],
)
def test_what_is_only_put_differently_asks_the_same(text: str, other: str) -> None:
    assert difference(text, other) is None


@pytest.mark.parametrize(
    ("text", "other", "why"),
    [
        ("Is five enough?", "Is six enough?", "have different numbers"),
        ("Python 3.10", "Python 3.1", "have different numbers"),
        ("How warm is -5?", "How warm is 5?", "have different numbers"),
        ("what is 2+3", "what is 2*3", "have different signs"),
        ("news of 2021-03-04", "news of 2021-04-03", "have different numbers"),
        ("3/4 cup of milk", "4/3 cup of milk", "have different numbers"),
        ("the second chapter", "the third chapter", "have different numbers"),
        ("٣ كتاب", "٤ كتاب", "have different numbers"),
        ("take 5 mg", "take 5 g", "have different units"),
        ("pay 10 euros", "pay $10", "have different units"),
        ("Why do it?", "Why don't we do it?", "do not negate the same"),
        ("Was ist erlaubt?", "Was ist nicht erlaubt?", "do not negate the same"),
        ("Who is the president?", "Who is the president today?", "are about different times"),
        ("what is on this week", "what is on this month", "are about different times"),
        ("Who wrote it?", "When was it written?", "ask for different kinds of things"),
        ("Why is it safe?", "Is it safe?", "ask for different kinds of things"),
        ("hotels in rome", "hotels in Oslo", "have different names"),
        ("C++ or Java", "C# or Java", "have different names"),
        ("is it legal", "is it illegal", "have contrary words"),
        ("the best phone", "the worst phone", "have contrary words"),
        ("its pros and cons", "its pros", "do not ask for both of two contraries"),
        ("trains from rome on monday", "are there trains to rome on monday", "go different ways"),
        ("Did Ron love Hermione?", "Was it Hermione who loved Ron?", "have the same names in another order"),
        ("can a dog eat a cat", "can a cat eat a dog", "have the same words in another order"),
        ("apples and not pears", "pears and not apples", "have the same words in another order"),
        ("我爱你", "你爱我", "have the same words in another order"),
    ],
)
def test_what_asks_something_else_is_told_with_its_reason(text: str, other: str, why: str) -> None:
    assert difference(text, other) == why


@pytest.mark.parametrize(
    "text",
    [
        "a" * 4_000,
        "a." * 2_000,
        "1" * 4_000,
        "1,1." * 1_000,
        "1/" * 2_000,
        "1:" * 2_000,
        "'" * 4_000,
        "a'" * 2_000,
        "and " * 1_000,
        "one " * 1_000,
        "twenty-" * 500,
        "A " * 2_000,
        "not " * 1_000,
        "我" * 1_300,
        "五" * 1_300,
        "\u0301" * 4_000,
        "from a " * 500,
        "<" * 4_000,
        "+a" * 2_000,
        "½" * 800,
        "²" * 1_300,
        "monday " * 500,
        "last " * 800,
        "May 5 of " * 400,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """A pattern that goes back again and again would still be at it when pytest gives up."""
    assert same(text, f"{text} ")
    difference(text, text[::-1])
    difference(text, text[: len(text) // 2] + "!" + text[len(text) // 2 :])


def words_like(first: str, count: int) -> list[str]:
    """Different words, of letters."""
    return [first + "".join(chr(ord("a") + int(digit)) for digit in str(number)) for number in range(count)]


def steps(text: str, other: str) -> int:
    """How many lines of Python it takes to compare two texts that were not seen before."""
    count = 0

    def on_event(_frame: FrameType, event: str, _argument: object) -> Tracer:
        nonlocal count
        count += event == "line"
        return on_event

    KEPT_READINGS.forget()
    before = sys.gettrace()
    sys.settrace(on_event)
    try:
        difference(text, other)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "pair_of",
    [
        lambda count: (words_like("Ka", count), words_like("Kab", count)),
        lambda count: (words_like("ka", count), words_like("ka", count)[::-1]),
        lambda count: (words_like("Ka", count), words_like("Ka", count)[::-1]),
        lambda count: (" , ".join(words_like("ka", count)).split(), " , ".join(words_like("ka", count)[::-1]).split()),
        lambda count: (["and", "or"] * count, ["or", "and"] * count),
        lambda count: (["one"] * count, ["1"] * count),
        lambda count: (["from", "kab"] * count, ["to", "kab"] * count),
        lambda count: (["twenty-"] * count, ["hundred and"] * count),
    ],
)
def test_twice_the_text_takes_twice_the_steps(pair_of: Callable[[int], tuple[list[str], list[str]]]) -> None:
    few, many = (steps(*(" ".join(words) for words in pair_of(count))) for count in (250, 500))
    assert few > 250
    assert many < 2.3 * few


def test_a_text_that_is_too_long_is_the_same_as_itself_only() -> None:
    text = "word " * (MAX_READ // 5)
    assert same(text, f"{text}.")
    huge = text * 1000
    assert same(huge, str(huge + "x")[:-1])
    assert difference(huge, f"{huge} ") == "are too long to be compared"
    assert difference("short", huge) == "are too long to be compared"


@pytest.mark.parametrize("text", ["½" * MAX_READ, "\ufdfa" * 300, "我" * (MAX_READ // 2)])
def test_a_text_that_grows_too_long_by_normalising_is_the_same_as_itself_only(text: str) -> None:
    assert same(text, str(text + "x")[:-1])
    assert difference(text, f"{text} ") == "are too long to be compared"
