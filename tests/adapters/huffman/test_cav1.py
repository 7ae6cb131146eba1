"""The predecessor's archive files."""

from __future__ import annotations

import importlib
import json
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.errors import CorruptDataError
from lixcore_huffman import Hcv1Codec
from lixcore_huffman.cav1 import parse_cav1

MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "Ты помнишь меня?", "timestamp": 1_700_000_000.25, "metadata": {}},
    {"role": "assistant", "content": "I do.", "timestamp": 1_700_000_001.5, "metadata": {"tokens": 3}, "embedding": [0.5, -1.0]},
]


def file_of(messages: Any, *, turns: int, created_at: float = 1.5) -> bytes:
    return struct.pack("<4sddI", b"CAv1", created_at, 2.5, turns) + Hcv1Codec().encode(json.dumps(messages).encode())


def test_reads_a_file() -> None:
    """Times and messages, as they were written."""
    held = parse_cav1(file_of(MESSAGES, turns=2), where="a.huff")
    assert (held.created_at, held.updated_at, held.messages) == (1.5, 2.5, MESSAGES)


def test_reads_what_the_predecessor_writes(tmp_path: Path) -> None:
    """A file of its own archive."""
    try:
        module = importlib.import_module("lix_open_cache.conversation_archive")
    except ModuleNotFoundError:
        pytest.skip("the predecessor is not installed; the dependency group `bench` brings it")
    began = time.time()
    module.ConversationArchive(str(tmp_path), 14).append_turns("talk", MESSAGES)
    held = parse_cav1((tmp_path / "talk.huff").read_bytes(), where="talk.huff")
    assert held.messages == MESSAGES
    assert began <= held.created_at <= held.updated_at <= time.time()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "begin with CAv1"),
        (b"CAv2" + bytes(30), "begin with CAv1"),
        (file_of(MESSAGES, turns=2)[:20], "begin with CAv1"),
        (file_of(MESSAGES, turns=2)[:60], "cannot be decompressed"),
        (file_of(MESSAGES, turns=3), "holds 2 messages where its header says 3"),
        (file_of(MESSAGES, turns=2, created_at=float("nan")), "no numbers"),
        (file_of({"role": "user"}, turns=1), "array of messages"),
        (file_of(["hello"], turns=1), "array of messages"),
        (struct.pack("<4sddI", b"CAv1", 1, 1, 0) + Hcv1Codec().encode(b"[" * 100_000), "does not hold JSON"),
        (struct.pack("<4sddI", b"CAv1", 1, 1, 0) + Hcv1Codec().encode(b"\xff\xfe"), "does not hold JSON"),
    ],
)
def test_refuses(data: bytes, reason: str) -> None:
    """Each way to be wrong, with the file's name."""
    with pytest.raises(CorruptDataError, match=f"old.huff: .*{reason}"):
        parse_cav1(data, where="old.huff")


@given(cut=st.integers(min_value=1, max_value=400), byte=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_damage_is_an_error_or_messages(cut: int, byte: int, flip: int) -> None:
    """A cut file is always refused; a changed byte raises `CorruptDataError` or nothing."""
    data = file_of(MESSAGES, turns=2)
    with pytest.raises(CorruptDataError):
        parse_cav1(data[: max(0, len(data) - cut)], where="old.huff")
    damaged = bytearray(data)
    damaged[byte % len(data)] ^= flip
    try:
        held = parse_cav1(bytes(damaged), where="old.huff")
    except CorruptDataError:
        return
    assert len(held.messages) == 2
