"""Ports whose every call passes a gate, where a test may kill the process, raise, or let somebody else act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import attrs

from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive, Compacts, Salvages
from lixcore.ports.diagnosis import Diagnoses
from lixcore.ports.hot_store import HotStore
from lixcore.ports.hot_store_powers import DescribesMany, MayLapse, MeasuresSessions, TellsTime
from lixcore.ports.leases import GrantsLeases
from lixcore.ports.verification import Verifies

Tier = Literal["hot", "archive"]

PORTS: Final[dict[Tier, type]] = {"hot": HotStore, "archive": ColdArchive}
POWERS: Final[dict[Tier, Sequence[type]]] = {
    "hot": (GrantsLeases, DescribesMany, MeasuresSessions, TellsTime, MayLapse, Verifies, Diagnoses),
    "archive": (AppendsInBulk, Salvages, Compacts, Verifies, Diagnoses),
}
WRITES: Final = frozenset(
    {"append", "append_many", "restore", "release", "evict", "forget", "start_context", "compact", "settle"}
)


@attrs.frozen
class PortCall:
    """A call that somebody makes to a port.

    Attributes:
        tier: Which port.
        name: The method.
    """

    tier: Tier
    name: str

    @property
    def writes(self) -> bool:
        """Whether it changes what is stored."""
        return self.name in WRITES

    def __str__(self) -> str:
        return f"{self.tier}.{self.name}"


def any_call(_: PortCall) -> bool:
    """Every call counts."""
    return True


def nothing(_: PortCall) -> None:
    """Nothing happens."""


@attrs.frozen
class Fault:
    """What happens to one call, or to all from one on.

    Attributes:
        name: As the rest of a sentence that begins with a call.
        before: Done before the call is carried out.
        after: Done after it took effect, before its answer is given.
        counts: Which calls it may happen to; only they are counted.
        lasts: Whether every later call to the same port meets it too.
    """

    name: str
    before: Callable[[PortCall], object] = nothing
    after: Callable[[PortCall], object] = nothing
    counts: Callable[[PortCall], bool] = any_call
    lasts: bool = False


class Gate:
    """Lets calls pass, until it is armed: then the n-th one meets a fault.

    Attributes:
        met: The first call that met the fault; None so far.
        calls: What passed since it was armed, that call included.
    """

    def __init__(self) -> None:
        self._fault: Fault | None = None
        self._left = 0
        self.met: PortCall | None = None
        self.calls: list[PortCall] = []

    def arm(self, fault: Fault, nth: int) -> None:
        """From now on, let the ``nth`` call that the fault counts meet it."""
        self._fault, self._left, self.met, self.calls = fault, nth, None, []

    def disarm(self) -> None:
        """Let everything pass again."""
        self._fault = None

    def passed(self, call: PortCall, carry_out: Callable[[], Any]) -> Any:
        """Carry out a call, or not."""
        fault = self._fault
        if fault is None:
            return carry_out()
        self.calls.append(call)
        if not self._meets(fault, call):
            return carry_out()
        fault.before(call)
        answer = carry_out()
        fault.after(call)
        return answer

    def _meets(self, fault: Fault, call: PortCall) -> bool:
        if not fault.counts(call):
            return False
        if self.met is not None:
            return fault.lasts and call.tier == self.met.tier
        self._left -= 1
        if self._left:
            return False
        self.met = call
        return True


class _Gated:
    def __init__(self, port: Any, gate: Gate) -> None:
        self._port = port
        self._gate = gate


def gated(tier: Tier, port: Any, gate: Gate) -> Any:
    """The port behind a gate. It has the methods of its protocol and of the optional powers that the port has, and no others."""
    members: dict[str, Any] = {}
    for protocol in (PORTS[tier], *(power for power in POWERS[tier] if isinstance(port, power))):
        for name, member in vars(protocol).items():
            if not name.startswith("_"):
                members[name] = _attribute(name) if isinstance(member, property) else _method(PortCall(tier, name))
    # Real methods of a class of its own: `isinstance` with a protocol looks at nothing else in newer Pythons.
    return type(f"Gated{type(port).__name__}", (_Gated,), members)(port, gate)


def _method(call: PortCall) -> Callable[..., Any]:
    def method(self: _Gated, *args: Any, **kwargs: Any) -> Any:
        return self._gate.passed(call, lambda: getattr(self._port, call.name)(*args, **kwargs))

    method.__name__ = call.name
    return method


def _attribute(name: str) -> property:
    return property(lambda self: getattr(self._port, name))
