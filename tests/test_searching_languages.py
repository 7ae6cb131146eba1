"""A part of what was said finds the message that it was taken from, among those of its language.

The data is no part of the repository. It is looked for in ``../shared/data`` beside the checkout, or where ``LIXCORE_DATA`` says.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexFilter
from lixcore.services.searching.in_memory import MessagesInMemory
from lixcore.services.searching.indexed import indexed_message
from lixcore_snowball import SnowballAnalyzer

DATA = Path(os.environ.get("LIXCORE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "conversations.jsonl.gz"
NO_SPACES = ["zh", "ja", "th"]
LANGUAGES = [*NO_SPACES, "hi", "en", "ru", "ko", "fa", "ta", "bn", "ur", "de", "fr", "es", "it", "pt", "nl", "id", "uk", "tr"]
MOST_MESSAGES = 1000
QUERIES = 12

pytestmark = pytest.mark.skipif(
    not DATA.exists(),
    reason=f"no {DATA.name} in {DATA.parent}; LIXCORE_DATA=DIR pytest tests/test_searching_languages.py runs it",
)


@pytest.fixture(scope="module")
def said() -> Mapping[str, Sequence[str]]:
    """The first messages of each language."""
    found: dict[str, list[str]] = defaultdict(list)
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            found[line["lang"]] += [message["content"] for message in line["messages"]]
    return {language: texts[:MOST_MESSAGES] for language, texts in found.items()}


def middle_third(text: str, *, by_words: bool) -> str:
    """A part of a message that somebody may remember: up to 80 characters, in whole words where those are told apart."""
    part = text[len(text) // 3 :][: min(80, len(text) // 3)]
    return part.partition(" ")[2].rpartition(" ")[0] if by_words else part


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_of_a_message_finds_it(said: Mapping[str, Sequence[str]], language: str) -> None:
    """Of the messages whose length is next to 200 characters; it is among the first three, as others may say nearly the same."""
    texts = said[language]
    analyzer = SnowballAnalyzer()
    messages = [indexed_message(Position(at + 1), Message("user", text, 0.0)) for at, text in enumerate(texts)]
    held = MessagesInMemory(SessionKey(language), messages, analyzer)
    for taken_from in sorted(texts, key=lambda text: abs(len(text) - 200))[:QUERIES]:
        query = middle_third(taken_from, by_words=language not in NO_SPACES)
        right = {at + 1 for at, text in enumerate(texts) if query in text}
        hits = held.search_text(analyzer.query_words(query), k=3, where=IndexFilter(tenant="default"))
        assert right & {hit.position for hit in hits}, query
