"""The Huffman codec and its relatives."""

from lixcore_huffman.deflate_codecs import DeflateCodec, HuffmanCodec, NoneCodec

__all__ = ["DeflateCodec", "HuffmanCodec", "NoneCodec"]
