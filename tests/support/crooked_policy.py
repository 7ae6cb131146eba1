"""Adapters that `lix contract` is tried with: an eviction policy that is wrong, and a store that cannot be placed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.policy import Candidate, Surplus


class Backwards:
    """Evicts whoever is in use, and lets the idle ones stay."""

    @attrs.frozen
    class Options:
        pass

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> Self:
        del options, context
        return cls()

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """See the port."""
        del surplus
        return [each.session for each in candidates if now - each.last_active < idle_seconds]


class Homeless:
    """Says nothing of where it keeps things, nor that it keeps nothing."""

    @attrs.frozen
    class Options:
        url: str = option("db://localhost", "Where the server is.")

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> Self:
        del options, context
        raise AssertionError("it must not be opened")
