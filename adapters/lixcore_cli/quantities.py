"""Sizes, shares and instants as people read them."""

from __future__ import annotations

from datetime import datetime


def size(count: float) -> str:
    """A number of bytes: ``950 B``, ``12.3 kB`` (1,000 bytes each), ``1.2 GB``."""
    if count < 1000:  # noqa: PLR2004  # the decimal prefixes
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95:  # noqa: PLR2004  # what still rounds to less than a thousand
            return f"{count:.1f} {unit}"
    return f"{count / 1000:,.1f} TB"


def share(part: float, whole: float) -> str:
    """A part of a whole in per cent; a dash when there is no whole."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def instant(seconds: float) -> str:
    """Seconds since the epoch as local time, to the second; a dash for 0, which stands for never."""
    if not seconds:
        return "-"
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def minute(seconds: float) -> str:
    """As `instant`, to the minute: for columns."""
    return instant(seconds)[:16]


def counted(number: int, noun: str) -> str:
    """``1 message``, ``2,000 messages``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
