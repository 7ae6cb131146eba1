"""Opening adapters by the name they are registered under, without the rest of the application."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.codec import Codec
from lixcore.services.system_clock import SystemClock


def adapter_class(group: str, name: str) -> Any:
    """The class of an adapter.

    Raises:
        LookupError: None of that name is installed and works.
    """
    for point in entry_points(group=f"lixcore.{group}", name=name):
        try:
            return point.load()
        except (ImportError, AttributeError) as error:
            raise LookupError(f"{name} of {group} does not load: {error}") from error
    raise LookupError(f"{group} has no adapter {name}")


def open_adapter(
    group: str, name: str, *, directory: Path, codec: str = "huffman", codec_made: Codec | None = None, **options: Any
) -> Any:
    """Open an adapter.

    Args:
        group: ``hot_store``, ``cold_archive`` or ``codec``.
        name: Such as ``redis``.
        directory: Where it keeps files.
        codec: The name of the codec that an archive writes with, or ``zstd:FILE`` for one with a dictionary.
        codec_made: A codec to use in place of the one of that name.
        options: The adapter's own.

    Raises:
        LookupError: None of that name is installed and works.
    """
    plain, _, dictionary = codec.partition(":")
    codecs: dict[str, Codec] = {} if codec_made is None else {plain: codec_made}

    def codec_named(wanted: str) -> Codec:
        if wanted not in codecs:
            own: dict[str, Any] = {"dictionary": dictionary, "level": 19} if dictionary and wanted == plain else {}
            codecs[wanted] = open_adapter("codec", wanted, directory=directory, **own)
        return codecs[wanted]

    chosen = adapter_class(group, name)
    context = AdapterContext(clock=SystemClock(), codec_name=plain, codec_named=codec_named, archive_dir=directory)
    return chosen.open(chosen.Options(**options), context)
