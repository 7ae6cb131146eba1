"""Finding what is similar: vectors with payloads, by scope, each for a limited time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.cache_size import CacheSize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LABEL_BYTES = 32


@attrs.frozen(eq=False)
class IndexEntry:
    """What is added to an index.

    Attributes:
        vector: float32 of shape (dimension,), 1 to 65,536; finite, not all zeros.
        payload: Any bytes, up to 33 MiB; what a match gives back. Nothing is ever interpreted.
        label: 32 bytes by which the entry is found as well, exactly; empty for none. Entries may share a label.
    """

    vector: NDArray[np.float32]
    payload: bytes
    label: bytes = b""


@attrs.frozen
class Match:
    """An entry that was found.

    Attributes:
        similarity: The cosine of the angle between its vector and the query's: -1 to 1, computed in float64 and rounded to 12
            decimals. 1.0 where no vector was asked for.
        is_exact: Whether its label is the one that was asked for.
        added: When it was added, in seconds since the epoch, by the clock of the process that added it.
        payload: Its payload.
    """

    similarity: float
    is_exact: bool
    added: float
    payload: bytes


class SimilarityIndex(Protocol):
    """Vectors by scope, with what belongs to them.

    The semantic cache uses one, from any number of threads and, where the store is shared, processes and hosts. Scopes are
    compared by `lixcore.domain.scope.Scope.digest` alone and never meet. What is held is a cache: it need not survive the loss of
    power or of the store, and a store may drop entries when it needs room, each wholly. An error is never an empty answer.

    An entry is *live* from when it was added until its time is over, as `lixcore.domain.freshness.is_live` says, by the clock of
    the process that asks. What is not live is never found or counted, and leaves the store in the end.

    Every method raises `ClosedError` after `close`, and `StoreError` where the store cannot be used.
    """

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        """Add an entry; it is found by every search that begins after this returned.

        Atomic, also among processes: of entries that are added at the same time none is lost, as far as the capacity goes, and
        no instant shows more than the capacity. Adding renews no other entry and replaces none, also none that is equal. Nothing
        of ``entry`` is kept that a caller could still change.

        Args:
            scope: Where.
            entry: What.
            ttl: For how many seconds it is live; above zero.
            capacity: How many live entries the scope holds at most once this one is added; 1 or more. Those that were added first
                leave first. Entries that are not live do not count and leave as well.

        Raises:
            InvalidInputError: The dimension differs from that of the live entries of the scope (field ``embedding``). Where
                none is live, the scope takes the new dimension.
        """
        ...

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        """The live entries of the scope that are most like the query. This is the hot path: one round trip, or two.

        First the entries with the label, newest first, however similar they are; then the others with a similarity of
        ``at_least`` or more, best first. Of equally similar ones, the one that was added last comes first.

        Args:
            scope: Where; nothing else is looked at.
            vector: What to compare with, as in `IndexEntry`; None to look for the label only.
            label: What to look for exactly; empty for nothing.
            k: How many at most; 1 or more.
            at_least: The lowest similarity, -1 to 1.

        Raises:
            InvalidInputError: The dimension differs from that of the live entries of the scope (field ``embedding``).
        """
        ...

    def forget(self, session: SessionKey) -> int:
        """Remove every entry that the session added: its own scopes, and its part in the scopes that its tenant shares.

        Other sessions' entries stay. What was removed is not to be found in the store's files or memory afterwards.

        Returns:
            How many live entries were removed.
        """
        ...

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """How much is held.

        Args:
            session: Count the session's own scopes only; None for everything that is in the store. The former takes as long as
                the session has scopes, the latter may take as long as there are entries.
        """
        ...

    def close(self) -> None:
        """Give back connections and handles. May be called twice."""
        ...
