"""The harness itself: it must see a planted bug through real processes, leave none of them behind, and end as it says."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import predecessor_beside
from fault_ground import Ground
from fault_rows import LIXCORE, Result, Row, table
from history_checker import Outcome, Verdict
from scenarios import SCENARIOS
from worker_record import Account, text_of

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.faults"]
NAMES = [scenario.name for scenario in SCENARIOS]


def test_an_archive_that_forgets_is_found_out(ground: Ground) -> None:
    """Every third append reports success and stores nothing."""
    with ground.site("redis", 1) as site:
        site.crew.start(*(site.task(f"w{number}", adds=40, sabotage={"forgets": 3}) for number in range(2)))
        site.crew.finish()
        verdict = site.judge(runs=1).verdict
    assert verdict.lost > 0
    assert any(example.startswith("lost: 'w") for example in verdict.examples)


def test_a_hot_store_that_is_wiped_is_found_out_unless_that_is_excused(ground: Ground) -> None:
    with ground.site("redis", 1) as site:
        site.crew.start(site.task("w", adds=40, mix={"add": 1}))
        site.crew.finish()
        site.redis.restart()
        risk = site.at_risk()
        assert risk
        assert site.judge(runs=1, unbroken=False, evicts=False).verdict.lost >= len(risk)
        excused = site.judge(runs=1, excused=risk, unbroken=False, evicts=False).verdict
    assert excused.is_clean
    assert excused.excused == len(risk)


def test_what_a_killed_process_was_doing_is_unknown() -> None:
    account = Account.of([[["sending", "s", "w", "w.0"], ["acknowledged", "s", "w", "w.0"], ["sending", "s", "w", "w.1"]]])
    assert [one.outcome for one in account.session("s").sent] == [Outcome.ACKNOWLEDGED, Outcome.UNKNOWN]


def test_a_killed_process_leaves_a_true_record(ground: Ground) -> None:
    """It was writing without pause; every line that arrived is whole, and its messages are numbered without a gap."""
    with ground.site("sqlite", 1) as site:
        (worker,) = site.crew.start(site.task("w", mix={"add": 1}))
        site.crew.wait_for_lines(50)
        site.crew.kill(worker)
        assert not worker.has_finished
        sending = [line[3] for line in worker.lines if line[0] == "sending"]
        assert sending == [f"w.{number}" for number in range(len(sending))]
        again = site.crew.restart(worker)
        site.crew.wait_for_lines(10)
        assert again.lines[0][3] == f"w.{len(sending)}"


def test_texts_differ_between_sessions_and_messages() -> None:
    texts = {text_of(session, f"w.{number}", 60) for session in ("one", "two") for number in range(50)}
    assert len(texts) == 100


def test_names_differ_and_the_predecessor_stands_beside_lixcore() -> None:
    assert len(set(NAMES)) == len(NAMES)
    pairs = [scenario.fault for scenario in predecessor_beside.SCENARIOS]
    assert pairs[::2] == pairs[1::2]


def test_the_table_is_aligned() -> None:
    rows = [Row(SCENARIOS[0], Result(Verdict(acknowledged=12_345, excused=3), runs=7, raised={"add: X": 2}))]
    head, rule, line = table(rows).splitlines()
    assert len(head) == len(rule) == len(line)
    assert line.split()[-8:] == ["7", "12345", "0", "0", "0", "0", "2", "3"]


def test_the_command_tries_what_it_is_told_and_writes_the_figures(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    ran = subprocess.run(  # noqa: S603  # ours
        [*COMMAND, "--json", str(file), "--directory", str(tmp_path), "killed-merger-sqlite"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "SIGKILL of the process that merges (sqlite)" in ran.stdout
    (row,) = json.loads(file.read_text())["rows"]
    assert row["scenario"] == "killed-merger-sqlite"
    assert row["system"] == LIXCORE
    assert row["acknowledged"] > 0
    assert row["lost"] == 0


def test_an_unknown_scenario_is_refused() -> None:
    ran = subprocess.run([*COMMAND, "no-such"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    assert ran.returncode == 1
    assert "no scenario begins with 'no-such'" in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupt", "kill"])
def test_no_process_is_left_when_it_is_interrupted_or_killed(tmp_path: Path, number: signal.Signals) -> None:
    """The workers' pipes are closed with the last of them; after a kill, so is the nursery's, which then kills its workers."""
    command = [*COMMAND, "--directory", str(tmp_path), "--seconds", "1000", "killed-merger-sqlite"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603  # ours
    assert process.stderr is not None
    assert b"killed-merger-sqlite" in process.stderr.read(22)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while not (nursery := children.read_text().split()):
        assert process.poll() is None
    grandchildren = Path(f"/proc/{nursery[0]}/task/{nursery[0]}/children")
    while not grandchildren.read_text():
        assert process.poll() is None
    process.send_signal(number)
    rest = process.stderr.read()  # ends when nobody has it open any more: not the process, not the nursery, not a worker
    process.stderr.close()
    assert process.wait() == (130 if number is signal.SIGINT else -signal.SIGKILL), rest
