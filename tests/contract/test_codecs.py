"""The codecs do what their port says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lixcore.testing import CodecContract, Place
from lixcore_huffman import DeflateCodec, Hcv1Codec, HuffmanCodec, NoneCodec
from lixcore_zstd import ZstdCodec, train_dictionary


class TestDeflateCodec(CodecContract):
    adapter = DeflateCodec


class TestHcv1Codec(CodecContract):
    adapter = Hcv1Codec


class TestHuffmanCodec(CodecContract):
    adapter = HuffmanCodec


class TestNoneCodec(CodecContract):
    adapter = NoneCodec


class TestZstdCodec(CodecContract):
    adapter = ZstdCodec


class TestZstdCodecWithADictionary(CodecContract):
    adapter = ZstdCodec

    @pytest.fixture
    def options(self, place: Place, tmp_path: Path) -> Any:
        path = tmp_path / "talk.zdict"
        path.write_bytes(train_dictionary([b"user: a table for %d, please. " % number * 3 for number in range(400)], 4096))
        return place.options(dictionary=str(path))
