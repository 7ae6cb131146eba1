"""Trained dictionaries: made from samples, kept as files, found again by the number that frames carry."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from lixcore.errors import CorruptDataError, InvalidInputError, StoreUnavailableError
from lixcore_zstd.zstd_module import zstd_module

SUFFIX: Final = ".zdict"
"""How the names of dictionary files end."""

MAX_DICTIONARY_BYTES: Final = 16 * 1024 * 1024
_HEAD: Final = struct.Struct("<II")  # RFC 8878, section 5: a magic number and the dictionary's id
_MAGIC: Final = 0xEC30A437


def train_dictionary(samples: Iterable[bytes], size: int) -> bytes:
    """Return a dictionary of at most ``size`` bytes, to be kept in a ``.zdict`` file.

    Args:
        samples: What blocks will look like: some hundreds at least, together a hundred times ``size`` for the best result.
        size: 256 bytes to 16 MiB.

    Raises:
        InvalidInputError: There are too few samples, or the size is out of range.
        MissingExtraError: Zstandard is not installed.
    """
    least = 256
    if not least <= size <= MAX_DICTIONARY_BYTES:
        raise InvalidInputError("size", f"is {size:,}; {least:,} to {MAX_DICTIONARY_BYTES:,} bytes are accepted")
    zstd = zstd_module()
    try:
        return bytes(zstd.train_dict(samples, size).dict_content)
    except (zstd.ZstdError, ValueError) as error:
        raise InvalidInputError("samples", f"are too few or too much alike to train a dictionary: {error}") from error


class DictionaryShelf:
    """The dictionary that is written with, and those beside it that older frames need.

    Args:
        path: The file of the dictionary to write with; None for none. Older ones are the ``*.zdict`` files of its directory.

    Raises:
        StoreUnavailableError: The file cannot be read.
        CorruptDataError: It is not a trained dictionary.
    """

    def __init__(self, path: Path | None) -> None:
        self._directory = None if path is None else path.parent
        self._loaded: dict[int, Any] = {}
        self.current: Any = None if path is None else _load(path)
        if self.current is not None:
            self._loaded[self.current.dict_id] = self.current

    def numbered(self, dictionary_id: int) -> Any:
        """Return the dictionary of this id, loaded once.

        Raises:
            CorruptDataError: There is none; it names the id and where it was searched.
        """
        found = self._loaded.get(dictionary_id)
        if found is None:
            found = _load(self._path_of(dictionary_id))
            self._loaded[dictionary_id] = found
        return found

    def _path_of(self, dictionary_id: int) -> Path:
        if self._directory is None:
            raise CorruptDataError(
                "a zstd block",
                f"needs the dictionary with id {dictionary_id}, and no dictionary is configured; set zstd_dictionary",
            )
        try:
            for path in sorted(self._directory.glob(f"*{SUFFIX}")):
                with path.open("rb") as file:
                    head = file.read(_HEAD.size)
                if head == _HEAD.pack(_MAGIC, dictionary_id):
                    return path
        except OSError as error:
            raise StoreUnavailableError(str(self._directory), f"cannot be searched for dictionaries: {error.strerror}") from error
        raise CorruptDataError(
            "a zstd block", f"needs the dictionary with id {dictionary_id}, which no *{SUFFIX} file in {self._directory} has"
        )


def _load(path: Path) -> Any:
    zstd = zstd_module()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_DICTIONARY_BYTES + 1)
    except OSError as error:
        raise StoreUnavailableError(str(path), f"the dictionary cannot be read: {error.strerror}") from error
    if len(content) > MAX_DICTIONARY_BYTES:
        raise CorruptDataError(str(path), f"is larger than a dictionary may be, {MAX_DICTIONARY_BYTES:,} bytes")
    if len(content) < _HEAD.size or _HEAD.unpack_from(content)[0] != _MAGIC:
        raise CorruptDataError(str(path), "is not a trained Zstandard dictionary")
    try:
        return zstd.ZstdDict(content)
    except (zstd.ZstdError, ValueError) as error:
        raise CorruptDataError(str(path), f"is not a trained Zstandard dictionary: {error}") from error
