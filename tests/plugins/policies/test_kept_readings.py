"""Readings are kept by how many characters they take in all, and never change what is read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from lixcore_policies.texts.kept_readings import KeptReadings
from lixcore_policies.texts.reading import MAX_READ, read

LONGEST = "a " * (MAX_READ // 2)


def test_a_query_of_any_length_is_read_once_while_it_meets_sixteen_others() -> None:
    kept = KeptReadings()
    first = kept.of(LONGEST)
    for number in range(16):
        kept.of(f"{LONGEST[:-4]}{number}")
        assert kept.of(LONGEST) is first


def test_the_text_that_was_not_asked_for_longest_is_read_anew() -> None:
    kept = KeptReadings(most=1100)  # two of a few characters, each of which counts some hundred more
    first, second = kept.of("one text"), kept.of("another")
    assert kept.of("one text") is first
    kept.of("a third")
    assert kept.of("one text") is first
    assert kept.of("another") is not second


def test_what_is_forgotten_is_read_anew() -> None:
    kept = KeptReadings()
    reading = kept.of("a text")
    kept.forget()
    assert kept.of("a text") is not reading


@given(st.lists(st.sampled_from(["a", "bc d", "5 pm", "我", LONGEST, "x" * (MAX_READ + 1)]), max_size=12), st.integers(0, 6000))
def test_keeping_changes_no_reading(texts: list[str], most: int) -> None:
    kept = KeptReadings(most)
    assert [kept.of(text) for text in texts] == [read(text) for text in texts]


def test_threads_may_ask_at_once() -> None:
    kept = KeptReadings(most=3000)
    texts = [f"text {number % 9}" for number in range(400)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(kept.of, texts)) == [read(text) for text in texts]
