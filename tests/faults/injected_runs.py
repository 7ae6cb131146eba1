"""Injects a fault at every call that an operation makes, one run for each, and judges what is left by what was acknowledged."""

from __future__ import annotations

import json
import os
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from fault_kinds import KILLED, KilledError
from gated_ports import Fault, Gate, PortCall
from history_checker import Verdict
from injected_aftermath import Aftermath
from injected_operations import Deed, Names, Operation
from lasting_stores import Planted, Stores
from speaker import Event, Speaker, Tell

MOST_CALLS: Final = 400
_BROKE: Final = 70


@attrs.frozen
class Injected:
    """What a fault at every call of an operation has led to.

    Attributes:
        operation: What was being done.
        fault: What happened to a call.
        runs: How many calls it happened to, each in a run of its own; so many calls there were.
        verdict: What the history checker finds wrong, all runs together.
        stories: Of each run that went wrong: what, where, and all that was done.
    """

    operation: str
    fault: str
    runs: int
    verdict: Verdict
    stories: Sequence[str]


@attrs.define
class Run:
    """One run.

    Attributes:
        names: Its sessions.
        events: Its journal.
        met: The call that met the fault; None if the operation was over before.
    """

    names: Names
    events: list[Event]
    met: str | None = None


@attrs.frozen
class Case:
    """What is run.

    Attributes:
        stores: Where; runs follow each other on the same ones, each with sessions of its own.
        operation: What is done.
        planted: Wrong services that all stacks use.
    """

    stores: Stores
    operation: Operation
    planted: Planted | None = None


Act = Callable[[Case, Names, int], Run]
"""Does the operation of a case; the n-th call meets the fault."""


def every_call(case: Case, fault: str, act: Act) -> Injected:
    """Let the first call meet the fault, in another run the second, and so on, until the operation is over before it does."""
    verdict, stories = Verdict(), []
    for nth in range(1, MOST_CALLS):
        label = f"{case.stores.name}: {case.operation.name}, {fault} {nth}"
        run = act(case, Names(f"{label}, one", f"{label}, two", f"{label}, beside"), nth)
        with case.stores.open(planted=case.planted) as stack:
            after = Aftermath(stack, run.names, run.events)
        verdict += after.verdict
        if after.wrong or not after.verdict.is_clean:
            stories.append(_story(f"{label} ({run.met})", run, (*after.verdict.examples, *after.wrong)))
        if run.met is None:
            return Injected(case.operation.name, fault, nth - 1, verdict, stories)
    raise AssertionError(f"{case.operation.name} makes more than {MOST_CALLS} calls")


def _story(head: str, run: Run, wrong: Sequence[str]) -> str:
    told = [
        f"    {event.writer} {event.kind} {event.came} {' '.join(event.texts)} {event.error}"
        for event in run.events
        if event.session in {run.names.one, ""}
    ]
    return "\n".join([head, *(f"  {line}" for line in wrong), *told])


def _acted(case: Case, fault: Fault, nth: int, run: Run, tell: Tell) -> None:
    gate = Gate()
    stack = case.stores.open(gate, planted=case.planted)
    speaker = Speaker(stack, "m", tell)
    speaker.add(run.names.beside, 2)
    case.operation.prepared(speaker, run.names)
    case.stores.clock.advance(0.001)
    gate.arm(fault, nth)
    try:
        case.operation.acted(speaker, run.names)
        stack.close()
    except KilledError:
        tell(Event("died", "done", "", "m"))
    finally:
        gate.disarm()
        run.met = None if gate.met is None else str(gate.met)
        stack.close()


def in_process(fault: Fault) -> Act:
    """Act in this process; a fault that kills ends the operation, and nothing else."""

    def act(case: Case, names: Names, nth: int) -> Run:
        run = Run(names, [])
        _acted(case, fault, nth, run, run.events.append)
        return run

    return act


def interrupted_by(name: str, deed: Deed) -> Act:
    """Act in this process; before the n-th call, somebody else does something to the same session, through a stack of its own."""

    def act(case: Case, names: Names, nth: int) -> Run:
        run = Run(names, [])
        with case.stores.open(planted=case.planted) as stack:
            other = Speaker(stack, "o", run.events.append)
            fault = Fault(name, before=lambda _: deed(other, names))
            _acted(case, fault, nth, run, run.events.append)
        return run

    return act


def after_a_wipe(archived: Deed) -> Act:
    """Act in this process, after all was archived, the hot store lost everything, and the clock stepped back an hour."""

    def act(case: Case, names: Names, nth: int) -> Run:
        run = Run(names, [])
        with case.stores.open(planted=case.planted) as stack:
            speaker = Speaker(stack, "m", run.events.append)
            speaker.add(names.beside, 2)
            case.operation.prepared(speaker, names)
            archived(speaker, names)
        case.stores.wipe()
        case.stores.clock.time -= 3600
        with case.stores.open(planted=case.planted) as stack:
            again = Speaker(stack, "m", run.events.append)
            again.said = speaker.said
            case.operation.acted(again, names)
        run.met = "the first call" if nth == 1 else None  # there is one run to make
        return run

    return act


def in_child(fault: Fault) -> Act:
    """Act in a process of its own, which the fault may end; what it had acknowledged until then comes through a pipe."""

    def act(case: Case, names: Names, nth: int) -> Run:
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn where there are threads; the child uses none
            child = os.fork()
        if not child:
            status = _BROKE
            try:
                os.close(reading)
                _act_as_child(case, fault, nth, Run(names, []), writing)
                status = 0
            except BaseException:  # noqa: BLE001  # a forked child must end here, whatever it met
                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            lines = [json.loads(line) for line in pipe]
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in {0, KILLED}, f"the child ended with {status}"
        run = Run(names, [Event(**line) for line in lines if "met" not in line])
        run.met = next((line["met"] for line in lines if "met" in line), None)
        if status == KILLED:
            run.events.append(Event("died", "done", "", "m"))
        return run

    return act


def _act_as_child(case: Case, fault: Fault, nth: int, run: Run, pipe: int) -> None:
    def tell(line: dict[str, Any]) -> None:
        os.write(pipe, json.dumps(line).encode() + b"\n")

    def telling_first(then: Callable[[PortCall], object]) -> Callable[[PortCall], None]:
        def told(call: PortCall) -> None:
            tell({"met": str(call)})
            then(call)

        return told

    dying = attrs.evolve(fault, before=telling_first(fault.before), after=telling_first(fault.after))
    _acted(case, dying, nth, run, lambda event: tell(attrs.asdict(event)))
