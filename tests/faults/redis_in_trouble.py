"""(g) Redis restarted with and without its data, wiped, out of memory, read-only, paused, refusing, and away for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import redis_faults as faults
from fault_ground import Ground, Site, through_is_missing
from fault_rows import Result, Scenario

MIX = {"add": 40, "context": 6, "history": 1, "evict": 2, "compact": 1, "flush": 1}
CI, NIGHTLY = {"strikes": 2, "workers": 3}, {"strikes": 15, "workers": 4}


def in_trouble(
    ground: Ground,
    seed: int,
    size: Mapping[str, Any],
    *,
    strike: Callable[[Site, faults.Gone], None],
    arguments: Sequence[str] = (),
    loses: bool = False,
    mode: str = "overflow",
    on_failure: str = "raise",
    patience: float = 5.0,
) -> Result:
    """The fault comes again and again while workers go on.

    Args:
        strike: Brings it about.
        arguments: Of the server.
        loses: Whether the server loses data that it had acknowledged.
        patience: How long workers wait for an answer, in seconds.
    """
    settings: dict[str, Any] = {"redis_socket_timeout": patience, "redis_socket_connect_timeout": patience}
    with ground.site("redis", seed, redis=arguments, write_mode=mode, on_hot_store_failure=on_failure, **settings) as site:
        site.sessions = ["one", "two", "three"]
        site.crew.start(*(site.task(f"w{number}", mix=MIX) for number in range(size["workers"])))
        excused: set[str] = set()

        def gone() -> None:
            if loses and mode == "overflow":
                excused.update(site.at_risk())

        for _ in range(size["strikes"]):
            faults.a_while(site, 200)
            strike(site, gone)
        faults.a_while(site, 200)
        site.crew.finish()
        return site.judge(
            runs=size["strikes"],
            excused=excused,
            unbroken=not loses,
            account=site.account(),
        )


def scenario(name: str, fault: str, strike: Callable[[Site, faults.Gone], None], **how: Any) -> Scenario:
    """One fault, as it is listed."""
    mode, on_failure = how.get("mode", "overflow"), how.get("on_failure", "raise")
    return Scenario(
        name=f"redis-{name}-{mode}" + "-archive" * (on_failure == "archive"),
        fault=f"Redis {fault} ({mode}" + ", failures to the archive)" * (on_failure == "archive") + ")" * (on_failure == "raise"),
        letter="g",
        play=partial(in_trouble, strike=strike, **how),
        ci=CI,
        nightly=NIGHTLY,
        skip=through_is_missing if mode == "through" and how.get("loses") else lambda: None,
    )


SCENARIOS = [
    scenario("restarted-with-data", "killed, restarted with its data", faults.killed_and_started, arguments=faults.PERSISTENT),
    *(
        one
        for mode in ("overflow", "through")
        for one in (
            scenario("restarted-empty", "killed, restarted without data", faults.killed_and_started, loses=True, mode=mode),
            scenario(
                "killed-everysec",
                "killed, AOF written every second",
                faults.killed_and_started,
                arguments=faults.EVERY_SECOND,
                loses=True,
                mode=mode,
            ),
            scenario("older-snapshot", "restored from an older snapshot", faults.older_snapshot, loses=True, mode=mode),
            scenario("wiped", "wiped by FLUSHALL", faults.wiped, loses=True, mode=mode),
        )
    ),
    *(
        one
        for on_failure in ("raise", "archive")
        for one in (
            scenario("away", "away for a while", faults.away, arguments=faults.PERSISTENT, on_failure=on_failure),
            scenario("out-of-memory", "out of memory", faults.out_of_memory, on_failure=on_failure),
            scenario("replica", "turned into a replica", faults.replica, on_failure=on_failure),
            scenario("paused", "paused beyond the time-out", faults.paused, patience=0.3, on_failure=on_failure),
            scenario("password", "asks for a password", faults.password_set, on_failure=on_failure),
        )
    ),
    scenario("scripts-flushed", "forgets its scripts", faults.scripts_flushed),
    scenario("clients-killed", "ends all connections", faults.clients_killed),
]
