"""What a search is about: tenants, sessions, roles, times, fields, positions."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage, IndexFilter
from lixcore.testing.archive_index.messages import (
    ALL,
    ONE,
    OURS,
    RARE,
    TWO,
    IndexRules,
    by_text,
    by_vector,
    floats,
    message,
    positions,
    progress,
    put,
)
from lixcore.testing.archive_index.oracle import check_nearest, fitting
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.hostile import KEYS, KEYS_THAT_COLLIDE
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

ROLES = st.sampled_from(["user", "User", "assistant", "%"])
TIMES = st.sampled_from([0.0, 1.0, NOON, NOON + 0.25, NOON + 2**-20])
NAMES = st.sampled_from(["a", "A", "a.b", "%", ""])
VALUES = st.sampled_from(["x", "X", "", "x%", "x\0", "1"])


@st.composite
def filters(draw: st.DrawFn) -> IndexFilter:
    """Filters, most of which fit something."""
    some: dict[str, Any] = {
        "sessions": st.lists(KEYS.map(lambda key: key.id), max_size=3),
        "roles": st.lists(ROLES, max_size=2),
        "since": TIMES,
        "until": TIMES,
        "fields": st.dictionaries(NAMES, VALUES, max_size=1),
        "before": st.integers(1, 12).map(Position),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(some)), max_size=3))
    return IndexFilter(tenant=draw(KEYS).tenant, **{name: draw(some[name]) for name in sorted(chosen)})


class FilteringRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("A filter that lets one message too many through shows what was not asked for; one too few hides the answer.")
    def test_filters_leave_over_what_a_brute_force_leaves_over(self, index: ArchiveIndex) -> None:
        messages = st.lists(
            st.tuples(KEYS, st.integers(1, 12), ROLES, TIMES, st.dictionaries(NAMES, VALUES, max_size=2)), max_size=15
        )

        @examples(60)
        @given(given=messages, where=st.lists(filters(), min_size=1, max_size=4))
        def check(given: list[tuple[SessionKey, int, str, float, dict[str, str]]], where: list[IndexFilter]) -> None:
            index.clear()
            shelf: dict[SessionKey, dict[int, IndexedMessage]] = {}
            for session, at, role, said, fields in given:
                made = attrs.evolve(message(at, vector=[1, at]), role=role, timestamp=said, fields=fields)
                shelf.setdefault(session, {}).setdefault(at, made)
            index.add([IndexBatch(session, [held[at] for at in sorted(held)]) for session, held in shelf.items()])
            for each in where:
                assert set(by_text(index, where=each)) == set(fitting(shelf, each))
                check_nearest(index.search_vector(floats([1, 5]), k=ALL, where=each), shelf, floats([1, 5]), k=ALL, where=each)

        check()

    @rule("Tenants are customers: nothing of one is ever shown to another, whatever sessions of the same name they have.")
    def test_no_search_crosses_tenants(self, index: ArchiveIndex) -> None:
        ours, theirs = SessionKey("s", tenant="ours"), SessionKey("s", tenant="theirs")
        put(index, ours, message(1, vector=[1, 0]))
        put(index, theirs, message(2, vector=[1, 0]), message(3, vector=[1, 1]))
        for session, expected in ((ours, [1]), (theirs, [3, 2])):
            for sessions in (None, ["s"]):
                where = IndexFilter(tenant=session.tenant, sessions=sessions)
                assert positions(by_text(index, where=where), session) == expected
                assert sorted(positions(by_vector(index, where=where), session)) == sorted(expected)
        assert by_text(index) == by_vector(index) == []
        assert index.forget(ours, through=Position(9)) == 1
        assert len(by_text(index, where=IndexFilter(tenant="theirs"))) == 2

    @rule("Any text is a session's id: two that look alike are two conversations, and never see or remove each other's.")
    @pytest.mark.parametrize(("one", "other"), KEYS_THAT_COLLIDE)
    def test_sessions_that_look_alike_never_meet(self, index: ArchiveIndex, one: SessionKey, other: SessionKey) -> None:
        put(index, one, message(1, vector=[1, 0]))
        assert progress(index, other).messages == 0
        put(index, other, message(1, vector=[1, 0]), message(2, vector=[1, 0]))
        assert [each.messages for each in index.progress([one, other])] == [1, 2]
        for session, expected in ((one, [1]), (other, [2, 1])):
            where = IndexFilter(tenant=session.tenant, sessions=[session.id])
            assert by_text(index, where=where) == [(session, at) for at in expected]
            assert by_vector(index, where=where) == [(session, at) for at in expected]
        assert index.forget(one, through=Position(9)) == 1
        assert [each.messages for each in index.progress([one, other])] == [0, 2]
        assert by_text(index, where=IndexFilter(tenant=other.tenant)) == [(other, 2), (other, 1)]

    @rule("Last week ends where this week begins: a message belongs to one of them, not to both or none.")
    def test_times_are_half_open(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, at=NOON - 2**-20), message(2, at=NOON), message(3, at=NOON + 2**-20), message(4, at=0.0))
        assert sorted(positions(by_text(index, where=attrs.evolve(OURS, since=NOON)))) == [2, 3]
        assert sorted(positions(by_text(index, where=attrs.evolve(OURS, until=NOON)))) == [1, 4]
        assert positions(by_text(index, where=attrs.evolve(OURS, since=NOON, until=NOON + 2**-20))) == [2]
        assert by_text(index, where=attrs.evolve(OURS, since=NOON, until=NOON)) == []
        assert len(by_text(index, where=attrs.evolve(OURS, since=0.0))) == 4
        assert by_text(index, where=attrs.evolve(OURS, until=0.0)) == []

    @rule("The recent turns are in the context already: a search before them must not repeat the first of them.")
    def test_before_leaves_out_the_position_itself(self, index: ArchiveIndex) -> None:
        put(index, ONE, *(message(at, vector=[1, 0]) for at in (3, 5, 7)))
        for bound, expected in ((5, [3]), (6, [5, 3]), (3, []), (ORIGIN, []), (8, [7, 5, 3])):
            where = attrs.evolve(OURS, before=Position(bound))
            assert positions(by_text(index, where=where)) == positions(by_vector(index, where=where)) == expected

    @rule("Nobody's messages are not everybody's: an empty list that is taken for no bound shows all of the tenant's.")
    def test_an_empty_collection_fits_nothing(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, vector=[1, 0]))
        for where in (attrs.evolve(OURS, sessions=[]), attrs.evolve(OURS, roles=frozenset())):
            assert by_text(index, where=where) == by_vector(index, where=where) == []
        assert positions(by_text(index, where=attrs.evolve(OURS, fields={}))) == [1]

    @rule("A field is asked for by its value: a part of it, or it without regard to case, is another customer's order.")
    def test_fields_are_compared_as_they_are(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, topic="rain"), message(2, topic="Rain"), message(3, topic="rain\0"), message(4, topic="rai"))
        put(index, ONE, message(5, Topic="rain"), message(6, topic="r%"), message(7, topic="", city="Rome"), message(8))
        put(index, ONE, message(9, topic="rain", city="Rome"))
        for fields, expected in (
            ({"topic": "rain"}, [9, 1]),
            ({"topic": "r%"}, [6]),
            ({"topic": ""}, [7]),
            ({"topic": "rain", "city": "Rome"}, [9]),
            ({"city": "Rome"}, [9, 7]),
            ({"city": "rome"}, []),
            ({"role": "user"}, []),
            ({"absent": ""}, []),
        ):
            assert positions(by_text(index, where=attrs.evolve(OURS, fields=fields))) == expected, fields

    @rule("Filters are filled in by an application with what its users typed: none of it is a pattern or a query.")
    @pytest.mark.parametrize("text", ["%", "_", "*", "' OR 1=1 --", '"', "a,b", "user|tool", "\\", "$.x", "[", "\0", "é" * 2000])
    def test_filters_are_data(self, index: ArchiveIndex, text: str) -> None:
        put(index, ONE, message(1, role="user", topic="rain"))
        odd = attrs.evolve(message(2), role="é" if len(text) > 60 else text, fields={text: text, "a": "b"})
        put(index, SessionKey(text), odd)
        assert by_text(index, where=attrs.evolve(OURS, sessions=[text])) == [(SessionKey(text), 2)]
        assert by_text(index, where=attrs.evolve(OURS, roles=[odd.role])) == [(SessionKey(text), 2)]
        assert by_text(index, where=attrs.evolve(OURS, fields={text: text})) == [(SessionKey(text), 2)]
        assert by_text(index, where=attrs.evolve(OURS, fields={text: "rain"})) == []
        assert len(by_text(index, f"{RARE} {text}")) == 2
        assert by_text(index, where=attrs.evolve(OURS, sessions={ONE.id, TWO.id})) == [(ONE, 1)]
