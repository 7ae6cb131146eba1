"""The pytest plugin of the process that tries a contract: tells how each rule came out, and stops where nothing can be tried."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import configuration

from lixcore.errors import StoreUnavailableError
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.rules import PAGE, Rule, mark_of, rule_name
from lixcore.testing.running.collecting import collected
from lixcore.testing.running.probing import Subject
from lixcore.testing.running.request import FILE, Request
from lixcore.testing.running.seeing import failure_of, skip_reason


class Recorder:
    """Tells what happens in one session of pytest on the file descriptor of the request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._orphaned = False
        self._home = Path(request.home)
        self.contract = collected(request, self.tell)
        self._subject = Subject(self.contract, request.options, self._home)
        self._rules = {rule.test: rule for rule in self.contract.rules()}

    def tell(self, kind: str, **facts: Any) -> None:
        """Write one event; ends the session when nobody listens any more, and is silent from then on."""
        if self._orphaned:
            return
        rest = json.dumps({"kind": kind, **facts}).encode() + b"\n"
        try:
            while rest:
                rest = rest[os.write(self._request.events, rest) :]
        except BrokenPipeError:
            self._orphaned = True
            pytest.exit("nobody listens any more")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what is not asked for, or was tried already."""
        done = set(self._request.done)
        self._unknown = [] if any(map(self._is_wanted, items)) else sorted(rule.name for rule in self._rules.values())
        items[:] = [item for item in items if item.name not in done and self._is_wanted(item)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Clear away what was left, and say what there is to try; do no more where there is no store to try."""
        for options in self._request.abandoned:
            if (problem := self._subject.erase(options)) is not None:
                self.tell("left", message=problem)
        self.tell(
            "begin",
            count=len(session.items),
            capabilities=self._subject.capabilities,
            powers=self._subject.powers,
            unknown=self._unknown,
        )
        if self._request.only_erase or not session.items or self._stands_in_the_way():
            return True
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Say what is tried, before and after."""
        self.tell("trying", case=item.name, rule=self._facts(item))
        result = yield
        self.tell("tried", case=item.name)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell how a case came out: from the call, or from what went wrong before or after it."""
        report = yield
        if call.when == "call" or report.outcome != "passed":
            facts: dict[str, Any] = {"outcome": report.outcome, "seconds": report.duration}
            error = call.excinfo.value if call.excinfo is not None else None
            if report.failed and error is not None:
                facts["failure"] = failure_of(error, report)
            elif report.skipped and error is not None:
                facts["reason"] = skip_reason(error)
            self.tell("result", case=item.name, rule=self._facts(item), **facts)
            # A store that went away fails every rule: that is said once.
            if report.failed and isinstance(error, StoreUnavailableError) and self._stands_in_the_way():
                item.session.shouldstop = "the store is gone"
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Say that everything was given back; or remove it, where nobody is left to do so."""
        try:
            yield
            self.tell("end")
        finally:
            # Giving back fails in a case that was left halfway, so this comes last, whatever came before.
            if self._orphaned:
                shutil.rmtree(self._home, ignore_errors=True)

    def _stands_in_the_way(self) -> bool:
        found = self._subject.obstacle()
        if found is not None:
            self.tell("obstacle", name=found[0], message=found[1])
        return found is not None

    def _is_wanted(self, item: pytest.Item) -> bool:
        name = self._facts(item)["rule"]
        whole = {rule.name for rule in self._rules.values()}
        return not self._request.only or any(only == name if only in whole else only in name for only in self._request.only)

    def _facts(self, item: pytest.Item) -> Mapping[str, str]:
        test = getattr(item, "originalname", item.name)
        rule = self._rules.get(test) or Rule(rule_name(self.contract.prefix, test), test, "")
        return {
            "rule": rule.name,
            "section": _section(self.contract, test),
            "why": rule.instead or rule.why,
            "anchor": f"{PAGE}#{rule.anchor}",
        }


def _section(contract: type[Contract], test: str) -> str:
    """What a rule is about: the name of the module that it was first written in."""
    homes: Sequence[type] = [base for base in contract.__mro__ if mark_of(vars(base).get(test))]
    module = homes[-1].__module__.rpartition(".")[2] if homes else ""
    return "in general" if module in {"contract", ""} else module.replace("_", " ")


def recorder_of_this_process() -> Recorder:
    """The recorder of the request that this process was started with."""
    request = Request.taken(Path(os.environ[FILE]))
    os.set_inheritable(request.events, False)
    # Hypothesis keeps what it found in the working directory, unless told where else.
    configuration.set_hypothesis_home_dir(str(Path(request.home) / "hypothesis"))
    return Recorder(request)
