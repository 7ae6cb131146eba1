"""Large responses, and those that were quickly made, are not cached."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.reuse_policy import NewAnswer


@attrs.frozen
class AdmitBySizeOptions:
    """The options of `AdmitBySize`."""

    largest_bytes: int = option(
        65_536, "How many bytes a response may take, with its query and without its embedding, to be cached.", at_least=0
    )
    smallest_seconds: float = option(
        0.0, "How many seconds a response must have taken to make to be cached; one of which that is not known is.", at_least=0
    )


class AdmitBySize:
    """The admission policy ``size``: a response is cached when it is small enough and took long enough to make.

    Args:
        largest_bytes: How many bytes it may take.
        smallest_seconds: How many seconds it must have taken, where that is known.
    """

    Options: ClassVar[type[Any]] = AdmitBySizeOptions

    def __init__(self, *, largest_bytes: int = 65_536, smallest_seconds: float = 0.0) -> None:
        self._largest_bytes = largest_bytes
        self._smallest_seconds = smallest_seconds

    @classmethod
    def open(cls, options: AdmitBySizeOptions, context: AdapterContext) -> Self:
        """Make the policy of its options."""
        del context
        return cls(largest_bytes=options.largest_bytes, smallest_seconds=options.smallest_seconds)

    def admits(self, answer: NewAnswer) -> bool:
        """See `lixcore.ports.reuse_policy.AdmissionPolicy.admits`."""
        return answer.size <= self._largest_bytes and (answer.seconds is None or answer.seconds >= self._smallest_seconds)
