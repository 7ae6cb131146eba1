"""The analyzer ``snowball``: stems and stop words by script, in messages and queries alike."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore import CacheConfig
from lixcore.bootstrap import Opener
from lixcore.domain.words import words_of
from lixcore.errors import BrokenAdapterError, InvalidConfigError
from lixcore.registry import Group
from lixcore.testing.ground.threads import at_once
from lixcore_snowball import SnowballAnalyzer, stemmers
from lixcore_snowball import analyzer as module
from lixcore_snowball.irregular_english import IRREGULAR
from lixcore_snowball.stop_words import stop_words

ENGLISH = SnowballAnalyzer()
LANGUAGES: tuple[str, ...] = attrs.fields(SnowballAnalyzer.Options).language.metadata["lixcore"].choices
LISTED = sorted(path.stem for path in (Path(module.__file__).parent / "stop_words").glob("[a-z]*.py"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("walks", "She was WALKING home"),
        ("Did she buy a car?", "I bought it; cars are cheap"),
        ("children", "a child"),
        ("собака", "Наши собаки спят"),
        ("बच्चा", "बच्चों को"),
        ("σπίτια", "το σπίτι"),
        ("المدرسة", "مدرسة"),
        ("東京", "昨日東京に行った"),
        ("ตลาด", "ฉันไปตลาด"),
        ("naïve", "NAI\u0308VE"),
    ],
)
def test_a_form_of_a_word_finds_another(query: str, message: str) -> None:
    assert set(ENGLISH.query_words(query)) & set(ENGLISH.words_of(message))


@pytest.mark.parametrize(
    ("language", "query", "message"),
    [
        ("german", "Häuser", "das Haus"),
        ("french", "chevaux", "le cheval"),
        ("spanish", "canciones", "una canción"),
        ("italian", "ragazze", "la ragazza"),
        ("portuguese", "comeram", "comer"),
        ("dutch", "boeken", "het boek"),
        ("swedish", "bilarna", "bilar"),
        ("turkish", "evler", "ev"),
        ("indonesian", "makanan", "makan"),
    ],
)
def test_words_in_latin_letters_are_those_of_the_language_that_is_named(language: str, query: str, message: str) -> None:
    analyzer = SnowballAnalyzer(language)
    assert set(analyzer.query_words(query)) & set(analyzer.words_of(message))
    assert not set(ENGLISH.query_words(query)) & set(ENGLISH.words_of(message))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_that_can_be_named_has_a_stemmer(language: str) -> None:
    assert SnowballAnalyzer(language).words_of("zx") == ["zx"]


def test_words_that_tell_nothing_are_left_out() -> None:
    assert ENGLISH.query_words("What is it that you don't have, and who was I?") == []
    assert SnowballAnalyzer("german").words_of("Das ist für dich und außerdem für alle") == ["ausserd"]
    assert ENGLISH.words_of("это не то, что мы") == ENGLISH.words_of("यह क्या है") == []


@pytest.mark.parametrize("language", LISTED)
def test_stop_words_are_words_as_texts_are_cut_into(language: str) -> None:
    """One that no text has leaves nothing out. So "don't" stands there in two parts."""
    assert len(stop_words(language)) >= 30
    assert all(words_of(word) == [word] for word in stop_words(language))


def test_irregular_forms_are_words_and_none_leads_to_another() -> None:
    assert all(words_of(text) == [text] for text in (*IRREGULAR, *IRREGULAR.values()))
    assert not IRREGULAR.keys() & set(IRREGULAR.values())
    assert not IRREGULAR.keys() & stop_words("english")


def test_with_none_words_in_latin_letters_stay_as_they_are() -> None:
    analyzer = SnowballAnalyzer("none")
    assert analyzer.words_of("The dogs were RUNNING, собаки") == ["the", "dogs", "were", "running", "собак"]


@given(st.text(), st.text())
def test_it_is_a_pure_function_and_a_text_is_found_by_itself(one: str, other: str) -> None:
    fresh = SnowballAnalyzer()
    fresh.words_of(other)
    assert fresh.words_of(one) == ENGLISH.words_of(one)
    assert set(ENGLISH.query_words(one)) <= set(ENGLISH.words_of(one))
    assert len(set(ENGLISH.query_words(one))) == len(ENGLISH.query_words(one))
    assert "" not in ENGLISH.words_of(one)


def test_it_marks_the_forms_that_a_query_finds() -> None:
    text = "The dog saw other DOGS; doggerel is no dog's"
    marked = [text[start:end] for start, end in ENGLISH.spans(text, ENGLISH.query_words("dogs seen"))]
    assert marked == ["dog", "saw", "DOGS", "dog"]


def test_what_it_keeps_is_bounded_and_what_it_dropped_comes_back_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_WORDS", 10)
    analyzer = SnowballAnalyzer()
    words = [f"walking{letter}s" for letter in "abcdefghijklmnopqrstuvwxyz"]
    expected = [ENGLISH.words_of(word) for word in words]
    for _ in range(3):
        assert [analyzer.words_of(word) for word in words] == expected
        assert len(analyzer._reduced) <= 10
        assert len(analyzer._reduced._older) <= 10
    long = "a" * 100_000
    assert analyzer.words_of(long) == [long]
    assert long not in analyzer._reduced


def test_threads_at_once_get_what_one_gets() -> None:
    words = [
        f"{stem}{ending}" for stem in ("walk", "talk", "nation", "relat", "hop") for ending in ("ing", "ed", "al", "ional", "s")
    ]
    expected = [ENGLISH.words_of(word) for word in words]
    analyzer = SnowballAnalyzer()
    found: list[list[Any]] = []

    def work() -> None:
        found.append([analyzer.words_of(word) for word in words])

    at_once(work, work, work, work)
    assert found == [expected] * 4


def test_its_identity_names_what_words_depend_on() -> None:
    assert version("snowballstemmer") in ENGLISH.identity
    assert len({ENGLISH.identity, SnowballAnalyzer("german").identity, SnowballAnalyzer("none").identity}) == 3
    assert SnowballAnalyzer().identity == ENGLISH.identity


def test_stemmers_are_imported_when_a_word_needs_one_and_no_other_than_that() -> None:
    code = (
        "import sys; from lixcore_snowball import SnowballAnalyzer as A; a = A(); n = len(sys.modules)\n"
        "loaded = lambda: sorted(m.rpartition('.')[2] for m in sys.modules if m.endswith('_stemmer'))\n"
        "assert not loaded()\n"
        "a.words_of('walking'); assert loaded() == ['english_stemmer']\n"
        "assert 'snowballstemmer' not in sys.modules and 'Stemmer' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603  # our own code


def test_without_the_stemmers_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    stemmers.version.cache_clear()
    monkeypatch.setattr(stemmers, "version_of", missing)
    with pytest.raises(BrokenAdapterError, match="pip install snowballstemmer"):
        SnowballAnalyzer()


def test_a_configuration_chooses_it_and_its_language() -> None:
    def chosen(**settings: Any) -> Any:
        return Opener(CacheConfig(hot_store="memory", cold_archive="memory", **settings)).analyzer

    assert chosen().identity == ENGLISH.identity
    assert chosen(snowball_language="german").words_of("Häuser") == ["haus"]
    assert chosen(analyzer="plain").words_of("The dogs") == ["the", "dogs"]
    with pytest.raises(InvalidConfigError, match="one of english, basque"):
        chosen(snowball_language="klingon")


def test_adapters_get_the_analyzer_that_is_configured() -> None:
    opener = Opener(CacheConfig(hot_store="memory", cold_archive="memory"))
    given_to_adapters = opener._context.analyzer
    assert given_to_adapters.identity == ENGLISH.identity
    assert given_to_adapters.words_of("walking dogs") == ["walk", "dog"]
    assert given_to_adapters.query_words("walking dogs, walks") == ["walk", "dog"]
    assert given_to_adapters.spans("walking dogs", ["dog"]) == [(8, 12)]
    assert opener.open(Group.ANALYZER, "plain").identity != ENGLISH.identity
