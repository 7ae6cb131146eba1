"""Whether the server may have come back with less than it had acknowledged.

A server's *incarnation* is ``run.history``: its ``run_id``, which every start of the process changes, and its ``master_replid``,
which changes as well when a replica becomes the primary. The key ``run`` says which incarnation was compared with the archive
last. An older snapshot brings an older key along, an empty server none, a replica that took over that of its primary: they all
differ from what the server is now.

Every new connection asks for both in the request that asks for its own number: a server cannot restart, and no other can take its
place, without a new connection. That costs no round trip. The history also changes when the first replica is attached or the
last one was away for an hour: the comparison is then made without need.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from lixcore_redis.transport.server_clock import ServerClock
from lixcore_redis.transport.wire import command

_RUN: Final = re.compile(rb"run_id:(\w+)")
_HISTORY: Final = re.compile(rb"master_replid:(\w+)")
_TIME: Final = re.compile(rb"server_time_usec:(\d+)")

QUESTIONS: Final = 3
"""How many answers `Incarnation.request` gets."""


class Incarnation:
    """What this process knows of it. Threads and forked processes need no lock: each assignment is true of some connection.

    Args:
        clock: Told what the server's clock shows, which is among the answers.

    Attributes:
        request: What a new connection sends.
        lapse: The incarnation that nobody compared with the archive yet; None when there is none, or when the user may not ask.
    """

    def __init__(self, key: bytes, clock: ServerClock) -> None:
        self.key = key
        self._clock = clock
        self.request = command(b"INFO", b"server") + command(b"INFO", b"replication") + command(b"GET", key)
        self.lapse: str | None = None

    def meet(self, answers: Sequence[Any]) -> None:
        """Take the answers that a new connection got; errors among them say that this user may not ask."""
        server, replication, settled = answers
        if not isinstance(server, Exception) and (time := _TIME.search(server)):
            self._clock.heard(int(time[1]) / 1e6)
        if isinstance(server, Exception) or isinstance(replication, Exception) or isinstance(settled, Exception):
            return
        run, history = _RUN.search(server), _HISTORY.search(replication)
        if run and history:
            self.compare(run[1] + b"." + history[1], settled)

    def compare(self, now: bytes, settled: bytes | None) -> None:
        """Note what the server is, and what was settled.

        Another thread may have met a later incarnation meanwhile, so only the lapse of this one is ended.
        """
        name = now.decode("ascii")
        if now != settled:
            self.lapse = name
        elif self.lapse == name:
            self.lapse = None

    def settled(self, lapse: str, now: bytes, settled: bytes | None) -> None:
        """Take the answer to `lixcore_redis.scripts.SETTLE`: the server may be another incarnation by now, settled or not."""
        self.compare(now, settled)
        if self.lapse == lapse != now.decode("ascii"):
            self.lapse = None
