"""How long something that is cached may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLOCK_SKEW_SECONDS: Final = 60.0
"""By how much the clocks of two hosts may differ before what one of them cached is not used by the other."""


def is_live(added: float, expires: float, now: float) -> bool:
    """Whether it may be used now: it is not expired, and was not added by a clock that is far ahead, or before ours stepped back.

    Without the second rule, what a host added whose clock is a day ahead would be used for a day longer than it may.

    Args:
        added: When it was cached. All times are seconds since the epoch.
        expires: From when on it is not used any more.
        now: By the clock of the process that wants to use it.
    """
    return added <= now + CLOCK_SKEW_SECONDS and now < expires


def live_rows(added: NDArray[np.float64], expires: NDArray[np.float64], now: float) -> NDArray[np.bool_]:
    """`is_live` of many at once."""
    usable: NDArray[np.bool_] = (added <= now + CLOCK_SKEW_SECONDS) & (now < expires)
    return usable
