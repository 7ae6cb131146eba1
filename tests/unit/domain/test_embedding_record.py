"""The records of embeddings: what goes in comes out, and what is no record is refused."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lixcore.domain.embedding_record import StoredEmbedding, decode_embeddings, embedding_key, encode_embeddings
from lixcore.errors import CorruptDataError

MODELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.sampled_from(["<f4", "<f2"]).flatmap(
    lambda dtype: arrays.arrays(dtype, st.tuples(st.integers(1, 4), st.integers(1, 40)), fill=st.just(1))
)


def decode_embedding(one: bytes, model: str) -> StoredEmbedding:
    (found,) = decode_embeddings([one], model)
    if isinstance(found, CorruptDataError):
        raise found
    assert found is not None
    return found


def record(numbers: Any = ((1.0, 2.0),), *, model: str = "m", created: float = 1.7e9, seconds: float | None = 0.25) -> bytes:
    (one,) = encode_embeddings(np.asarray(numbers, "<f4"), model=model, created=created, seconds=seconds)
    return one


@given(NUMBERS, MODELS, st.floats(allow_nan=False), st.none() | st.floats(0, 1e9))
def test_what_goes_in_comes_out(numbers: Any, model: str, created: float, seconds: float | None) -> None:
    records = encode_embeddings(numbers, model=model, created=created, seconds=seconds)
    assert len(records) == len(numbers)
    for row, one in zip(numbers, records, strict=True):
        stored = decode_embedding(one, model)
        assert stored.vector.dtype == np.float32
        assert stored.vector.tobytes() == row.astype(np.float32).tobytes()
        assert (stored.created, stored.seconds) == (created, seconds)


def test_the_form_is_as_described() -> None:
    """Put together by hand from the module's description."""
    head = b"LxUE" + struct.pack("<BBHI", 1, 1, 5, 2) + b"ab-cd"
    whole = head + bytes(24 - len(head)) + struct.pack("<ddff", 1.7e9, math.nan, 1.5, -2.0)
    whole += struct.pack("<I", zlib.crc32(whole))
    assert record([[1.5, -2.0]], model="ab-cd", seconds=None) == whole
    assert decode_embedding(whole, "ab-cd").vector.tolist() == [1.5, -2.0]
    assert decode_embedding(whole, "ab-cd").seconds is None


@given(NUMBERS, MODELS)
def test_numbers_lie_where_they_can_be_used(numbers: Any, model: str) -> None:
    for one in encode_embeddings(numbers, model=model, created=0.0, seconds=None):
        vector = decode_embedding(one, model).vector
        assert vector.flags.aligned
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 1


def test_float32_is_used_in_place() -> None:
    """A view of the bytes, which nobody can change and nobody can be given leave to."""
    one = record()
    vector = decode_embedding(one, "m").vector
    assert np.shares_memory(vector, np.frombuffer(one, np.uint8))
    with pytest.raises(ValueError, match="WRITEABLE"):
        vector.setflags(write=True)


@given(st.integers(0), st.integers(0, 7))
def test_a_bit_that_flips_is_noticed(at: int, bit: int) -> None:
    damaged = bytearray(record())
    damaged[at % len(damaged)] ^= 1 << bit
    with pytest.raises(CorruptDataError):
        decode_embedding(bytes(damaged), "m")


@given(st.binary(max_size=100) | st.builds(lambda tail: record() + tail, st.binary(min_size=1, max_size=9)))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(CorruptDataError):
        decode_embedding(garbage, "m")


@given(st.integers(0, len(record()) - 1))
def test_what_is_cut_off_is_noticed(length: int) -> None:
    with pytest.raises(CorruptDataError):
        decode_embedding(record()[:length], "m")


def forged(**fields: int) -> bytes:
    """A record whose checksum is right and whose head is not."""
    facts = {"version": 1, "code": 1, "named": 1, "dimension": 2} | fields
    one = b"LxUE" + struct.pack("<BBHI", *facts.values()) + b"m\0\0\0" + struct.pack("<ddff", 1.7e9, 1.0, 1, 2)
    return one + struct.pack("<I", zlib.crc32(one))


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (b"", "has only 0 bytes"),
        (record()[:11], "has only 11 bytes"),
        (b"GIF89a" + bytes(60), "begins with 47 49 46 38 39: it is no embedding, or one of a later version"),
        (forged(version=2), "begins with 4c 78 55 45 02: it is no embedding, or one of a later version"),
        (forged(code=3), "has numbers of type 3 and dimension 2"),
        (forged(dimension=0), "has numbers of type 1 and dimension 0"),
        (forged(dimension=65_537), "has numbers of type 1 and dimension 65,537"),
        (forged(dimension=4_294_967_295), "has numbers of type 1 and dimension 4,294,967,295"),
        (forged(dimension=3), "has 44 bytes, not 48"),
        (forged(code=2), "has 44 bytes, not 40"),
        (forged(named=5), "has 44 bytes, not 52"),
        (forged(named=2), "was made by another model than its key says"),
        (forged()[:-1] + b"\0", "has a wrong checksum"),
        (record(model="n"), "was made by another model than its key says"),
    ],
)
def test_a_refusal_says_why(one: bytes, reason: str) -> None:
    with pytest.raises(CorruptDataError) as caught:
        decode_embedding(one, "m")
    assert str(caught.value) == f"a cached embedding: {reason}"


RECORDS = {
    "fit": record(),
    "longer": record([[1.0, 2.0, 3.0]]),
    "narrow": encode_embeddings(np.array([[1.5, 2.0, 0.0, 4.0]], "<f2"), model="m", created=0.0, seconds=None)[0],
    "another model's": record(model="n"),
    "damaged": record()[:-1] + bytes([record()[-1] ^ 1]),
    "cut off": record()[:-1],
    "missing": None,
}


@given(st.lists(st.sampled_from(sorted(RECORDS))))
def test_records_do_not_get_in_the_way_of_one_another(kinds: list[str]) -> None:
    """Each of a batch is what it is alone, whatever stands before it; damage has its error in its place."""
    found = decode_embeddings([RECORDS[kind] for kind in kinds], "m")
    assert len(found) == len(kinds)
    for kind, each in zip(kinds, found, strict=True):
        (alone,) = decode_embeddings([RECORDS[kind]], "m")
        assert type(each) is type(alone)
        assert str(each) == str(alone)
    vectors = {"fit": [1.0, 2.0], "longer": [1.0, 2.0, 3.0], "narrow": [1.5, 2.0, 0.0, 4.0]}
    got = [each.vector.tolist() for each in found if isinstance(each, StoredEmbedding)]
    assert got == [vectors[kind] for kind in kinds if kind in vectors]


def test_the_forger_can_write() -> None:
    """Or the refusals would be of all that it writes."""
    assert decode_embedding(forged(), "m").vector.tolist() == [1.0, 2.0]


@given(MODELS, MODELS, MODELS, MODELS)
def test_keys_are_apart_where_model_or_url_are(model: str, url: str, other_model: str, other_url: str) -> None:
    same = (model, url) == (other_model, other_url)
    assert (embedding_key(model, url) == embedding_key(other_model, other_url)) == same


def test_no_text_moves_from_the_model_to_the_url() -> None:
    parts = b"\0\0\0\2ab\0\0\0\3\xc3\xbcc"
    assert embedding_key("ab", "üc") == hashlib.sha256(parts).digest()
    assert len({embedding_key(model, url) for model, url in [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")]}) == 4
