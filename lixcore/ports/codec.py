"""Codecs turn blocks of records into fewer bytes, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable


class Codec(Protocol):
    """A lossless compression of byte strings.

    An archive writes the codec's name into every frame, so a name stands for one format for ever: change the format, change
    the name. The archive keeps checksums; a codec needs none of its own.

    Attributes:
        name: 1 to 32 ASCII letters, digits or hyphens; what the codec is registered as.
    """

    @property
    def name(self) -> str: ...

    def encode(self, data: bytes) -> bytes:
        """Return the compressed form of any bytes, of none at all as well.

        It may be longer than ``data``: the archive then stores the data as it is.
        """
        ...

    def decode(self, data: bytes, *, size: int) -> bytes:
        """Return the bytes that `encode` was given.

        Args:
            data: What `encode` returned, or anything at all: a damaged or hostile file.
            size: How long the result is, known from the frame. No more than this is ever allocated for it.

        Raises:
            CorruptDataError: ``data`` does not decode to exactly ``size`` bytes, or has bytes left over.
        """
        ...


@runtime_checkable
class TrainsDictionaries(Protocol):
    """An optional power of a codec's class: making the dictionary file that its option ``dictionary`` names."""

    def train_dictionary(self, samples: Iterable[bytes], size: int) -> bytes:
        """Return a dictionary, to be kept in a file. It is a static method: nothing needs to be opened for it.

        Args:
            samples: What blocks will look like; some hundreds at least.
            size: How large it may be, in bytes.

        Raises:
            InvalidInputError: The samples are too few, or the size is out of range.
            MissingExtraError: The codec's driver is not installed.
        """
        ...
