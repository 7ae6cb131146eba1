"""What adapters with a server do between reading and writing back: they wait, and others go on."""

from __future__ import annotations

import threading


def round_trip() -> None:
    """Take as long as an answer of a server does; others get their turn, however busy the machine is."""
    threading.Event().wait(0.001)
