"""Finding messages by their words: what any honest engine does, whatever it takes for a word and however it scores."""

from __future__ import annotations

import unicodedata

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import MAX_QUERY_BYTES, ArchiveIndex
from lixcore.testing.archive_index.messages import (
    FILLER,
    ONE,
    OURS,
    RARE,
    TWO,
    IndexRules,
    by_text,
    message,
    numbered,
    positions,
    progress,
    put,
    word,
)
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

OTHER = "quartz"

CASES = ["ZANZIBAR", "Zanzibar", "zAnZiBaR"]

DATA = {
    "quotes and minus": '"zanzibar" -quartz',
    "not": "zanzibar NOT quartz",
    "and": "zanzibar AND quartz",
    "plus": "+quartz +zanzibar",
    "near": "NEAR(quartz zanzibar)",
    "field": "text:quartz zanzibar",
    "brackets": "zanzibar)) OR ((quartz",
    "braces": "{zanzibar quartz}",
    "weights": "zanzibar^2 ~quartz",
    "sql": "zanzibar'; DROP TABLE messages; -- quartz",
    "parameters": "quartz \\ zanzibar $1 ? :name %s {0}",
    "regex": "^zanzibar$|quartz",
    "classes": "[zanzibar] <quartz>",
    "like": "zanzibar% quartz_",
    "lines": "zanzibar\nquartz",
    "nul": "zanzibar\0quartz",
    "odd spaces": "\ufeffzanzibar \u200bquartz\u3000",
}
"""Each holds two words, and what some engine takes for more than a separator."""

PATTERNS = {
    "star": "zanz*",
    "percent": "zanz%",
    "underscore": "zanz_bar",
    "question mark": "zanziba?",
    "dots": "z.*r",
    "anything": ".*",
    "class": "[a-z]+",
    "slashes": "/zanzi/",
    "all": "*",
    "all of sql": "%",
    "one of sql": "_",
    "injection": "' OR 1=1 --",
}
"""None holds a word of a message."""

WITHOUT_WORDS = {
    "empty": "",
    "space": " ",
    "lines": "\n\t",
    "punctuation": "?!...",
    "quote": '"',
    "apostrophe": "'",
    "nul": "\0",
    "minus": "-",
    "comment": "--",
    "brackets": "((",
    "backslash": "\\",
    "of other scripts": "。「」",
    "space of no width": "\u200b",
}

UNSPACED = [
    ("我昨天在动物园看见了长颈鹿", "长颈鹿", "企鹅"),
    ("昨日動物園でキリンを見ました", "キリン", "ペンギン"),
    ("เมื่อวานฉันเห็นยีราฟที่สวนสัตว์", "ยีราฟ", "เพนกวิน"),
]
"""A sentence, a part of it, and a word of which no part is in it."""

LANGUAGES = ["Hindi", "Russian", "Korean", "Arabic", "Greek", "German"]
SPACED = [
    ("मैंने कल चिड़ियाघर में जिराफ़ देखा", "जिराफ़", "पेंगुइन"),
    ("Вчера я видел в зоопарке жирафа", "ЖИРАФА", "пингвин"),
    ("어제 동물원에서 기린을 보았다", "동물원에서", "펭귄"),
    ("رأيت أمس زرافة في حديقة الحيوان", "زرافة", "بطريق"),
    ("Χθες είδα μια καμηλοπάρδαλη", "ΚΑΜΗΛΟΠΆΡΔΑΛΗ", "πιγκουίνος"),
    ("Gestern sah ich eine Giraffe im Zoo", "giraffe", "Pinguin"),
]


class WordingRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("This is what the index is for: the one message in a long history that has the word.")
    def test_a_word_finds_the_message_that_has_it(self, index: ArchiveIndex) -> None:
        put(index, ONE, *numbered(200))
        for at in (1, 77, 200):
            assert positions(by_text(index, word(at))) == [at]
            assert positions(by_text(index, f"{word(at)} {RARE}", k=3))[0] == at
        assert by_text(index, word(201)) == []

    @rule("A hit without any of the words is noise that is put before a model as if it were an answer.")
    def test_a_message_that_shares_no_word_is_no_hit(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, "meadow lantern"), message(2, ""), message(3, "meadowlark"), message(4, "a lantern, lit"))
        assert sorted(positions(by_text(index, "lantern"))) == [1, 4]
        assert by_text(index, "antern") == by_text(index, "lanternfish") == []
        assert by_text(index, f"{RARE} {OTHER}") == []

    @rule("People do not repeat a word as it was written: a sentence began with it, or somebody shouted.")
    @pytest.mark.parametrize("written", CASES)
    def test_case_does_not_count(self, index: ArchiveIndex, written: str) -> None:
        put(index, ONE, message(1, f"the {written} archive"), message(2, "walnut"))
        for asked in CASES:
            assert positions(by_text(index, asked)) == [1]

    @rule("Keyboards write an accent as a part of a letter or after it; both look the same, and mean it.")
    def test_how_unicode_writes_a_character_does_not_count(self, index: ArchiveIndex) -> None:
        text = "smörgåsbord crème brûlée"
        put(index, ONE, message(1, unicodedata.normalize("NFC", text)), message(2, unicodedata.normalize("NFD", text)))
        for form in ("NFC", "NFD"):
            for each in text.split():
                asked = unicodedata.normalize(form, each)
                assert positions(by_text(index, asked)) == [2, 1], (form, each)

    @rule("A user's sentence is no program: a character that an engine takes for an operator hides messages, or breaks the call.")
    @pytest.mark.parametrize("query", DATA.values(), ids=DATA.keys())
    def test_no_character_of_a_query_is_an_operator(self, index: ArchiveIndex, query: str) -> None:
        put(index, ONE, message(1, RARE), message(2, OTHER), message(3, f"{RARE} {OTHER}"), message(4, "walnut pigeon"))
        assert sorted(positions(by_text(index, query))) == [1, 2, 3]

    @rule("A pattern that is obeyed finds what was not asked for, and takes as long as its writer likes.")
    @pytest.mark.parametrize("query", PATTERNS.values(), ids=PATTERNS.keys())
    def test_patterns_are_no_patterns(self, index: ArchiveIndex, query: str) -> None:
        put(index, ONE, message(1, RARE), message(2, "walnut pigeon"))
        assert by_text(index, query) == []

    @rule("An empty question has no answer: everything, or an error, is none.")
    @pytest.mark.parametrize("query", WITHOUT_WORDS.values(), ids=WITHOUT_WORDS.keys())
    def test_a_query_without_words_finds_nothing(self, index: ArchiveIndex, query: str) -> None:
        put(index, ONE, message(1), message(2, ""), message(3, "?!... -- 'quoted' \\ \0"))
        assert by_text(index, query) == []

    @rule("Whole paragraphs are pasted into a search; the word that tells the most may be the last.")
    def test_all_words_of_a_long_query_count(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at, f"{word(at)} walnut") for at in range(1, 6)))
        padding = " ".join(word(number) for number in range(1000, 5000))
        query = f"{padding[: MAX_QUERY_BYTES - 100]} {word(3)}"
        assert len(query) > MAX_QUERY_BYTES * 0.9
        assert positions(by_text(index, query)) == [3]
        assert positions(by_text(index, f"{word(3)} " * 1000)) == [3]

    @rule("A word that most messages of a session have, such as a name, is asked for like any other.")
    def test_a_word_that_every_message_has_finds_them_all(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at, f"{RARE} {word(at)}") for at in range(1, 31)))
        assert positions(by_text(index)) == list(range(30, 0, -1))
        assert positions(by_text(index, k=4)) == [30, 29, 28, 27]

    @rule("The message that is about the word must come before the one that mentions it.")
    def test_more_often_among_no_more_words_is_not_ranked_below(self, index: ArchiveIndex) -> None:
        @examples(30)
        @given(
            often=st.integers(2, 8),
            seldom=st.integers(1, 8),
            few=st.integers(0, 30),
            more=st.integers(0, 30),
            others=st.integers(0, 10),
        )
        def check(often: int, seldom: int, few: int, more: int, others: int) -> None:
            index.clear()
            seldom = min(often, seldom)
            padding = ["walnut"] * few, ["walnut"] * (often - seldom + few + more)
            put(index, ONE, message(1, " ".join([RARE] * often + padding[0])))
            put(index, ONE, message(2, " ".join([RARE] * seldom + padding[1])))
            put(index, ONE, *(message(at, "pigeon velvet") for at in range(3, 3 + others)))
            scores = {hit.position: hit.score for hit in index.search_text(RARE, k=9, where=OURS)}
            assert len(scores) == 2
            assert scores[message(1).position] >= scores[message(2).position]

        check()

    @rule("Of two words, both together tell more than one: who asked for both wants that message first.")
    def test_all_words_are_not_ranked_below_some(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, f"{RARE} {OTHER} walnut"), message(2, f"{RARE} walnut walnut"), message(3, "pigeon velvet"))
        put(index, ONE, message(4, f"walnut walnut {OTHER}"), message(5, f"{RARE} walnut walnut"))
        assert positions(by_text(index, f"{RARE} {OTHER}"))[0] == 1
        assert positions(by_text(index, f"{OTHER} {RARE}"))[0] == 1
        assert len(by_text(index, f"{RARE} {OTHER}")) == 4

    @rule("Of what fits equally well the newer is meant; an order by chance changes from one call to the next.")
    def test_of_equals_the_newer_comes_first(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at, f"{RARE} walnut") for at in range(1, 20, 2)))
        put(index, TWO, *(message(at, f"{RARE} walnut") for at in range(2, 20, 2)), message(1, f"{RARE} walnut"))
        expected = [(ONE if at % 2 else TWO, at) for at in range(19, 0, -1)] + [(TWO, 1)]
        assert by_text(index) == expected
        for k in (1, 2, 7, 19):
            assert by_text(index, k=k) == expected[:k]

    @rule("A score that is mixed with other tenants' statistics tells what they talk about.")
    def test_scores_depend_on_the_tenants_messages_only(self, index: ArchiveIndex) -> None:
        self._check_alone(index, [SessionKey("one", tenant="other"), SessionKey("x", tenant="other")], None)

    @rule("One conversation is searched alike with an index of a million others and without: what others say changes nothing.")
    def test_scores_depend_on_the_sessions_searched_only(self, index: ArchiveIndex) -> None:
        self._check_alone(index, [TWO, SessionKey("three")], ["one"])

    def _check_alone(self, index: ArchiveIndex, others: list[SessionKey], sessions: list[str] | None) -> None:
        where = attrs.evolve(OURS, sessions=sessions)
        put(index, ONE, message(1, f"{RARE} walnut"), message(2, f"{OTHER} walnut"), message(3, "pigeon velvet"))
        before = list(index.search_text(f"{RARE} {OTHER}", k=9, where=where))
        assert [hit.position for hit in before] == [2, 1]
        for other, text in zip(others, (OTHER, f"{RARE} " * 40), strict=True):
            put(index, other, *(message(at, text) for at in range(10, 30)))
            assert list(index.search_text(f"{RARE} {OTHER}", k=9, where=where)) == before

    @rule("A filter says what is wanted, not what is common: with it, what is left keeps its order.")
    def test_a_filter_changes_no_score(self, index: ArchiveIndex) -> None:
        texts = [f"{RARE} walnut", f"{OTHER} walnut", f"{OTHER} {OTHER}", f"{RARE} {OTHER} pigeon", "walnut", OTHER]
        put(index, ONE, *(message(at, text, role="ab"[at % 2]) for at, text in enumerate(texts, 1)))
        whole = list(index.search_text(f"{RARE} {OTHER}", k=9, where=OURS))
        for role, rest in (("a", 0), ("b", 1)):
            found = index.search_text(f"{RARE} {OTHER}", k=9, where=attrs.evolve(OURS, roles=[role]))
            assert list(found) == [hit for hit in whole if hit.position % 2 == rest]

    @rule("A third of mankind writes without spaces: a whole sentence as one word is found by nobody.")
    @pytest.mark.parametrize(("sentence", "part", "stranger"), UNSPACED, ids=["Chinese", "Japanese", "Thai"])
    def test_in_scripts_without_spaces_a_part_finds_the_sentence(
        self, index: ArchiveIndex, sentence: str, part: str, stranger: str
    ) -> None:
        put(index, ONE, message(1, sentence), message(2, "walnut"), message(3, f"iPhone{part}X"))
        assert sorted(positions(by_text(index, part))) == [1, 3]
        assert by_text(index, stranger) == []

    @rule("Words are those of all languages: an engine that knows ASCII letters only is blind to most of them.")
    @pytest.mark.parametrize(
        ("sentence", "part", "stranger"), SPACED, ids=["Hindi", "Russian", "Korean", "Arabic", "Greek", "German"]
    )
    def test_words_of_any_script_are_found(self, index: ArchiveIndex, sentence: str, part: str, stranger: str) -> None:
        put(index, ONE, message(1, sentence), message(2, "walnut"))
        assert positions(by_text(index, part)) == [1]
        assert by_text(index, stranger) == []

    @rule("Nothing said, or a whole book, is a message too: one that is not counted is taken for missing, again and again.")
    def test_texts_may_be_empty_or_huge(self, index: ArchiveIndex) -> None:
        book = " ".join(FILLER[number % len(FILLER)] for number in range(200_000))
        put(
            index,
            ONE,
            message(1, ""),
            message(2, f"{book} {RARE}"),
            message(3, " \n"),
            message(4, "\0"),
            message(5, "x" * 100_000),
        )
        assert progress(index, ONE).messages == 5
        assert positions(by_text(index)) == [2]
        assert positions(by_text(index, "velvet")) == [2]
