"""A fault at every call of a port: nothing is lost, doubled, reordered or foreign, and what was interrupted can be done again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from fault_scale import NIGHTLY
from gated_ports import PORTS, POWERS, Fault, Gate, PortCall, gated
from injected_operations import OPERATIONS, Operation
from injection import FAMILIES, MEMORY_FAMILIES, Family, injected
from lasting_stores import HotName, Stores
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore.ports import cold_archive, diagnosis, hot_store_powers, verification
from lixcore.ports.cold_archive import AppendsInBulk, Compacts, Salvages
from lixcore.ports.leases import GrantsLeases
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock

BY_NAME = {operation.name: operation for operation in OPERATIONS}
FAMILIES_OF = [
    (family, operation)
    for family, operation in itertools.product(MEMORY_FAMILIES, OPERATIONS)
    if family != "interrupted" or not operation.is_exclusive
]


def name(value: object) -> str:
    return getattr(value, "name", str(value)).replace(" ", "-")


operations = pytest.mark.parametrize("operation", OPERATIONS, ids=name)
in_any_family = pytest.mark.parametrize(("family", "operation"), FAMILIES_OF, ids=name)
modes = pytest.mark.parametrize("mode", ["overflow", "through"])
only_nightly = pytest.mark.skipif(not NIGHTLY, reason="takes minutes; LIXCORE_FAULTS=nightly runs it")


def check(stores: Stores, family: Family, operation: Operation, tell: Callable[[str, object], None]) -> None:
    found = injected(stores, family, [operation])
    stories = [story for one in found for story in one.stories]
    tell("runs", sum(one.runs for one in found))
    assert not stories, f"{len(stories)} runs went wrong, the first of them so:\n{stories[0]}"
    assert family == "interrupted" or any(one.runs for one in found)
    assert all(one.verdict.is_clean and one.verdict.acknowledged for one in found)


def on_disk(hot: HotName, directory: Path, request: pytest.FixtureRequest, mode: str = "overflow") -> Stores:
    url = request.getfixturevalue("redis_url") if hot == "redis" else None
    return Stores(hot, "huffman", directory=directory, redis_url=url, write_mode=mode)


@pytest.mark.share(8)
@operations
@pytest.mark.parametrize("hot", ["sqlite", "redis"])
def test_a_process_may_die_before_and_after_every_call(
    hot: HotName, operation: Operation, tmp_path: Path, request: pytest.FixtureRequest, record_property: Callable[..., None]
) -> None:
    check(on_disk(hot, tmp_path, request), "killed", operation, record_property)


@only_nightly
@operations
@pytest.mark.parametrize("hot", ["sqlite", "redis"])
def test_a_process_that_writes_through_may_die_anywhere(
    hot: HotName, operation: Operation, tmp_path: Path, request: pytest.FixtureRequest, record_property: Callable[..., None]
) -> None:
    check(on_disk(hot, tmp_path, request, "through"), "killed", operation, record_property)


@pytest.mark.share(8)
@modes
@in_any_family
def test_any_call_may_fail_or_find_that_somebody_else_was_faster(
    family: Family, mode: str, operation: Operation, record_property: Callable[..., None]
) -> None:
    check(Stores("memory", "memory", write_mode=mode), family, operation, record_property)


@only_nightly
@in_any_family
@pytest.mark.parametrize("hot", ["sqlite", "redis"])
def test_the_same_on_files_and_servers(
    hot: HotName, family: Family, operation: Operation, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if family != "stopped":  # there, processes die
        check(on_disk(hot, tmp_path, request), family, operation, lambda *_: None)


def test_every_call_meets_the_fault_once(tmp_path: Path) -> None:
    """As many runs as calls; what was killed before the first call has changed nothing, what was killed after the last all."""
    [before, after] = injected(Stores("sqlite", "huffman", directory=tmp_path), "killed", [BY_NAME["add in the window"]])
    assert before.runs == after.runs == 3  # append, and the two that close
    assert list(FAMILIES["killed"]) == [before.fault, after.fault]


def test_a_gated_port_declares_what_the_port_does_and_nothing_else() -> None:
    """Newer Pythons ask the class, not the instance, whether it has the methods of a protocol."""
    archive = gated("archive", MemoryArchive(), Gate())
    assert isinstance(archive, AppendsInBulk)
    assert isinstance(archive, Salvages)
    assert not isinstance(archive, Compacts)
    hot, real = gated("hot", MemoryHotStore(SettableClock()), Gate()), MemoryHotStore(SettableClock())
    assert isinstance(hot, GrantsLeases) is isinstance(real, GrantsLeases)


def test_every_power_of_a_store_is_known() -> None:
    known = {*PORTS.values(), *(power for powers in POWERS.values() for power in powers)}
    for module in (cold_archive, hot_store_powers, verification, diagnosis):
        for value in vars(module).values():
            if getattr(value, "_is_protocol", False) and value.__module__ == module.__name__:
                assert value in known, f"{value.__name__} passes no gate"


def away(_: PortCall) -> None:
    raise StoreUnavailableError("hot", "is away")


@pytest.mark.parametrize("lasts", [False, True])
def test_a_gate_lets_the_chosen_calls_meet_the_fault(lasts: bool) -> None:  # noqa: FBT001  # a parameter of the test
    gate, session = Gate(), SessionKey("s")
    port = gated("hot", MemoryHotStore(SettableClock()), gate)
    gate.arm(Fault("away", before=away, counts=lambda call: call.name == "describe", lasts=lasts), 2)
    port.ticket(session)
    assert port.describe(session) is None
    with pytest.raises(StoreUnavailableError):
        port.describe(session)
    assert str(gate.met) == "hot.describe"
    if lasts:
        with pytest.raises(StoreUnavailableError):
            port.describe(session)
    gate.disarm()
    assert port.describe(session) is None
