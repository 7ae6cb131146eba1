"""The codec ``zstd``: Zstandard frames, with a dictionary trained on conversations where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore_zstd.dictionaries import DictionaryShelf, train_dictionary
from lixcore_zstd.zstd_module import zstd_module

_WHERE: Final = "a zstd block"
_LEAST_WINDOW_LOG: Final = 10  # what Zstandard accepts, as powers of two
_MOST_WINDOW_LOG: Final = 30


@attrs.frozen
class ZstdOptions:
    """What can be set of `ZstdCodec`."""

    level: int = option(9, "How hard it tries to make data small: 1 is fastest, 19 is smallest.", at_least=1, at_most=19)
    dictionary: str | None = option(
        None, "File of the trained dictionary to write with; older ones (*.zdict) stay readable beside it."
    )


class ZstdCodec:
    """Zstandard frames (RFC 8878) that carry their length and the id of their dictionary.

    A new dictionary is put beside the old one and configured in its place: new blocks are written with it, and old blocks are
    read with the one whose id they carry. A dictionary must be kept as long as a block needs it.

    Args:
        level: 1 to 19.
        dictionary: The file of a trained dictionary; None for none.

    Raises:
        MissingExtraError: Zstandard is not installed.
        StoreUnavailableError: The dictionary cannot be read.
        CorruptDataError: The file is not a dictionary.
    """

    Options: ClassVar[type[Any]] = ZstdOptions

    name: ClassVar[str] = "zstd"

    train_dictionary = staticmethod(train_dictionary)  # `lixcore.ports.codec.TrainsDictionaries`

    def __init__(self, *, level: int = 9, dictionary: Path | None = None) -> None:
        self._zstd: Any = zstd_module()
        self._level = level
        self._shelf = DictionaryShelf(dictionary)
        current = self._shelf.current
        # Digested, a dictionary is prepared once for the level and not once for each block.
        self._write_with = None if current is None else current.as_digested_dict

    @classmethod
    def open(cls, options: ZstdOptions, context: AdapterContext) -> Self:  # noqa: ARG003  # it needs nothing of the core
        """Make the codec; raises what the class does."""
        return cls(level=options.level, dictionary=None if options.dictionary is None else Path(options.dictionary))

    @staticmethod
    def check_driver() -> None:
        """See `lixcore.ports.adapter.ChecksDriver`."""
        zstd_module()

    def encode(self, data: bytes) -> bytes:
        """Return one frame of ``data``; incompressible data grows by some 20 bytes."""
        return bytes(self._zstd.compress(data, level=self._level, zstd_dict=self._write_with))

    def decode(self, data: bytes, *, size: int) -> bytes:
        """Return the ``size`` bytes of a frame.

        Raises:
            CorruptDataError: It is anything else, or needs a dictionary that is not there; the id is named.
            StoreUnavailableError: A dictionary cannot be read.
        """
        zstd = self._zstd
        try:
            frame = zstd.get_frame_info(data)
        except zstd.ZstdError as error:
            raise CorruptDataError(_WHERE, f"is not a Zstandard frame: {error}") from error
        if frame.decompressed_size != size:
            held = "an unknown number of" if frame.decompressed_size is None else f"{frame.decompressed_size:,}"
            raise CorruptDataError(_WHERE, f"holds {held} bytes instead of {size:,}")
        dictionary = self._shelf.numbered(frame.dictionary_id) if frame.dictionary_id else None
        # A frame may ask for a window larger than what it holds: none that encode writes does.
        window_log = min(max((size - 1).bit_length(), _LEAST_WINDOW_LOG), _MOST_WINDOW_LOG)
        limits = {zstd.DecompressionParameter.window_log_max: window_log}
        decompressor = zstd.ZstdDecompressor(zstd_dict=dictionary, options=limits)
        try:
            plain = bytes(decompressor.decompress(data, max_length=size + 1))
        except zstd.ZstdError as error:
            raise CorruptDataError(_WHERE, f"does not decode: {error}") from error
        if not decompressor.eof or len(plain) != size:
            raise CorruptDataError(_WHERE, "ends before its frame does")
        if decompressor.unused_data:
            raise CorruptDataError(_WHERE, f"has {len(decompressor.unused_data):,} bytes after its end")
        return plain
