"""Try faults: ``python -m tests.faults [--scale ci|nightly] [--seconds N] [SCENARIO …]`` from the top of the checkout.

Prints a table, fault by fault; ends with 1 if anything was lost, doubled, reordered or foreign that must not be.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from fault_ground import Ground  # noqa: E402  # found by the line above
from fault_rows import LIXCORE, Row, Scenario, table  # noqa: E402  # as above
from scenarios import SCENARIOS, tried  # noqa: E402  # as above


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="SCENARIO", help="which to try, by name or what it begins with; all when none"
    )
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--scale", choices=("ci", "nightly"), default="ci", help="how much of each")
    parser.add_argument("--seconds", type=float, default=0, help="how long each is tried at least, with ever new seeds")
    parser.add_argument("--seed", type=int, default=0, help="of the first round; the next has the next")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where files are written; the system's temporary directory")
    return parser.parse_args()


def _chosen(names: Sequence[str]) -> Sequence[Scenario]:
    for name in names:
        if not any(scenario.name.startswith(name) for scenario in SCENARIOS):
            sys.exit(f"no scenario begins with {name!r}; --list prints all")
    return [scenario for scenario in SCENARIOS if not names or any(scenario.name.startswith(name) for name in names)]


def main() -> int:
    """Try what was asked for and report it."""
    arguments = _arguments()
    chosen = _chosen(arguments.names)
    if arguments.list:
        sys.stdout.write("".join(f"{scenario.name:44} ({scenario.letter}) {scenario.fault}\n" for scenario in chosen))
        return 0
    rows: list[Row] = []
    skipped: dict[str, str] = {}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="lixcore-faults-", dir=arguments.directory) as directory,
            Ground.opened(Path(directory)) as ground,
        ):
            for scenario in chosen:
                _try(scenario, ground, arguments, rows, skipped)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; what was tried until then:\n")
        return 130
    finally:
        sys.stdout.write(f"\n{table(rows)}\n")
        sys.stdout.writelines(f"not tried: {name}: {reason}\n" for name, reason in skipped.items())
        if arguments.json:
            _write(arguments, rows, skipped)
    return int(any(row.scenario.system == LIXCORE and not row.result.verdict.is_clean for row in rows))


def _try(scenario: Scenario, ground: Ground, arguments: argparse.Namespace, rows: list[Row], skipped: dict[str, str]) -> None:
    if (reason := scenario.skip()) is not None:
        skipped[scenario.name] = reason
        return
    is_ci = arguments.scale == "ci"
    began = time.monotonic()
    sys.stderr.write(f"{scenario.name} … ")
    sys.stderr.flush()
    row = Row(
        scenario,
        tried(
            scenario,
            ground,
            seed=arguments.seed,
            size=scenario.ci if is_ci else scenario.nightly,
            rounds=scenario.ci_rounds if is_ci else scenario.nightly_rounds,
            seconds=arguments.seconds,
        ),
    )
    rows.append(row)
    clean = "clean" if row.result.verdict.is_clean else "NOT CLEAN"
    sys.stderr.write(f"{clean}, {time.monotonic() - began:.1f} s\n")
    sys.stderr.writelines(f"    {example}\n" for example in row.result.verdict.examples)


def _write(arguments: argparse.Namespace, rows: Sequence[Row], skipped: dict[str, str]) -> None:
    machine = {"python": platform.python_version(), "system": platform.platform()}
    found = {"machine": machine, "scale": arguments.scale, "seed": arguments.seed, "rows": [row.plain for row in rows]}
    arguments.json.write_text(json.dumps({**found, "not_tried": skipped}, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
