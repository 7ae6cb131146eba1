"""LoCoMo: long conversations, and questions whose evidence is known to stand in certain turns; how much of it a search finds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexFilter, IndexHit
from lixcore.ports.ranking import RankingPolicy
from lixcore.services.searching.findings import CANDIDATES, places_of, ranked
from lixcore.services.searching.in_memory import MessagesInMemory
from lixcore.services.searching.indexed import indexed_message

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONVERSATIONS_FILE: Final = "locomo_retrieval.json.gz"
TURNS_FILE: Final = "locomo_turns_minilm_f16.npy"
QUESTIONS_FILE: Final = "locomo_questions_minilm_f16.npy"
FILES: Final = (CONVERSATIONS_FILE, TURNS_FILE, QUESTIONS_FILE)

TUNED: Final = slice(0, 5)
"""The conversations that weights were chosen by, as a rule: the others were in view."""

HELD_BACK: Final = slice(5, 10)

MODES: Final = ("text", "vector", "hybrid")


@attrs.frozen(eq=False)
class Question:
    """A question.

    Attributes:
        text: As it was asked.
        embedding: Of the text; float32 of shape (384,).
        evidence: Which messages, as indexes, say what the answer is.
    """

    text: str
    embedding: NDArray[np.float32]
    evidence: frozenset[int]

    def recall(self, found: Sequence[int]) -> float:
        """Which share of the evidence was found."""
        return len(self.evidence.intersection(found)) / len(self.evidence)


@attrs.frozen(eq=False)
class Conversation:
    """A conversation.

    Attributes:
        messages: All of it, in order; who speaks is in the metadata.
        questions: Those whose evidence is known.
    """

    id: str
    messages: Sequence[Message]
    questions: Sequence[Question]


@attrs.frozen
class Recall:
    """The mean recall of some questions, among the first 5 and the first 10 that were found."""

    at_5: float
    at_10: float


def load_conversations(directory: Path) -> Sequence[Conversation]:
    """All ten, in the order of the file."""
    with gzip.open(directory / CONVERSATIONS_FILE, "rt", encoding="utf-8") as file:
        document = json.load(file)
    turn_rows, question_rows = (iter(np.load(directory / name).astype(np.float32)) for name in (TURNS_FILE, QUESTIONS_FILE))
    return [_conversation(each, turn_rows, question_rows) for each in document["conversations"]]


def _conversation(
    given: dict[str, Any], turn_rows: Iterator[NDArray[np.float32]], question_rows: Iterator[NDArray[np.float32]]
) -> Conversation:
    turns = given["turns"]
    first = turns[0]["speaker"]
    messages = [
        Message(
            role="user" if turn["speaker"] == first else "assistant",
            content=turn["text"],
            timestamp=1_700_000_000.0 + 60 * at,
            metadata={name: turn[name] for name in ("speaker", "image_caption") if turn.get(name)},
            embedding=next(turn_rows),
        )
        for at, turn in enumerate(turns)
    ]
    places = {turn["id"]: at for at, turn in enumerate(turns)}
    questions = [
        Question(each["question"], next(question_rows), frozenset(places[turn] for turn in each["evidence"]))
        for each in given["questions"]
    ]
    return Conversation(given["conversation_id"], messages, [question for question in questions if question.evidence])


def mean_recalls(
    conversations: Sequence[Conversation], search: Callable[[Conversation], Callable[[Question], Sequence[int]]]
) -> dict[str, Recall]:
    """Ask every question: the recall over those of the tuned conversations, of those held back, and of all.

    Args:
        conversations: What is searched, one at a time.
        search: Given a conversation, gives what answers its questions with the ten best messages, as indexes.
    """
    asked = []
    for each in conversations:
        ask = search(each)
        found = [(question, ask(question)) for question in each.questions]
        asked.append([[question.recall(best[:k]) for k in (5, 10)] for question, best in found])
    parts = {"tuned": asked[TUNED], "held back": asked[HELD_BACK], "all": asked}
    return {name: Recall(*np.concatenate(part).mean(axis=0).tolist()) for name, part in parts.items() if part}


def ranked_in_memory(
    analyzer: Analyzer, policy: RankingPolicy, mode: str = "hybrid", candidates: int = CANDIDATES
) -> Callable[[Conversation], Callable[[Question], Sequence[int]]]:
    """A search without an index.

    Args:
        analyzer: Cuts texts into words.
        policy: Ranks what was found.
        mode: ``text``, ``vector``, or ``hybrid`` for both; only the last goes by the policy.
        candidates: How many hits of either kind are ranked.
    """

    def search(conversation: Conversation) -> Callable[[Question], Sequence[int]]:
        session = SessionKey(conversation.id)
        where = IndexFilter(tenant=session.tenant, sessions=[session.id])
        messages = (indexed_message(Position(at + 1), message) for at, message in enumerate(conversation.messages))
        held = MessagesInMemory(session, messages, analyzer)

        def ask(question: Question) -> Sequence[int]:
            text: Sequence[IndexHit] = ()
            vector: Sequence[IndexHit] = ()
            if mode != "vector":
                text = held.search_text(analyzer.query_words(question.text), k=candidates, where=where)
            if mode != "text":
                vector = held.search_vector(question.embedding, k=candidates, where=where)
            if mode != "hybrid":
                return [hit.position - 1 for hit in (*text, *vector)[:10]]
            positions = [position for _, position in places_of(text, vector)]
            neighbours = held.neighbours(positions, reach=policy.reach) if policy.reach else ()
            best = ranked(text, vector, neighbours, policy=policy, now=2_000_000_000.0, k=10)
            return [hit.position - 1 for hit in best]

        return ask

    return search
