"""Running contracts from programs: whatever an adapter does, there is a report, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crooked_toy import Misplaced, NamedToy, Toy, ToyContract
from lixcore.errors import InvalidInputError
from lixcore.testing.runner import ContractReport, Outcome, RuleResult, run_contract

pytestmark = pytest.mark.share(3)

GOOD = ["toy/it-counts", "toy/what-does", "toy/the-last"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory that nothing may be written into, and a directory for what is temporary that is empty at the end."""
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield work
    assert [path for path in work.rglob("*") if path.suffix != ".py"] == [], "nothing is written into the working directory"
    assert list(temporary.iterdir()) == [], "no place is left"


def run(**more: Any) -> ContractReport:
    given: dict[str, Any] = {"adapter": Toy, "options": {}, "profile": "dev", **more}
    return run_contract(ToyContract, **given)


def result(report: ContractReport, rule: str) -> RuleResult:
    [found] = [each for each in report.results if each.rule == f"toy/{rule}"]
    return found


def test_rules_that_hold_do() -> None:
    report = run(only=GOOD)
    assert report.holds
    assert [each.rule for each in report.passed] == ["toy/it-counts", "toy/the-last-one-is-tried"]
    assert report.capabilities == ("persistent", "shared")
    assert report.adapter == "crooked_toy:Toy"
    assert report.contract == "ToyContract"
    assert report.seconds > 0


def test_a_rule_that_does_not_apply_says_why() -> None:
    found = result(run(only=GOOD), "what-does-not-apply-is-skipped")
    assert found.outcome is Outcome.SKIPPED
    assert found.reason == "it does not apply here"


def test_a_broken_rule_teaches() -> None:
    report = run(only=["counts-far"])
    found = result(report, "it-counts-far")
    assert not report.holds
    assert found.outcome is Outcome.FAILED
    assert found.why == "Numbers may be large."
    assert found.anchor == "docs/reference/contract-rules.md#toy-it-counts-far"
    [failure] = found.failures
    assert failure.seen.startswith("assert 100 == 101")
    assert "number=101" in failure.counter_example, "the smallest one"
    assert "toy.count(number)" in failure.trace


def test_of_many_cases_each_failing_one_is_told() -> None:
    found = result(run(only=["several-cases"]), "of-several-cases-each-is-tried")
    assert [failure.case for failure in found.failures] == ["101", "102"]


def test_configured_options_are_used_and_places_are_not(elsewhere: Path) -> None:
    """The working directory has a file of the configured name, which stays as it is."""
    report = run(only=["counts-far", "several-cases"], options={"limit": 5000})
    assert report.holds
    assert not (elsewhere / "toy.txt").exists()


def test_a_crash_is_a_broken_rule_and_the_others_are_tried() -> None:
    report = run(only=["toy/a-crash", "toy/the-last"], environment={"TOY_CRASHES": "1"})
    assert result(report, "the-last-one-is-tried").outcome is Outcome.PASSED
    [failure] = result(report, "a-crash-is-survived").failures
    assert failure.seen == "the process was ended by SIGSEGV"
    assert "test_a_crash_is_survived" in failure.trace


def test_an_adapter_that_ends_the_process_breaks_the_rule_it_did_that_in() -> None:
    report = run(only=["toy/an-end", "toy/the-last"], environment={"TOY_ENDS": "1"})
    assert result(report, "the-last-one-is-tried").outcome is Outcome.PASSED
    [failure] = result(report, "an-end-is-survived").failures
    assert failure.seen == "the process ended itself with the exit code 0"


def test_an_adapter_that_never_answers_breaks_the_rule_it_did_that_in() -> None:
    report = run(only=["toy/silence", "toy/the-last"], environment={"TOY_HANGS": "1"}, silence_seconds=2.0)
    assert result(report, "the-last-one-is-tried").outcome is Outcome.PASSED
    [failure] = result(report, "silence-is-survived").failures
    assert failure.seen == "it did not end within 2 seconds"


def test_places_of_a_crash_are_erased(tmp_path: Path) -> None:
    root = tmp_path / "server"
    root.mkdir()
    report = run(adapter=NamedToy, options={"root": str(root)}, only=["toy/a-crash"], environment={"TOY_CRASHES": "1"})
    assert len(report.failed) == 1
    assert list(root.iterdir()) == []


def test_a_store_that_is_down_is_told_once(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.touch()
    report = run(options={"gone": str(gone)})
    assert report.obstacle is not None
    assert report.obstacle.kind == "StoreUnavailableError"
    assert report.obstacle.message == "toy://host: connection refused"
    assert report.results == ()
    assert not report.holds


def test_a_store_that_goes_away_is_told_once(tmp_path: Path) -> None:
    report = run(options={"gone": str(tmp_path / "gone")}, only=["goes-away", "the-last"])
    assert report.obstacle is not None
    assert [each.rule for each in report.results] == ["toy/its-server-goes-away"]


def test_the_users_own_pytest_has_no_say(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("conftest.py", "pytest_plugin_of_ours.py"):
        (elsewhere / name).write_text("raise SystemExit('this is not to be imported')\n")
    (elsewhere / "pytest.py.ini.py").write_text("")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_plugin_of_ours")
    monkeypatch.syspath_prepend(str(elsewhere))
    assert run(only=GOOD).holds


def test_progress_is_told_before_each_case() -> None:
    told: list[tuple[str, int, int]] = []
    run(only=["several-cases", "the-last"], progress=lambda rule, before, count: told.append((rule, before, count)))
    several = "toy/of-several-cases-each-is-tried"
    assert told == [(several, 0, 4), (several, 1, 4), (several, 2, 4), ("toy/the-last-one-is-tried", 3, 4)]


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInputError, match="did you mean 'toy/it-counts'"):
        run(only=["it-count5"])


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="dev, ci, nightly"):
        run(profile="quick")


def test_a_class_that_no_other_process_can_import_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="top level of a module"):
        run_contract(Misplaced.contract(), profile="dev")


def test_an_interrupt_ends_it_with_what_was_found_and_no_place_is_left(tmp_path: Path) -> None:
    root = tmp_path / "server"
    root.mkdir()

    def interrupt(rule: str, _before: int, _count: int) -> None:
        if rule == "toy/silence-is-survived":
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    report = run(
        adapter=NamedToy,
        options={"root": str(root)},
        only=[*GOOD[:1], "silence"],
        environment={"TOY_HANGS": "1"},
        progress=interrupt,
    )
    assert report.interrupted
    assert not report.holds
    assert [each.rule for each in report.passed] == ["toy/it-counts"]
    assert list(root.iterdir()) == []


def test_the_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    """Nobody is there to remove the places any more: the process that tries the contract does."""
    program = (
        "import os, signal\n"
        "from crooked_toy import Toy, ToyContract\n"
        "from lixcore.testing.runner import run_contract\n"
        "def die(*_):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "run_contract(ToyContract, Toy, options={}, profile='dev', progress=die)\n"
    )
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    temporary = tmp_path / "temporary"
    watch = threading.Event()
    for _ in range(300):
        if not list(temporary.iterdir()):
            return
        watch.wait(0.1)
    pytest.fail("the places are still there")


def test_the_report_is_plain_values_as_well() -> None:
    document = run(only=["counts-far", "it-counts"]).document()
    assert document["holds"] is False
    assert [each["outcome"] for each in document["results"]] == ["passed", "failed"]
    assert document["results"][1]["failures"][0]["case"] == ""
