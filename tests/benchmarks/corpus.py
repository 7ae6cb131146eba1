"""The conversations that are measured on: real ones where they are at hand, made-up ones elsewhere."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from lixcore.domain.message import Message
from lixcore.domain.record import encode_message

_FILE = "conversations.jsonl.gz"
BESIDE_CHECKOUT = Path(__file__).parents[3] / "shared" / "data"


@attrs.frozen
class Corpus:
    """Whole conversations.

    Attributes:
        origin: Where they come from, for the report.
        sessions: For each one its messages, as dicts of role, content, timestamp and metadata; in the order of the file, so that
            neighbours are of one source and language, as the messages of one archived session are.
    """

    origin: str
    sessions: Sequence[Sequence[dict[str, Any]]]

    def records(self, most: int) -> list[bytes]:
        """Records of up to so many messages, from all parts of the data."""
        messages = [message for session in self.sessions[:: max(1, len(self.sessions) // most)] for message in session]
        return [encode_message(Message.from_dict(message, now=0.0)) for message in messages[:: max(1, len(messages) // most)]][
            :most
        ]

    def median_text(self) -> str:
        """The text of a message of middling length."""
        texts = [message["content"] for messages in self.sessions for message in messages]
        return str(sorted(texts, key=len)[len(texts) // 2])

    def import_lines(self, sessions: slice = slice(None)) -> list[bytes]:
        """Sessions as lines of an import file: ids, roles and texts, as whoever brings conversations has them."""
        return [
            json.dumps(
                {"session_id": f"imported-{at:05}", "messages": [_spoken(each) for each in session]}, ensure_ascii=False
            ).encode()
            + b"\n"
            for at, session in enumerate(self.sessions[sessions])
        ]


def _spoken(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": message["role"], "content": message["content"]}


def json_lines(messages: Sequence[dict[str, Any]]) -> bytes:
    """One line for each message, timestamp and metadata included: what the size of an archive is compared with."""
    return "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages).encode()


def load_corpus(directory: Path) -> Corpus:
    """The conversations of the directory, else made-up ones."""
    path = directory / _FILE
    if path.is_file():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            spoken = [json.loads(line)["messages"] for line in file]
        origin = f"data: {len(spoken):,} sessions of {_FILE}"
    else:
        spoken = [_made_up(random.Random(seed)) for seed in range(3000)]
        origin = (
            f"data: {len(spoken):,} made-up sessions, because there is no {_FILE} in {directory} (--data DIR names another place)"
        )
    clock = random.Random(1)
    now = 1_750_000_000.0
    sessions = []
    for turns in spoken:
        messages = []
        for turn in turns:
            now += clock.expovariate(0.1)
            messages.append({"role": turn["role"], "content": turn["content"], "timestamp": round(now, 6), "metadata": {}})
        sessions.append(messages)
    return Corpus(origin, sessions)


def _made_up(draw: random.Random) -> list[dict[str, str]]:
    # Words of a few thousand stems with frequencies as in languages: a Huffman code sees the letters, deflate the words.
    stems = [
        f"{a}{b}{c}"
        for a in ("ba", "ko", "ti", "mer", "sel", "нo", "пра")
        for b in ("n", "la", "ri", "st")
        for c in ("a", "o", "et", "y")
    ]
    weights = [1 / rank for rank in range(1, len(stems) + 1)]
    return [
        {
            "role": ("user", "assistant")[turn % 2],
            "content": " ".join(draw.choices(stems, weights, k=draw.randrange(4, 40))).capitalize() + ".",
        }
        for turn in range(draw.randrange(4, 20))
    ]
