"""The codec ``zstd`` and its trained dictionaries."""

from lixcore_zstd.dictionaries import train_dictionary
from lixcore_zstd.zstd_codec import ZstdCodec

__all__ = ["ZstdCodec", "train_dictionary"]
