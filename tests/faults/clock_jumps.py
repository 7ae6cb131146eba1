"""(f) Clocks of the application's hosts: they step back an hour and ahead a day, and differ by seconds.

Redis takes the time from its own host, where no test can set it back; only the clocks of the processes are wrong here. With
SQLite those are all the clocks there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fault_ground import Ground
from fault_rows import Result, Scenario

MIX = {"add": 40, "context": 6, "history": 1, "evict": 4, "compact": 1, "flush": 1, "forget": 1}
JUMPS: Sequence[Mapping[str, float]] = [{"jumps_every": 15}] * 3
APART: Sequence[Mapping[str, float]] = [{"offset": 0.0}, {"offset": 5.0}]


def wrong_clocks(
    ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str, clocks: Sequence[Mapping[str, float]], mode: str = "overflow"
) -> Result:
    """One worker for each clock."""
    with ground.site(hot, seed, write_mode=mode) as site:
        site.sessions = ["one", "two"]
        site.crew.start(
            *(site.task(f"w{number}", adds=size["adds"], mix=MIX, clock=clock) for number, clock in enumerate(clocks))
        )
        site.crew.finish(timeout=3600)
        return site.judge(runs=len(clocks))


SCENARIOS = [
    Scenario(
        name=f"clock-{name}-{hot}",
        fault=f"{fault} ({hot})",
        letter="f",
        play=partial(wrong_clocks, hot=hot, clocks=clocks),
        ci={"adds": 150},
        nightly={"adds": 3000},
    )
    for name, fault, clocks in (
        ("jumps", "clocks step back an hour and ahead a day", JUMPS),
        ("apart", "clocks of two processes 5 s apart", APART),
    )
    for hot in ("redis", "sqlite")
]
