"""Interrupts at every instant at which the interpreter lets one in: when a function begins, and after a call returned."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def interrupted(call: Callable[[], object], at: int) -> bool:
    """Make a call, and raise KeyboardInterrupt in it, in this thread, at the instant with that number.

    Returns:
        False when the call was over before.
    """
    seen = -1
    own = sys._getframe()

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal seen
        if frame is own or event not in {"call", "c_return"}:
            return
        seen += 1
        if seen == at:
            sys.setprofile(None)
            raise KeyboardInterrupt

    former = sys.getprofile()
    gc.disable()  # what it calls cannot be interrupted: errors in it go nowhere
    sys.setprofile(count)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(former)
        gc.enable()
    return False
