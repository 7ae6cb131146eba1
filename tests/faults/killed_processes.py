"""(b) SIGKILL at random instants: of one worker while others go on, of all at once, and of the process that merges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from fault_ground import Ground, Site
from fault_rows import Result, Scenario

BUSY = {"add": 30, "context": 6, "history": 1, "evict": 4, "compact": 2, "flush": 1, "forget": 1}
MERGING = {"compact": 4, "evict": 4, "history": 1}  # moves and merges all the time, and adds nothing itself


def killed_workers(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str, mode: str) -> Result:
    """Random workers die while the others go on; each is replaced by one that goes on where it had come to."""
    with ground.site(hot, seed, write_mode=mode) as site:
        site.sessions = ["one", "two"]
        site.crew.start(*(site.task(f"w{number}", mix=BUSY) for number in range(size["workers"])))
        for _ in range(size["kills"]):
            _wait_a_random_while(site)
            victim = site.chance.choice(site.crew.alive)
            site.crew.kill(victim)
            site.crew.restart(victim)
        site.crew.finish()
        return site.judge(runs=size["kills"])


def killed_with_janitors(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str) -> Result:
    """Each worker's janitor moves whatever it can, all the time; one at a time holds the lease, and may die with it."""
    janitor: dict[str, Any] = {"janitor": True, "janitor_interval_seconds": 0.1, "evict_after_minutes": 0, "hot_max_sessions": 1}
    with ground.site(hot, seed, **janitor) as site:
        site.sessions = ["one", "two", "three"]
        site.crew.start(*(site.task(f"w{number}", mix=BUSY | {"evict": 0}) for number in range(size["workers"])))
        for _ in range(size["kills"]):
            _wait_a_random_while(site)
            victim = site.chance.choice(site.crew.alive)
            site.crew.kill(victim)
            site.crew.restart(victim)
        site.crew.finish()
        return site.judge(runs=size["kills"])


def all_killed(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str) -> Result:
    """All workers die at once, as when their host does."""
    with ground.site(hot, seed) as site:
        site.sessions = ["one", "two"]
        site.crew.start(*(site.task(f"w{number}", mix=BUSY) for number in range(size["workers"])))
        for _ in range(size["kills"]):
            _wait_a_random_while(site)
            victims = site.crew.alive
            site.crew.kill(*victims)
            for victim in victims:
                site.crew.restart(victim)
        site.crew.finish()
        return site.judge(runs=size["kills"] * size["workers"])


def killed_merger(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str) -> Result:
    """The process dies that does nothing but move sessions to the archive and rewrite its files there."""
    with ground.site(hot, seed) as site:
        site.crew.start(*(site.task(f"w{number}", mix={"add": 10, "context": 1}) for number in range(2)))
        (merger,) = site.crew.start(site.task("m", mix=MERGING))
        for _ in range(size["kills"]):
            _wait_a_random_while(site)
            site.crew.kill(merger)
            merger = site.crew.restart(merger)
        site.crew.finish()
        return site.judge(runs=size["kills"])


def _wait_a_random_while(site: Site) -> None:
    """Some lines of their records, then a random part of what comes next."""
    site.crew.wait_for_lines(site.chance.randrange(1, 300))
    for _ in range(site.chance.randrange(100_000)):
        pass


SCENARIOS = [
    *(
        Scenario(
            name=f"killed-workers-{hot}-{mode}",
            fault=f"SIGKILL of a random worker ({hot}, {mode})",
            letter="b",
            play=partial(killed_workers, hot=hot, mode=mode),
            ci={"workers": 3, "kills": 6},
            nightly={"workers": 4, "kills": 60},
        )
        for hot in ("redis", "sqlite")
        for mode in ("overflow", "through")
    ),
    *(
        Scenario(
            name=f"killed-janitors-{hot}",
            fault=f"SIGKILL of a random worker with its janitor ({hot})",
            letter="b",
            play=partial(killed_with_janitors, hot=hot),
            ci={"workers": 3, "kills": 4},
            nightly={"workers": 4, "kills": 60},
        )
        for hot in ("redis", "sqlite")
    ),
    *(
        Scenario(
            name=f"all-killed-{hot}",
            fault=f"SIGKILL of all workers at once ({hot})",
            letter="b",
            play=partial(all_killed, hot=hot),
            ci={"workers": 3, "kills": 3},
            nightly={"workers": 5, "kills": 20},
        )
        for hot in ("redis", "sqlite")
    ),
    *(
        Scenario(
            name=f"killed-merger-{hot}",
            fault=f"SIGKILL of the process that merges ({hot})",
            letter="b",
            play=partial(killed_merger, hot=hot),
            ci={"kills": 6},
            nightly={"kills": 60},
        )
        for hot in ("redis", "sqlite")
    ),
]
