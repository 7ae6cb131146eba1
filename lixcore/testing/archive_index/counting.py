"""The counts that scores are made of: by them the core scores what is not indexed yet as the index would."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage, IndexFilter, WordCounts
from lixcore.testing.archive_index.messages import ONE, OURS, RARE, TWO, IndexRules, message, numbered, put, word
from lixcore.testing.archive_index.oracle import counted
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

OTHER = "quartz"
ASKED = [RARE, OTHER, "walnut"]


class CountingRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("A message counts once for a word, however often it says it, and its length is all that it says.")
    def test_messages_words_and_holders_are_counted(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, f"{RARE} {RARE} walnut"), message(2, f"{OTHER} walnut"), message(3, "pigeon"))
        assert index.count_words(ASKED, where=OURS) == WordCounts(3, 6, {RARE: 1, OTHER: 1, "walnut": 2})
        assert index.count_words([], where=OURS) == WordCounts(3, 6, {})

    @rule("A word that no message has is the rarest of all; one that is missing from the answer looks like one not asked for.")
    def test_a_word_that_none_holds_counts_zero(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, RARE))
        odd = [word(7), "' OR 1=1 --", "%", "長頸", "\0", "x" * 5000]
        assert index.count_words([*odd, RARE], where=OURS) == WordCounts(1, 1, {**dict.fromkeys(odd, 0), RARE: 1})
        assert index.count_words([RARE], where=IndexFilter(tenant="nobody")) == WordCounts(0, 0, {RARE: 0})

    @rule("Whoever says nothing is a message too: left out, all others look longer than they are.")
    def test_messages_without_words_are_counted(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, ""), message(2, "?!"), message(3, RARE))
        assert index.count_words([RARE], where=OURS) == WordCounts(3, 1, {RARE: 1})

    @rule("Scores depend on the sessions searched and on nothing else: so do the counts, whatever else a filter says.")
    def test_only_tenant_and_sessions_matter(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, f"{RARE} walnut", topic="rain"), message(2, OTHER, role="tool", at=NOON + 9))
        put(index, TWO, message(1, f"{RARE} walnut walnut"))
        put(index, SessionKey("one", tenant="other"), *numbered(5))
        narrow = attrs.evolve(OURS, roles=["tool"], since=NOON + 9, until=NOON + 10, fields={"a": "b"}, before=Position(1))
        assert index.count_words(ASKED, where=OURS) == WordCounts(3, 6, {RARE: 2, OTHER: 1, "walnut": 2})
        assert index.count_words(ASKED, where=narrow) == index.count_words(ASKED, where=OURS)
        one = WordCounts(2, 3, {RARE: 1, OTHER: 1, "walnut": 1})
        for sessions in (["one"], ["one", "one"], {"one", "none"}):
            assert index.count_words(ASKED, where=attrs.evolve(OURS, sessions=sessions)) == one
        assert index.count_words(ASKED, where=attrs.evolve(OURS, sessions=[])) == WordCounts(0, 0, dict.fromkeys(ASKED, 0))

    @rule("Counts that keep what was forgotten, or count a repeated message again, shift every score a little, for ever.")
    def test_counts_are_those_of_what_is_held(self, index: ArchiveIndex) -> None:
        texts = st.lists(st.sampled_from([*ASKED, "pigeon"]), max_size=4).map(" ".join)
        histories = st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.sets(st.integers(1, 9), max_size=4)), max_size=6)

        @examples(40)
        @given(texts=st.lists(texts, min_size=9, max_size=9), histories=histories, gone=st.integers(0, 9))
        def check(texts: list[str], histories: list[tuple[SessionKey, set[int]]], gone: int) -> None:
            index.clear()
            shelf: dict[SessionKey, dict[int, IndexedMessage]] = {ONE: {}, TWO: {}}
            for session, added in histories:
                messages = [message(at, texts[at - 1]) for at in sorted(added)]
                index.add([IndexBatch(session, messages)])
                shelf[session].update((int(each.position), each) for each in messages)
            index.forget(ONE, through=Position(gone))
            shelf[ONE] = {at: each for at, each in shelf[ONE].items() if at > gone}
            for where in (OURS, attrs.evolve(OURS, sessions=["one"]), attrs.evolve(OURS, sessions=["two"])):
                assert index.count_words(ASKED, where=where) == counted(shelf, ASKED, where)

        check()
