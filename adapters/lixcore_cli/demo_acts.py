"""The demo's acts: each does something with the memory, checks what is claimed of it, and returns what there is to see."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.errors import MissingExtraError

if TYPE_CHECKING:
    from lixcore.config import CacheConfig
    from lixcore.coordinator import CacheCoordinator
    from lixcore.stack import Stack

WINDOW: Final = 12
BATCH: Final = 12
ANSWER: Final = 13
QUESTION: Final = 77
"""The index of a message that asks what the one at `ANSWER` said."""


@attrs.frozen
class Overflow:
    """A move of the oldest hot messages to the archive.

    Attributes:
        after: How many messages had been said.
        moved: How many moved.
        hot: How many stayed hot.
        archived: How many the archive then held.
    """

    after: int
    moved: int
    hot: int
    archived: int


@attrs.frozen
class CodecSize:
    """What the whole conversation takes in an archive that is written with a codec.

    Attributes:
        codec: Its name.
        stored_bytes: The size of the archive's data of the session, headers and all; None when the codec is not usable.
        note: What it lacks; empty when nothing.
    """

    codec: str
    stored_bytes: int | None
    note: str = ""


@attrs.frozen
class Recalled:
    """What a question about something said long ago found.

    Attributes:
        question: It.
        relevant: What was found, the best first.
    """

    question: str
    relevant: Sequence[str]


@attrs.frozen
class Claim:
    """Something the demo says, and whether it was found to be so."""

    text: str
    holds: bool


def conversation() -> tuple[str, list[dict[str, Any]]]:
    """The session's id and its messages, as plain dicts with role, content, timestamp and metadata."""
    text = (resources.files("lixcore_cli") / "demo_conversation.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return document["session_id"], [{"metadata": {}, **message} for message in document["messages"]]


class Demo:
    """The memory of one conversation, put through everything that happens to one.

    Attributes:
        claims: What was said and checked so far.
    """

    def __init__(self, stack: Stack, session_id: str, messages: Sequence[Mapping[str, Any]]) -> None:
        self._stack = stack
        self._memory: CacheCoordinator = stack.session(session_id)
        self._messages = list(messages)
        self.claims: list[Claim] = []

    def claim(self, text: str, holds: bool) -> None:  # noqa: FBT001  # what is claimed is read before it
        """Note something that is said, and whether it was found to be so."""
        self.claims.append(Claim(text, holds))

    def _where(self) -> dict[str, Any]:
        counts: dict[str, Any] = self._memory.get_stats()["context_window"]
        return counts

    def play(self) -> list[Overflow]:
        """Say everything, as an application would, and watch what moves to the archive."""
        overflows: list[Overflow] = []
        archived, most_hot = 0, 0
        for index, message in enumerate(self._messages, start=1):
            self._memory.add_message_to_context(
                message["role"], message["content"], message["metadata"], timestamp=message["timestamp"]
            )
            counts = self._where()
            most_hot = max(most_hot, counts["hot_messages"])
            if counts["disk_turns"] > archived:
                overflows.append(Overflow(index, counts["disk_turns"] - archived, counts["hot_messages"], counts["disk_turns"]))
                archived = counts["disk_turns"]
        counts = self._where()
        self.claim(f"all {len(self._messages)} messages are counted once", counts["messages"] == len(self._messages))
        self.claim(
            f"never more than {WINDOW + BATCH} messages were hot, and {len(overflows)} times some moved to the archive",
            bool(overflows) and most_hot <= WINDOW + BATCH,
        )
        return overflows

    def window(self) -> list[dict[str, Any]]:
        """What an LLM would be given."""
        context = self._memory.get_context_messages()
        newest = self._messages[len(self._messages) - len(context) :]
        self.claim(f"the window is the last {len(context)} messages, unchanged", bool(context) and context == newest)
        self.claim("no tool result in it lacks its call", _calls_are_whole(context))
        return context

    def evict(self) -> None:
        """Move the session out of the hot store, as after two idle hours."""
        gone = self._stack.wiring.tiering.evict(self._memory.session)
        counts = self._where()
        self.claim("after the eviction nothing of it is hot", gone and not counts["is_hot"] and not counts["hot_messages"])
        self.claim("and the archive holds all of it", counts["disk_turns"] == len(self._messages))

    def come_back(self, before: Sequence[Mapping[str, Any]]) -> float:
        """Ask for the window again; returns the seconds that took."""
        started = time.perf_counter()
        context = self._memory.get_context_messages()
        seconds = time.perf_counter() - started
        self.claim("the window that came back is the one that left", context == list(before))
        self.claim("and the session is hot again", self._where()["is_hot"])
        return seconds

    def history(self) -> tuple[int, int]:
        """Read everything; returns the size as JSON lines and what the archive takes for it, in bytes."""
        from lixcore.domain.message import Message
        from lixcore.services.histories.conversation_lines import format_line

        self.claim(
            f"the full history has all {len(self._messages)} messages, unchanged and in order",
            self._memory.get_full_history() == self._messages,
        )
        as_lines = format_line(self._memory.session, [Message.from_dict(message, now=0.0) for message in self._messages])
        return len(as_lines), int(self._where()["disk_size_bytes"])

    def recall(self) -> Recalled:
        """Ask what was said long ago; nothing of it is in the window any more."""
        question = self._messages[QUESTION]["content"]
        found = self._memory.smart_context(question, disk_k=3)
        relevant = [message["content"] for message in found["relevant"]]
        recent = [message["content"] for message in found["recent"]]
        ago = len(self._messages) - ANSWER - 1
        self.claim(f"what was said {ago} messages ago is found first", relevant[:1] == [self._messages[ANSWER]["content"]])
        self.claim("and nothing is both recent and relevant", bool(recent) and not set(recent) & set(relevant))
        return Recalled(question, relevant)

    def forget(self) -> dict[str, int]:
        """Remove it all; returns what each store lost."""
        removed = self._memory.forget()
        again = self._memory.forget()
        self.claim("forgetting removed everything", removed["archive"] == len(self._messages))
        self.claim(
            "a second call finds nothing, and nothing can be read",
            not any(again.values()) and self._memory.get_full_history() == [] == self._memory.get_context_messages(),
        )
        return removed

    def sizes(self, directory: Path) -> Iterator[CodecSize]:
        """Import the conversation into one archive for each installed codec, below a directory.

        Every archive is read back and compared.
        """
        from lixcore.registry import Group

        config, tried = self._stack.config, dict[str, bool]()
        for codec in config.registry.names(Group.CODEC):
            try:
                stored, same = self._stored_with(codec, directory / codec)
                tried[codec] = same
            except MissingExtraError as error:
                yield CodecSize(codec, None, str(error))
                continue
            yield CodecSize(codec, stored)
        self.claim(f"archives written with {', '.join(tried)} give every message back", bool(tried) and all(tried.values()))

    def _stored_with(self, codec: str, directory: Path) -> tuple[int, bool]:
        import lixcore
        from lixcore.domain.message import Message
        from lixcore.services.histories.conversation_lines import Conversation

        config: CacheConfig = lixcore.CacheConfig(hot_store="memory", codec=codec, archive_dir=str(directory))
        with lixcore.open(config) as stack:
            messages = [Message.from_dict(message, now=0.0) for message in self._messages]
            session = self._memory.session
            importer = stack.importer()
            importer.add(Conversation(session, messages, [True] * len(messages), frozenset()))
            importer.flush()
            info = stack.wiring.archive.describe(session)
            same = stack.session(session.id).get_full_history() == self._messages
            return (info.stored_bytes if info else 0), same


def _calls_are_whole(context: Sequence[Mapping[str, Any]]) -> bool:
    called: set[str] = set()
    for message in context:
        called.update(call["id"] for call in message["metadata"].get("tool_calls", ()))
        if message["role"] == "tool" and message["metadata"]["tool_call_id"] not in called:
            return False
    return True
