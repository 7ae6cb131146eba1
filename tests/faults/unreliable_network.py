"""(c) A proxy between the workers and Redis that drops, cuts and delays what passes, and refuses connections for a while."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import troubled_proxy
from fault_ground import Ground
from fault_rows import Result, Scenario
from redis_faults import a_while
from troubled_proxy import TroubledProxy

MIX = {"add": 40, "context": 6, "history": 1, "evict": 2, "compact": 1, "flush": 1}
TIMEOUT = 0.15  # seconds that workers wait for an answer
KINDS = {
    "dropped-requests": ("drops requests", {troubled_proxy.DROP_REQUEST: 30}),
    "dropped-answers": ("drops answers to what was carried out", {troubled_proxy.DROP_ANSWER: 30}),
    "cut-answers": ("cuts answers in the middle", {troubled_proxy.CUT_ANSWER: 30}),
    "delayed-requests": ("delivers requests after their time-out", {troubled_proxy.DELAY_REQUEST: 15}),
    "delayed-answers": ("delivers answers after their time-out", {troubled_proxy.DELAY_ANSWER: 15}),
    "refused": ("refuses connections for a while", {troubled_proxy.REFUSE: 20}),
    "everything": (
        "does all of that",
        dict.fromkeys(
            (troubled_proxy.DROP_REQUEST, troubled_proxy.DROP_ANSWER, troubled_proxy.CUT_ANSWER, troubled_proxy.REFUSE), 10
        )
        | dict.fromkeys((troubled_proxy.DELAY_REQUEST, troubled_proxy.DELAY_ANSWER), 5),
    ),
}


def through_proxy(
    ground: Ground,
    seed: int,
    size: Mapping[str, Any],
    *,
    odds: Mapping[str, int],
    mode: str = "overflow",
    on_failure: str = "raise",
    retries: int = 3,
) -> Result:
    """Each of the workers' requests may meet its fate."""
    patience: dict[str, Any] = {
        "redis_socket_timeout": TIMEOUT,
        "redis_socket_connect_timeout": TIMEOUT * 4,
        "redis_retries": retries,
    }
    with ground.site("redis", seed, write_mode=mode, on_hot_store_failure=on_failure, **patience) as site:
        site.sessions = ["one", "two"]
        with TroubledProxy(site.redis.port, seed=seed, odds=odds, delay=TIMEOUT * 3) as proxy:
            settings = {**site.settings, "redis_port": proxy.port}
            site.crew.start(*(site.task(f"w{number}", mix=MIX, settings=settings) for number in range(size["workers"])))
            site.crew.wait_for(lambda: sum(proxy.done.values()) >= size["troubles"], what="all troubles", timeout=600)
            proxy.stop_trouble()
            a_while(site)  # and it goes on as if nothing had been
            site.crew.finish()
            proxy.close()
            return site.judge(runs=sum(proxy.done.values()), account=site.account())


SCENARIOS = [
    *(
        Scenario(
            name=f"network-{name}" + "-once" * (retries == 0),
            fault=f"network {fault}" + " (no retries)" * (retries == 0),
            letter="c",
            play=partial(through_proxy, odds=odds, retries=retries),
            ci={"workers": 3, "troubles": 25},
            nightly={"workers": 4, "troubles": 400},
        )
        for name, (fault, odds) in KINDS.items()
        for retries in (3, 0)
    ),
    *(
        Scenario(
            name=f"network-everything-{mode}-{on_failure}",
            fault=f"network does all of that ({mode}, failures: {on_failure})",
            letter="c",
            play=partial(through_proxy, odds=KINDS["everything"][1], mode=mode, on_failure=on_failure),
            ci={"workers": 3, "troubles": 25},
            nightly={"workers": 4, "troubles": 400},
        )
        for mode, on_failure in (("through", "raise"), ("overflow", "archive"))
    ),
]
