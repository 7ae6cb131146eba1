"""In which order what was found is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs


@attrs.frozen
class Finding:
    """A message that a search found, or that stands next to one.

    Attributes:
        text: Its score by its words, above 0; None where it shares no word with the query, or was not among the best.
        vector: The cosine of its embedding and the query's; None where there is none, or it was not among the best.
        timestamp: When it was said, in seconds since the epoch; None for what only stands next to a hit.
        before: The findings before it in its session, nearest first, as indexes into all findings; at most `reach` of them. None
            where no other hit is in its session.
        after: Those after it, alike.
    """

    text: float | None = None
    vector: float | None = None
    timestamp: float | None = None
    before: Sequence[int] = ()
    after: Sequence[int] = ()


class RankingPolicy(Protocol):
    """Gives each message that was found one score.

    Attributes:
        reach: How many neighbours on either side of a hit it wants to see; 0 for none.
    """

    @property
    def reach(self) -> int: ...

    def rank(self, findings: Sequence[Finding], *, now: float) -> Sequence[float]:
        """The score of each finding, the higher the better, finite; a pure function of its arguments.

        Args:
            findings: Every hit by words and by meaning, each message once, with those next to them; in no particular order.
            now: Seconds since the epoch.
        """
        ...
