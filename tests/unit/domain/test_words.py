"""What texts are found by."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.words import folded, query_words, words_of

SENTENCES = [
    "Where did you put the blue bicycle?",
    "Где мой велосипед?",
    "我昨天在公园里看见了他",
    "昨日公園で彼を見かけました。コーヒーも飲んだ",
    "เมื่อวานฉันเห็นเขาที่สวนสาธารณะ",
    "मैंने कल उसे पार्क में देखा था",
    "رأيته أمس في الحديقة",
    "어제 공원에서 그를 보았다",
    "Χθες τον είδα στο πάρκο",
    "ဥယျာဉ်ထဲမှာ သူ့ကို မြင်ခဲ့တယ်",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" ,.!? \0\n", []),
        ("Hello, World", ["hello", "world"]),
        ("Anna's snake_case don't 3.14 a-b", ["anna", "s", "snake", "case", "don", "t", "3", "14", "a", "b"]),
        ("to be or not to be", ["to", "be", "or", "not", "to", "be"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("e\u0301t\u00e9 \u00c9t\u00c9", ["\u00e9t\u00e9", "\u00e9t\u00e9"]),
        ("\uff46\uff55\uff4c\uff4c \ufb01ne", ["full", "fine"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", ["\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"]),
        ("co\u00adoperate", ["cooperate"]),
        ("水", ["水"]),
        ("東京都", ["東京", "京都", "東", "京", "都"]),
        ("iPhone手機 ok", ["iphone", "手機", "手", "機", "ok"]),
        ("ｺｰﾋｰ", ["コー", "ーヒ", "ヒー", "コ", "ー", "ヒ", "ー"]),
        ("ไป", ["ไป", "ไ", "ป"]),
        ("日。本", ["日", "本"]),
        ("🎉 1\ufe0f\u20e3", ["1"]),
    ],
)
def test_examples(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_query_looks_for_pairs_and_for_a_character_only_where_it_stands_alone() -> None:
    assert query_words("東京都 水 水 Tokyo tokyo") == ["東京", "京都", "水", "tokyo"]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_part_of_a_sentence_finds_it(sentence: str) -> None:
    for part in sentence.split():
        assert set(query_words(part)) <= set(words_of(sentence))


@pytest.mark.parametrize("sentence", SENTENCES[2:5])
def test_every_piece_of_a_sentence_without_spaces_finds_it(sentence: str) -> None:
    held = set(words_of(sentence))
    for start in range(len(sentence) - 3):
        assert held & set(query_words(sentence[start : start + 3]))


@given(st.text())
def test_what_a_query_looks_for_is_found_in_the_same_text(text: str) -> None:
    assert set(query_words(text)) <= set(words_of(text))


@given(st.text())
def test_words_hold_letters_marks_and_digits_only(text: str) -> None:
    assert all(unicodedata.category(character)[0] in "LMN" for word in words_of(text) for character in word)


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.text(), st.sampled_from(["NFC", "NFD"]))
def test_how_unicode_writes_a_text_does_not_count(text: str, form: str) -> None:
    assert words_of(unicodedata.normalize(form, text)) == words_of(text)  # type: ignore[arg-type]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u0131")))  # Turkish: its capital is another's
def test_neither_does_case(text: str) -> None:
    assert words_of(text.upper()) == words_of(text)


@given(
    st.lists(st.text("abcXYZ09", min_size=1), max_size=8), st.sampled_from([" ", "\n", "_", "'", "%", '"', "\0", "\u3000", "。"])
)
def test_what_is_no_word_parts_words(words: list[str], between: str) -> None:
    assert words_of(between.join(words)) == [word.lower() for word in words]
