"""Huffman compression, the codecs beside it, and the archive of ``.huff`` files."""

from lixcore_huffman.archive import HuffArchive, HuffArchiveOptions
from lixcore_huffman.codecs.deflate_codecs import DeflateCodec, HuffmanCodec, NoneCodec
from lixcore_huffman.codecs.hcv1_codec import Hcv1Codec

__all__ = ["DeflateCodec", "Hcv1Codec", "HuffArchive", "HuffArchiveOptions", "HuffmanCodec", "NoneCodec"]
