"""The Huffman codec and its relatives."""

from lixcore_huffman.deflate_codecs import DeflateCodec, HuffmanCodec, NoneCodec
from lixcore_huffman.hcv1_codec import Hcv1Codec

__all__ = ["DeflateCodec", "Hcv1Codec", "HuffmanCodec", "NoneCodec"]
