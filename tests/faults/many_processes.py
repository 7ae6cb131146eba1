"""(h) Many processes, and many threads, on one session and on many: adding, reading, evicting and forgetting at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from fault_ground import Ground
from fault_rows import Result, Scenario

# Reading and evicting costs far more than adding, so that most of a run would be that.
MIX = {"add": 400, "context": 20, "history": 1, "evict": 2, "flush": 2, "compact": 1, "forget": 1}


def processes(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str, mode: str = "overflow") -> Result:
    """So many processes work on so many sessions."""
    with ground.site(hot, seed, write_mode=mode, hot_window_size=20, spill_batch_size=20) as site:
        count = size.get("sessions", 1)
        site.sessions = [f"session {number}" for number in range(count)]
        # In a session of a thousand the others of an eviction are what costs: everything is idle at once.
        mix = MIX if count < 100 else MIX | {"evict": 0, "context": 60}
        tasks = [site.task(f"w{number}", adds=size["adds"], mix=mix) for number in range(size["processes"])]
        if count >= 100:
            tasks += [site.task("evicting", mix={"evict": 1, "context": 20})]
        site.crew.start(*tasks)
        site.crew.wait_for(
            lambda: sum(w.is_alive for w in site.crew.workers[: size["processes"]]) == 0, what="the end", timeout=3600
        )
        site.crew.finish()
        return site.judge(runs=size["processes"])


def threads(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str) -> Result:
    """So many threads of one process share a stack."""
    with ground.site(hot, seed, hot_window_size=20, spill_batch_size=20) as site:
        site.sessions = [f"session {number}" for number in range(size["sessions"])]
        site.crew.start(site.task(*(f"t{number}" for number in range(size["threads"])), adds=size["adds"], mix=MIX))
        site.crew.finish(timeout=3600)
        return site.judge(runs=size["threads"])


SCENARIOS = [
    *(
        Scenario(
            name=f"{count}-processes-one-session-{hot}",
            fault=f"{count} processes on one session ({hot})",
            letter="h",
            play=partial(processes, hot=hot),
            ci={"processes": count, "adds": 10 if count == 30 else 60},
            nightly={"processes": count, "adds": 1000},
        )
        for hot in ("redis", "sqlite")
        for count in (2, 30)
    ),
    Scenario(
        name="30-processes-one-session-through",
        fault="30 processes on one session (redis, through)",
        letter="h",
        play=partial(processes, hot="redis", mode="through"),
        ci={"processes": 30, "adds": 5},
        nightly={"processes": 30, "adds": 300},
    ),
    *(
        Scenario(
            name=f"30-processes-many-sessions-{hot}",
            fault=f"30 processes over many sessions ({hot})",
            letter="h",
            play=partial(processes, hot=hot),
            ci={"processes": 30, "adds": 10, "sessions": 100},
            nightly={"processes": 30, "adds": 1000, "sessions": 1000},
        )
        for hot in ("redis", "sqlite")
    ),
    *(
        Scenario(
            name=f"32-threads-{hot}",
            fault=f"32 threads of one process ({hot})",
            letter="h",
            play=partial(threads, hot=hot),
            ci={"threads": 32, "adds": 20, "sessions": 3},
            nightly={"threads": 32, "adds": 500, "sessions": 20},
        )
        for hot in ("redis", "sqlite")
    ),
]
