"""Run every contract, whole, against every adapter that is wrong: ``python -m tests.contract.broken`` at the top of the checkout.

Prints by which rules each was caught, and in what time; ends with 1 if one was not. With ``--without`` it shows which bugs only
the hostile ids find, or only the state machines: those runs are meant to miss some, and end with 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from broken.whole_runs import Found, all_cases, document_of, line_of, run_all, sums_of  # found by the line above

_PARTS = ("hostile-ids", "state-machine")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.contract.broken", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ADAPTER", help="which to try, by the names of their classes; all when none")
    parser.add_argument("--port", action="append", default=[], help="only those of this port, such as hot-store; may be repeated")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("hostile-ids", "state-machine"),
        help="leave this part of the suite out",
    )
    parser.add_argument("--profile", default="ci", choices=("dev", "ci", "nightly"), help="how much is tried")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="how many are tried at once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser.parse_args()


def main() -> int:
    """Try what was asked for and report it."""
    asked = _arguments()
    cases = [
        case
        for case in all_cases()
        if (not asked.port or case.contract.prefix in asked.port) and (not asked.names or case.adapter.__name__ in asked.names)
    ]
    if not cases:
        sys.exit("there is no such port or adapter")
    started = time.monotonic()

    def told(found: Found, done: int) -> None:
        sys.stdout.write(f"{done:4}/{len(cases)}  {line_of(found)}\n")
        if found.trouble:
            sys.stdout.write(f"           {found.trouble}\n")
        sys.stdout.flush()

    found = run_all(cases, profile=asked.profile, without=asked.without, processes=asked.processes, told=told)
    left_out = f" without {' and '.join(asked.without)}" if asked.without else ""
    elapsed = f"{time.monotonic() - started:.0f} s"
    sys.stdout.write("\n".join(["", f"Profile {asked.profile}{left_out}, {elapsed} in all:", *sums_of(found), ""]))
    if asked.json is not None:
        asked.json.write_text(json.dumps({**document_of(found), "without": asked.without}, indent=1) + "\n", encoding="utf-8")
    return 0 if asked.without or all(one.is_caught for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
