"""(a) A fault at every call of a port that an operation makes: the process is killed, the store raises, or somebody else acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from fault_ground import Ground
from fault_kinds import RAISING, end_of_process, end_of_story, killing
from fault_rows import Result, Scenario
from history_checker import Verdict
from injected_operations import ARCHIVING, OPERATIONS, OTHERS, Operation
from injected_runs import Act, Case, Injected, after_a_wipe, every_call, in_child, in_process, interrupted_by
from lasting_stores import HotName, Stores

Family = Literal["killed", "stopped", "raising", "interrupted", "wiped"]

FAMILIES: Final[dict[Family, Mapping[str, Act]]] = {
    "killed": {fault.name: in_child(fault) for fault in killing(end_of_process)},
    "stopped": {fault.name: in_process(fault) for fault in killing(end_of_story)},
    "raising": {fault.name: in_process(fault) for fault in RAISING},
    "interrupted": {name: interrupted_by(name, deed) for name, deed in OTHERS.items()},
    "wiped": {name: after_a_wipe(archived) for name, archived in ARCHIVING.items()},
}
"""What may happen to a call, and how an operation is run that it happens to."""

IN_WORDS: Final[dict[Family, str]] = {
    "killed": "process killed before or after every port call",
    "stopped": "stack abandoned before or after every port call",
    "raising": "store away, cut, full or damaged at every port call",
    "interrupted": "another process acts before every port call",
    "wiped": "hot store wiped, all being archived, and the clock an hour back",
}


def injected(stores: Stores, family: Family, operations: Iterable[Operation] = OPERATIONS) -> Sequence[Injected]:
    """Every fault of a family at every call of some operations."""
    return [
        every_call(Case(stores, operation), name, act)
        for operation in operations
        if family != "interrupted" or not operation.is_exclusive
        for name, act in FAMILIES[family].items()
    ]


def play(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: HotName, family: Family, mode: str) -> Result:  # noqa: ARG001  # nothing is random or sized: it is every call of every operation
    """All operations, on stores of its own."""
    archive: Literal["memory", "huffman"] = "memory" if hot == "memory" else "huffman"
    if hot == "memory":
        return _result(injected(Stores(hot, archive, write_mode=mode), family))
    with ground.site(hot, seed) as site:
        url = site.redis.url(2) if hot == "redis" else None
        stores = Stores(hot, archive, directory=Path(site.directory), redis_url=url, write_mode=mode)
        return _result(injected(stores, family))


def _result(found: Sequence[Injected]) -> Result:
    verdict = sum((one.verdict for one in found), Verdict())
    stories = [story for one in found for story in one.stories]
    if stories and verdict.is_clean:  # no message is wrong, but something else
        raise AssertionError("\n\n".join(stories))
    return Result(verdict, sum(one.runs for one in found))


def _scenario(hot: HotName, family: Family, mode: str, *, ci: bool) -> Scenario:
    return Scenario(
        name=f"injection-{family}-{hot}-{mode}",
        fault=f"{IN_WORDS[family]} ({hot}, {mode})",
        letter="a",
        play=partial(play, hot=hot, family=family, mode=mode),
        ci_rounds=int(ci),
    )


MEMORY_FAMILIES: Final[tuple[Family, ...]] = ("stopped", "raising", "interrupted", "wiped")
"""What needs no process to die, and is tried on stores in memory for every change."""

_FILES_AND_SERVERS: Final[tuple[HotName, ...]] = ("sqlite", "redis")

SCENARIOS: Final = [
    *(_scenario(hot, "killed", mode, ci=mode == "overflow") for hot in _FILES_AND_SERVERS for mode in ("overflow", "through")),
    *(_scenario("memory", family, mode, ci=True) for family in MEMORY_FAMILIES for mode in ("overflow", "through")),
    *(
        _scenario(hot, family, "overflow", ci=False)
        for hot in _FILES_AND_SERVERS
        for family in ("raising", "interrupted", "wiped")
    ),
]
