"""How an adapter is made from its options: what the class behind an entry point offers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import attrs

from lixcore.domain.message import Message
from lixcore.domain.window import approximate_tokens
from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.clock import Clock
from lixcore.ports.codec import Codec


class Capability(Enum):
    """What an adapter's store is like, as far as it cannot be told from its methods."""

    PERSISTENT = "persistent"
    """What it holds is there when it is closed and opened again with the same options."""
    SHARED = "shared"
    """Several processes may have the same place open at once."""
    OWN_CLOCK = "own clock"
    """Leases end by a clock of the store's own, which nobody can set."""


def _approximate(messages: Sequence[Message]) -> Sequence[int]:
    return [approximate_tokens(message) for message in messages]


@attrs.frozen
class AdapterContext:
    """What the core gives an adapter that it makes.

    Attributes:
        clock: The clock to use; never another one.
        codec_name: The name of the codec that an archive writes new data with.
        codec_named: Gives the codec of a name, also of one read from old data; raises `UnknownAdapterError`.
        archive_dir: The directory where an archive that is made of files keeps them.
        count_tokens: Gives how many tokens each of some messages takes in a prompt.
        analyzer: Turns texts and queries into words, for an archive index.
    """

    clock: Clock
    codec_name: str
    codec_named: Callable[[str], Codec]
    archive_dir: Path
    count_tokens: Callable[[Sequence[Message]], Sequence[int]] = _approximate
    analyzer: Analyzer = attrs.Factory(PlainAnalyzer)


class Adapter(Protocol):
    """The class that an entry point of a ``lixcore.*`` group names.

    Attributes:
        Options: A frozen attrs class of fields made with `lixcore.ports.options.option`; may have none.
    """

    Options: ClassVar[type[Any]]

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> Any:
        """Make the adapter. It never hangs.

        A hot store or an archive connects lazily or at once, as is usual for its store. A similarity index, an embedding store or
        an archive index touches nothing: no file, lock or connection before its first call, and whatever is wrong with its store
        is an error of its calls, until it is put right. So what can be done without never keeps an application from starting, and
        leaves no trace unless used.

        Raises:
            MissingExtraError: Its driver is not installed.
            StoreError: The store cannot be used; never raised by a cache or an archive index.
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


@runtime_checkable
class HasCapabilities(Protocol):
    """An optional power of an adapter's class: saying what its store is like.

    Attributes:
        capabilities: What it can do. Without this attribute it is taken to be persistent and shared, as most stores are.
    """

    capabilities: ClassVar[Collection[Capability]]


@runtime_checkable
class ErasesPlace(Protocol):
    """An optional power of an adapter's class: removing a place that was made to try the adapter in."""

    def erase(self, options: Any, context: AdapterContext) -> None:
        """Remove everything that these options' place holds, and nothing else. It is a static or class method.

        It is called only with options whose place was made by `lixcore.testing` and belongs to nobody.

        Raises:
            StoreError: Something may be left.
        """
        ...
