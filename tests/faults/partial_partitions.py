"""(c) Some of the processes lose Redis for a while, again and again, and the others do not; their clocks are 5 s apart."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from fault_ground import Ground
from fault_rows import Result, Scenario
from redis_faults import a_while
from switched_proxy import SwitchedProxy

MIX = {"add": 30, "context": 6, "history": 1, "evict": 2, "compact": 1, "flush": 1}
CLOCKS = ({"offset": 5.0}, {"offset": -5.0}, {"offset": 0.0})
FAST: Mapping[str, Any] = {"redis_socket_timeout": 2.0, "redis_socket_connect_timeout": 0.5, "redis_retries": 1}


def cut_off(ground: Ground, seed: int, size: Mapping[str, Any], *, away: int, mode: str) -> Result:
    """So many of three workers are cut off, each by itself; the janitor works in all of them."""
    janitor: dict[str, Any] = {"janitor": True, "janitor_interval_seconds": 1.0}
    with ExitStack() as stack:
        site = stack.enter_context(ground.site("redis", seed, write_mode=mode, on_hot_store_failure="archive", **janitor, **FAST))
        site.sessions = ["one", "two"]
        proxies = [stack.enter_context(SwitchedProxy(site.redis.port)) for _ in range(away)]
        ports = [*(proxy.port for proxy in proxies), *[site.redis.port] * (len(CLOCKS) - away)]
        site.crew.start(
            *(
                site.task(f"w{number}", mix=MIX, clock=clock, pace=0.002, settings={**site.settings, "redis_port": port})
                for number, (clock, port) in enumerate(zip(CLOCKS, ports, strict=True))
            )
        )
        for _ in range(size["times"]):
            a_while(site, 200)
            proxy = site.chance.choice(proxies)
            proxy.switch(on=False)
            a_while(site, 600)
            for each in proxies:
                if each is proxy or site.chance.random() < 0.5:  # a coin
                    each.switch(on=True)
        for proxy in proxies:
            proxy.switch(on=True)
        a_while(site)
        site.crew.finish()
        return site.judge(runs=size["times"], account=site.account())


SCENARIOS = [
    Scenario(
        name=f"cut-off-{away}-of-3-{mode}",
        fault=f"{away} of 3 processes without Redis for a while ({mode}, failures: archive)",
        letter="c",
        play=partial(cut_off, away=away, mode=mode),
        ci={"times": 8},
        nightly={"times": 200},
    )
    for away in (1, 2, 3)
    for mode in ("overflow", "through")
]
