"""Running a contract from a program, instead of from a test file: `run_contract`.

The contract runs in a process of its own, so that an adapter may print, hang, or bring the whole process down, and the report
says which rule it did that in. Nothing is written into the working directory, and no configuration of pytest is read: no
``conftest.py``, no ini file, no plugin, no ``PYTEST_`` variable.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.errors import InvalidInputError
from lixcore.registry import nearest
from lixcore.testing.ground.rules import PAGE
from lixcore.testing.running.report import ContractReport, Failure, Obstacle, Outcome, RuleResult
from lixcore.testing.running.request import Request, address_of
from lixcore.testing.running.supervision import WatchedProcess, watched
from lixcore.testing.running.tally import Progress, Tally

if TYPE_CHECKING:
    from lixcore.testing.ground.contract import Contract

__all__ = ["ContractReport", "Failure", "Obstacle", "Outcome", "Progress", "RuleResult", "run_contract"]

SILENCE_SECONDS: Final[Mapping[str, float]] = {"dev": 60.0, "ci": 180.0, "nightly": 3600.0}
"""How long one case of a rule may take, by profile, before it counts as one that never ends."""

_MOST_CRASHES: Final = 10
_LAST_STEP_SECONDS: Final = 15.0


def run_contract(
    contract: type[Contract],
    adapter: type[Any] | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    profile: str = "ci",
    only: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    silence_seconds: float | None = None,
    progress: Progress | None = None,
) -> ContractReport:
    """Try the rules of a contract on an adapter, each in a new and empty place that is removed afterwards.

    An interrupt from the keyboard ends it: places are removed, and the report says what was found until then. A second one is
    raised.

    Args:
        contract: The contract: one of `lixcore.testing`, or a subclass. It is at the top level of a module.
        adapter: The class behind the entry point, at the top level of a module as well. None where the contract names it.
        options: Values for the adapter's options, by name. Those that tell a place are replaced: the suite makes places of its
            own. None takes the options that the contract's fixture gives.
        profile: How thoroughly: ``dev``, ``ci`` or ``nightly``.
        only: The rules to try: names, or parts of names; empty for all.
        environment: More environment variables for the process that tries them.
        silence_seconds: How long one case may take; `SILENCE_SECONDS` unless given.
        progress: Told what is tried.

    Raises:
        InvalidInputError: A class cannot be imported by its name, or there is no such profile or rule.
    """
    if profile not in SILENCE_SECONDS:
        raise InvalidInputError("profile", f"must be one of {', '.join(SILENCE_SECONDS)}, not {profile!r}")
    tally = Tally(progress or _unheard)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lixcore-contract-", ignore_cleanup_errors=True) as home:
        request = Request(
            contract=address_of(contract),
            adapter=None if adapter is None else address_of(adapter),
            options=None if options is None else dict(options),
            only=tuple(only),
            home=home,
        )
        run = _Run(
            request,
            {**(environment or {}), "LIXCORE_PROFILE": profile},
            silence_seconds or SILENCE_SECONDS[profile],
            tally,
        )
        run.to_the_end()
    if tally.unknown:
        raise InvalidInputError("rule", _no_rule(contract.__name__, only, tally.unknown))
    return ContractReport(
        adapter=request.adapter or address_of(contract.adapter),
        contract=contract.__name__,
        profile=profile,
        capabilities=tally.capabilities,
        powers=tally.powers,
        results=tuple(tally.results()),
        seconds=round(time.monotonic() - started, 3),
        obstacle=tally.obstacle,
        interrupted=run.interrupted,
        left_behind=tuple(tally.left_behind),
    )


def _no_rule(contract: str, asked: Sequence[str], known: Sequence[str]) -> str:
    tails = {name.partition("/")[2]: name for name in known}
    near = nearest(asked[0], known) or tails.get(nearest(asked[0].partition("/")[2] or asked[0], tails) or "")
    hint = f"did you mean {near!r}?" if near else f"{PAGE} lists all {len(known)}"
    return f"{', '.join(map(repr, asked))} is in the name of no rule of {contract}; {hint}"


def _unheard(_rule: str, _before: int, _count: int) -> None:
    pass


@attrs.define
class _Run:
    """One run, in as many processes as it takes: one more after each that did not live to the end."""

    request: Request
    environment: Mapping[str, str]
    silence: float
    tally: Tally
    interrupted: bool = False

    def to_the_end(self) -> None:
        """Try everything."""
        for _ in range(_MOST_CRASHES):
            if self._one_process(self.request):
                return
            if self.interrupted:
                break
            self.request = attrs.evolve(self.request, done=self.tally.done, abandoned=self.tally.places)
        else:
            self.tally.take(
                {"kind": "obstacle", "name": "", "message": f"{_MOST_CRASHES} processes ended in the middle of a rule"}
            )
        if self.tally.places:
            self._one_process(attrs.evolve(self.request, only_erase=True, abandoned=self.tally.places))

    def _one_process(self, request: Request) -> bool:
        """Try what was not tried; False when the process did not live to the end of it."""
        with watched(Path(request.home), request, self.environment, self.silence) as process:
            try:
                self._listen(process)
            except KeyboardInterrupt:
                self.interrupted = True
                process.interrupt(patience=_LAST_STEP_SECONDS)
                self._listen(process)
            ending = process.ended()
        if self.tally.is_over:
            return True
        seen = f"it did not end within {self.silence:g} seconds" if ending.silent else ending.reason
        if not self.tally.end_of_case(seen, ending.words) and not self.interrupted:
            raise RuntimeError(f"the contract could not be run: {seen}\n{ending.words}")
        return False

    def _listen(self, process: WatchedProcess) -> None:
        for event in process.events():
            self.tally.take(event)
