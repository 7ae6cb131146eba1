"""What random histories have found, each as short as it can be."""

from __future__ import annotations

import pytest

from fault_kinds import RAISING
from gated_ports import Fault, Gate, PortCall
from lasting_stores import BATCH, WINDOW, Stores
from lixcore.errors import NotArchivedError, StoreFullError, StoreUnavailableError


def full(_: PortCall) -> None:
    raise StoreFullError("archive", "is full")


def test_the_hot_store_is_bounded_where_every_other_append_to_the_archive_fails() -> None:
    """Written through, an add first archives what the last one could not; then its own message is not archived either."""
    gate = Gate()
    with Stores("memory", "memory", write_mode="through").open(gate) as stack:
        memory = stack.session("s")
        for number in range(4 * (WINDOW + BATCH)):
            fault = Fault("full", before=full, counts=lambda call: str(call) == "archive.append")
            gate.arm(fault, 2 if number else 1)
            with pytest.raises(NotArchivedError):
                memory.add_message_to_context("user", str(number))
            gate.disarm()
            held = stack.wiring.hot.describe(memory.session)
            assert held is not None
            assert held.held <= WINDOW + BATCH


def test_after_a_clear_that_failed_all_processes_see_the_same_context() -> None:
    """Whatever write it was whose answer was lost, the note of the fresh start among them."""
    [cut] = [fault for fault in RAISING if fault.name == "cut after a write"]
    met: list[str] = []
    for number in range(1, 20):
        stores, gate = Stores("memory", "memory"), Gate()
        with stores.open(gate) as stack:
            stack.session("s").add_message_to_context("user", "x")
            gate.arm(cut, number)
            try:
                stack.session("s").clear_context()
            except StoreUnavailableError:
                met.append(str(gate.met))
            gate.disarm()
            here = stack.session("s").get_context_messages()
            with stores.open() as other:
                assert other.session("s").get_context_messages() == here, gate.met
    assert "archive.start_context" in met
