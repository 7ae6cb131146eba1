"""Where a text has the words that are looked for."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lixcore.domain.words import PlainAnalyzer, folded, query_words, spans_of, words_of

# What folding joins, parts, drops, lengthens or reorders, beside letters of several scripts.
HARD = (
    "aAzß_\u0131 \u0130Σς e\u0301e\u0323\u0307 ﬁ½①™㎞ｶﾞﾊﾟ ﾠ\u1100\u1161\u11a8각 가\u11a8 か\u3099が 東京都ไป"
    "\u00ad\u200d\ufe0f\u180e िकप ்க \u0345ᾳ \u2003\u3000\x85.!-'1"
)
TEXTS = st.text() | st.text(st.sampled_from(HARD))


def found(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in PlainAnalyzer().spans(text, query_words(query))]


@pytest.mark.parametrize(
    ("text", "query", "spans"),
    [
        ("Hello, World. HELLO!", "hello", ["Hello", "HELLO"]),
        ("snake_case and a snake", "snake", ["snake", "snake"]),
        ("Straße 12", "STRASSE", ["Straße"]),
        ("a ﬁne co\u00adoperation", "fine cooperation", ["ﬁne", "co\u00adoperation"]),
        ("E\u0301te\u0301, été", "ÉTÉ", ["E\u0301te\u0301", "été"]),
        ("私は東京に行きました", "東京", ["東京"]),
        ("東京都と京都", "京都", ["京都", "京都"]),
        ("東京都", "東京都", ["東京都"]),
        ("猫が好き、猫", "猫", ["猫", "猫"]),
        ("ｶﾞｽと水", "ガス", ["ｶﾞｽ"]),
        ("iPhone手機", "手機", ["手機"]),
        ("iPhone手機", "iphone", ["iPhone"]),
        ("ฉันไปตลาด", "ตลาด", ["ตลาด"]),
        ("मैंने पार्क में देखा", "पार्क", ["पार्क"]),
        ("한국어 음악", "한국어", ["한국어"]),
        ("nothing here", "elsewhere", []),
        ("anything", "", []),
    ],
)
def test_examples(text: str, query: str, spans: list[str]) -> None:
    assert found(text, query) == spans


@given(TEXTS, st.data())
def test_what_has_a_word_is_marked_and_the_rest_has_none(text: str, data: st.DataObject) -> None:
    held = sorted(set(words_of(text)))
    wanted = data.draw(st.sets(st.sampled_from(held))) if held else set()
    spans = spans_of(text, wanted)
    assert bool(spans) == bool(wanted)
    assert wanted <= {word for start, end in spans for word in words_of(text[start:end])}
    if any(len(folded(character)) != 1 for character in text):
        return  # "¼1" is "1" and "41": who marks the former cuts the latter
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        assert wanted.isdisjoint(words_of(text[start:end]))


@given(TEXTS, st.sets(st.text(max_size=3)))
def test_spans_ascend_and_none_touches_the_next(text: str, words: set[str]) -> None:
    edges = [edge for span in spans_of(text, words | set(words_of(text)[::2])) for edge in span]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)


@given(st.text(st.sampled_from("東京都日本ไปま"), min_size=2), st.data())
@example("東京東", None)
def test_of_a_script_without_spaces_only_the_pairs_looked_for_are_marked(text: str, data: st.DataObject | None) -> None:
    at = data.draw(st.integers(0, len(text) - 2)) if data else 0
    pair = text[at : at + 2]
    marked = {place for start, end in spans_of(text, {pair}) for place in range(start, end)}
    assert marked == {place for start in range(len(text) - 1) if text[start : start + 2] == pair for place in (start, start + 1)}


@given(TEXTS)
def test_words_are_compared_as_they_are_reduced(text: str) -> None:
    assert spans_of(text, {"x"}, lambda _: "x") == spans_of(text, words_of(text))
    assert spans_of(text, words_of(text), lambda _: "") == []


def test_a_text_of_a_megabyte_without_spaces_is_marked() -> None:
    text = "私は東京に行きました" * 30_000 + "ﬁ"
    assert len(spans_of(text, {"東京"})) == 30_000
    assert folded("ﬁ") == "fi"
