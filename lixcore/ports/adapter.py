"""How an adapter is made from its options: what the class behind an entry point offers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import attrs

from lixcore.ports.clock import Clock
from lixcore.ports.codec import Codec


@attrs.frozen
class AdapterContext:
    """What the core gives an adapter that it makes.

    Attributes:
        clock: The clock to use; never another one.
        codec_name: The name of the codec that an archive writes new data with.
        codec_named: Gives the codec of a name, also of one read from old data; raises `UnknownAdapterError`.
        archive_dir: The directory where an archive that is made of files keeps them.
    """

    clock: Clock
    codec_name: str
    codec_named: Callable[[str], Codec]
    archive_dir: Path


class Adapter(Protocol):
    """The class that an entry point of a ``lixcore.*`` group names.

    Attributes:
        Options: A frozen attrs class of fields made with `lixcore.ports.options.option`; may have none.
    """

    Options: ClassVar[type[Any]]

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> Any:
        """Make the adapter. It never hangs.

        A hot store or an archive connects lazily or at once, as is usual for its store. A similarity index or an embedding store
        touches nothing: no file, lock or connection before its first call, and whatever is wrong with its store is an error of
        its calls, until it is put right. So a cache never keeps an application from starting, and leaves no trace unless used.

        Raises:
            MissingExtraError: Its driver is not installed.
            StoreError: The store cannot be used; never raised by a cache.
        """
        ...


@runtime_checkable
class ChecksDriver(Protocol):
    """An optional power of an adapter's class: telling whether its driver is installed, without being opened."""

    def check_driver(self) -> None:
        """Return when the driver is installed. It is a static or class method: nothing needs to be opened for it.

        Raises:
            MissingExtraError: The driver is not installed.
        """
        ...
