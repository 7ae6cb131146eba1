"""Readings are kept, so that a query that is compared with many texts is taken apart once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from lixcore_policies.texts.reading import Reading, read

_MOST_KEPT: Final = 300_000
_COST_OF_ONE: Final = 512


class KeptReadings:
    """The readings of the texts that were last asked for, of so many characters in all. Any thread may ask.

    Args:
        most: How many characters; each text counts some hundred more than it has, for what goes with it.
    """

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._used = 0
        self._kept: OrderedDict[str, Reading | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, text: str) -> Reading | None:
        """See `lixcore_policies.texts.reading.read`."""
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        reading = read(text)
        with self._lock:
            if text not in self._kept:
                self._kept[text] = reading
                self._used += len(text) + _COST_OF_ONE
            while self._used > self._most:
                oldest, _ = self._kept.popitem(last=False)
                self._used -= len(oldest) + _COST_OF_ONE
        return reading

    def forget(self) -> None:
        """Keep none, so that the next ones are made anew."""
        with self._lock:
            self._kept.clear()
            self._used = 0


KEPT_READINGS: Final = KeptReadings()
