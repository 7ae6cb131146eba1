"""A job that one of all processes does at a time."""

from __future__ import annotations

import logging
import os
import secrets
import socket

from lixcore.errors import LixError
from lixcore.ports.clock import Clock
from lixcore.ports.hot_store import HotStore
from lixcore.ports.leases import GrantsLeases

_log = logging.getLogger("lixcore.janitor")


class Lease:
    """A lease of the hot store, as this process sees it. A store that grants none lets everybody do the job.

    Args:
        name: What for.
        seconds: How long it lasts when it is not renewed.
    """

    def __init__(self, hot: HotStore, clock: Clock, name: str, *, seconds: float) -> None:
        self._store = hot if isinstance(hot, GrantsLeases) else None
        self._clock = clock
        self._name = name
        self._seconds = seconds
        self._holder = ""
        self._process = 0
        self._renewed_at: float | None = None  # by the monotonic clock; None while this process does not have it

    @property
    def is_granted(self) -> bool:
        """Whether the store grants leases at all."""
        return self._store is not None

    def take(self) -> bool:
        """Take it, or renew it; False while another holder has it.

        Raises:
            StoreError: The store cannot say.
        """
        if self._store is None:
            return True
        if self._process != os.getpid():  # a forked child is another holder than its parent
            self._renew_holder()
        self._renewed_at = None
        now = self._clock.monotonic()  # before the store counts from its own now
        if self._store.lease(self._name, holder=self._holder, seconds=self._seconds):
            self._renewed_at = now
        return self._renewed_at is not None

    def still_held(self) -> bool:
        """Whether the job may go on; asks the store again when a quarter of the lease is over.

        Raises:
            StoreError: The store cannot say.
        """
        if self._store is None:
            return True
        if self._renewed_at is None or self._process != os.getpid():
            return False
        passed = self._clock.monotonic() - self._renewed_at
        return passed < self._seconds / 4 or self.take()

    def end(self) -> None:
        """Give it back, if this process has it. When that fails, it ends by itself."""
        held, self._renewed_at = self._renewed_at is not None and self._process == os.getpid(), None
        if self._store is None or not held:
            return
        try:
            self._store.end_lease(self._name, holder=self._holder)
        except LixError as error:
            _log.debug(
                "the lease %r could not be given back and ends by itself within %g s: %s", self._name, self._seconds, error
            )

    def _renew_holder(self) -> None:
        self._process = os.getpid()
        self._holder = f"{socket.gethostname()}:{self._process}:{secrets.token_hex(8)}"
        self._renewed_at = None

    def leave_to_others(self) -> None:
        """Let it run until its end, for this process as for any other: who takes it next is a new holder."""
        self._process = 0
        self._renewed_at = None
