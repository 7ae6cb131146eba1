"""Compares what writers sent to one session, and what came of it, with what is read of it: lost, doubled, reordered, foreign.

It knows nothing of stores and uses no code of lixcore. Whoever tries a fault records, for each writer, every message in the
order it was sent and how its add ended, and every reading that was taken; `check` says which of them contradict each other.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from graphlib import CycleError, TopologicalSorter

import attrs

EXAMPLES = 5  # of each kind, in words


class Outcome(Enum):
    """How an add ended, as its writer knows it."""

    ACKNOWLEDGED = "acknowledged"
    """It returned, or raised an error that says the message is stored (`NotArchivedError`): it must be there once."""
    REFUSED = "refused"
    """It raised an error that says the message is not stored: it must not be there."""
    UNKNOWN = "unknown"
    """It raised an error that leaves it open, or its process died meanwhile: it may be there once."""


@attrs.frozen
class Sent:
    """One message of one writer. The texts of a session's messages differ."""

    writer: str
    text: str
    outcome: Outcome


@attrs.frozen
class Reading:
    """What somebody read of the session at some time.

    Attributes:
        texts: In the order they came.
        of: What was read, for the examples in words.
        is_whole: Whether it was the full history, in which nothing may be missing that the reader knew.
        is_context: Whether it was the context, which must be one unbroken piece of the history as long as the window.
        allows_excused: Whether messages that are excused in the end may be missing from it too.
        knew: Texts whose acknowledgement the reader had seen before it began to read.
    """

    texts: Sequence[str]
    of: str = "a reading"
    is_whole: bool = False
    is_context: bool = False
    allows_excused: bool = True
    knew: Collection[str] = ()


@attrs.frozen
class Verdict:
    """What is wrong, counted; add verdicts of several sessions with ``+``.

    Attributes:
        acknowledged: Messages that must be there.
        lost: Acknowledged, and missing; also from a reading that should have shown them. Those that are excused are not in it.
        doubled: Copies beyond the first, in any reading.
        reordered: Messages of a writer that come before an earlier one of the same writer, and places where readings disagree.
        foreign: Messages that nobody sent to this session, or whose add was refused.
        excused: Acknowledged and missing, but known beforehand to be at risk.
        examples: Some of each, in words.
    """

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    foreign: int = 0
    excused: int = 0
    examples: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.reordered or self.foreign)

    def __add__(self, other: Verdict) -> Verdict:
        """Both together."""
        return Verdict(
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.reordered + other.reordered,
            self.foreign + other.foreign,
            self.excused + other.excused,
            (self.examples + other.examples)[: 4 * EXAMPLES],
        )


def check(
    sent: Sequence[Sent],
    history: Sequence[str],
    readings: Iterable[Reading] = (),
    *,
    context: Sequence[str] | None = None,
    window: int | None = None,
    excused: Collection[str] = (),
    unbroken: bool = True,
) -> Verdict:
    """Judge one session.

    Args:
        sent: Every message, each writer's in the order it sent them.
        history: The full history as it is read at the end, when nobody writes any more.
        readings: What was read before, or elsewhere.
        context: The context as it is read at the end; it must be the last ``window`` messages of the history.
        window: How many messages a context holds. Give it only if contexts depend on nothing else.
        excused: Acknowledged messages that may be missing: the store that held them is known to have lost them.
        unbroken: Whether contexts of any time must be unbroken pieces of the history; not so where the store lost some of it.
    """
    findings = _Findings(sent, excused)
    findings.look_at(Reading(history, "the history at the end", is_whole=True, knew=findings.acknowledged))
    place = {text: number for number, text in enumerate(history)}
    chains = [history]
    for reading in readings:
        findings.look_at(reading)
        if any(text not in place for text in reading.texts):
            chains.append(reading.texts)  # else its agreement with the history says it all
        findings.stays(reading, place)
        agrees = findings.agrees(reading, place)
        if reading.is_context and window is not None and unbroken and agrees:
            findings.is_piece(reading, place, window, history)
    findings.have_one_order(chains)
    if context is not None and window is not None:
        findings.ends_with(history, context, window)
    return findings.verdict()


class _Findings:
    """Collects what is wrong with one session."""

    def __init__(self, sent: Sequence[Sent], excused: Collection[str]) -> None:
        self._sent = {one.text: one for one in sent}
        if len(self._sent) != len(sent):
            raise ValueError("two messages have the same text, so that nothing can be said about them")
        self._number = {one.text: number for number, one in enumerate(sent)}  # ascending within each writer
        self.acknowledged = {one.text for one in sent if one.outcome is Outcome.ACKNOWLEDGED}
        self._excused = frozenset(excused)
        self._missing_for_good: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._words: dict[str, list[str]] = {}

    def _found(self, kind: str, words: str, *, count: int = 1) -> None:
        self._counts[kind] += count
        told = self._words.setdefault(kind, [])
        if len(told) < EXAMPLES:
            told.append(f"{kind}: {words}")

    def look_at(self, reading: Reading) -> None:
        """Judge a reading by itself."""
        copies = Counter(reading.texts)
        for text, count in copies.items():
            if count > 1:
                self._found("doubled", f"{text!r} is {count} times in {reading.of}", count=count - 1)
            one = self._sent.get(text)
            if one is None:
                self._found("foreign", f"{text!r} is in {reading.of}; nobody sent it to this session")
            elif one.outcome is Outcome.REFUSED:
                self._found("foreign", f"{text!r} is in {reading.of}, although its add was refused")
        self._in_order(reading, copies)
        if reading.is_whole:
            for text in reading.knew:
                if text not in copies and (text not in self._missing_for_good or not reading.allows_excused):
                    self._loses(text, f"{text!r} was acknowledged and is not in {reading.of}", reading)

    def _in_order(self, reading: Reading, copies: Iterable[str]) -> None:
        newest: dict[str, str] = {}
        for text in copies:  # the first copy of each, in order
            if (one := self._sent.get(text)) is None:
                continue
            before = newest.get(one.writer)
            if before is not None and self._number[text] < self._number[before]:
                self._found("reordered", f"{text!r} comes after {before!r} of the same writer in {reading.of}")
            else:
                newest[one.writer] = text

    def _loses(self, text: str, words: str, reading: Reading) -> None:
        self._missing_for_good.add(text)
        if text in self._excused and reading.allows_excused:
            self._counts["excused"] += 1
        else:
            self._found("lost", words)

    def agrees(self, reading: Reading, place: Mapping[str, int]) -> bool:
        """Whether a reading has the order of the final history."""
        known = [text for text in reading.texts if text in place]
        right = True
        for one, other in itertools.pairwise(known):
            if place[one] > place[other]:
                self._found("reordered", f"{one!r} comes before {other!r} in {reading.of}, and after it at the end")
                right = False
        return right

    def is_piece(self, reading: Reading, place: Mapping[str, int], window: int, history: Sequence[str]) -> None:
        """Judge a context: an unbroken piece of the final history, as long as the window where there is as much before its end.

        It must not end before what its reader knew.
        """
        texts = {text: place[text] for text in reading.texts if text in place}
        end = max(texts.values(), default=-1)
        known = max((place[text] for text in reading.knew if text in place), default=-1)
        if end < known and window:
            self._found("lost", f"{history[known]!r} was acknowledged before {reading.of} was read, which ends before it")
        for text in history[max(0, end + 1 - window) : end + 1]:
            if text not in texts:
                self._found("lost", f"{text!r} is missing from {reading.of}, of which it is a part in the history")
        if len(texts) > window:
            self._found("foreign", f"{reading.of} holds {len(texts)} messages; the window is {window}")

    def stays(self, reading: Reading, place: Mapping[str, int]) -> None:
        """Judge what was read once and is gone at the end; what was acknowledged is judged by that."""
        for text in dict.fromkeys(reading.texts):
            one = self._sent.get(text)
            if one is not None and one.outcome is Outcome.UNKNOWN and text not in place and text not in self._missing_for_good:
                self._loses(text, f"{text!r} was in {reading.of}, and is not in the history at the end", reading)

    def have_one_order(self, chains: Sequence[Sequence[str]]) -> None:
        """Judge all readings together: some order of all messages must contain them all."""
        if len(chains) == 1 or self._counts["reordered"] or self._counts["doubled"]:
            return  # nothing to compare, or told already
        graph: TopologicalSorter[str] = TopologicalSorter()
        for one, other in _neighbours(chains):
            graph.add(other, one)
        try:
            graph.prepare()
        except CycleError as error:
            self._found("reordered", f"no order of the messages fits all readings: {' < '.join(map(repr, error.args[1][:6]))}")

    def ends_with(self, history: Sequence[str], context: Sequence[str], window: int) -> None:
        """Judge the final context: what the history ends with."""
        should = list(history[-window:]) if window else []
        if list(context) == should:
            return
        self.look_at(Reading(context, "the context at the end"))
        missing = [text for text in should if text not in context]
        for text in missing:
            self._found("lost", f"{text!r} is among the last {window} of the history, and not in the context at the end")
        extra = [text for text in context if text not in should and text in self._sent]
        for text in extra:
            self._found("foreign", f"{text!r} is in the context at the end, and not among the last {window} of the history")
        if not missing and not extra and len(context) == len(should):
            self._found("reordered", f"the context at the end is {context!r}, the history ends with {should!r}")

    def verdict(self) -> Verdict:
        """All of it."""
        counts = self._counts
        words = tuple(itertools.chain.from_iterable(self._words.values()))
        numbers = (counts["lost"], counts["doubled"], counts["reordered"], counts["foreign"], counts["excused"])
        return Verdict(len(self.acknowledged), *numbers, examples=words)


def _neighbours(chains: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for chain in chains:
        yield from itertools.pairwise(chain)
