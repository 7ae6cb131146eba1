"""Checking everything that a store holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import attrs

from lixcore.domain.session import SessionKey


@attrs.frozen
class Finding:
    """Something that is not as it should be.

    Attributes:
        where: The file or address.
        reason: What is wrong, as the rest of a sentence that begins with ``where``, with positions or offsets.
        remedy: What was done about it, or can be; empty when nothing can.
        is_repaired: Whether it was.
        copy: Where the bytes are that were there before the repair; None when nothing was changed.
    """

    where: str
    reason: str
    remedy: str = ""
    is_repaired: bool = False
    copy: str | None = None


@attrs.frozen
class Verified:
    """What checking the data of one session gave.

    Attributes:
        where: The file or address.
        session: Whose; None where that cannot be told.
        messages: How many can be read.
        findings: What is wrong; empty when all is well.
    """

    where: str
    session: SessionKey | None
    messages: int
    findings: Sequence[Finding] = ()


@runtime_checkable
class Verifies(Protocol):
    """An optional power of a store: checking every byte it holds."""

    def verify(self, *, repair: bool = False) -> Iterator[Verified]:
        """Check everything, session by session; what belongs to no session comes with ``session`` None.

        Others may use the store meanwhile: what they are writing is no finding.

        Args:
            repair: Mend what can be mended, after what is there was copied to a quarantine. What is still readable stays
                readable; nothing that was read before is lost by it. Repairing twice finds nothing the second time, but for what
                cannot be mended.

        Raises:
            StoreError: The store as a whole cannot be read.
        """
        ...
