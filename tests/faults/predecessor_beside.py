"""The predecessor beside lixcore: the same messages, sent at the same pace to the same sizes, meet the same fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

import predecessor_process
import redis_faults
from fault_ground import Ground, Site
from fault_rows import LIXCORE, Result, Scenario
from history_checker import check
from worker_record import ARCHIVE, READ, WHOLE

PREDECESSOR = "lix-open-cache 2.1.6"
PACE = 0.003  # seconds between two messages: the predecessor takes two within one millisecond for one
ADDING = {"add": 1}


@attrs.define
class Rival:
    """One of the two systems on a site of its own.

    Attributes:
        excused: What the fault took from both for good.
    """

    site: Site
    is_ours: bool
    excused: set[str] = attrs.Factory(set)

    def send(self, *writers: str, adds: int | None, pace: float = PACE, **more: Any) -> None:
        """Start a process for each writer."""
        kind = "lixcore" if self.is_ours else "predecessor"
        mix = {**ADDING, **more.pop("mix", {})}
        self.site.crew.start(*(self.site.task(name, adds=adds, pace=pace, mix=mix, kind=kind, **more) for name in writers))

    def read(self, of: str) -> list[str]:
        """What the archive holds, or the whole history, as a process of its own reads it."""
        if self.is_ours:
            return self.site.archive_order(self.site.sessions[0], on_damage="skip")
        self.send("reader", adds=0, mix={"history": 1})
        reader = self.site.crew.workers[-1]
        self.site.crew.wait_for(lambda: not reader.is_alive, what="the end of the reader")
        found: list[list[str]] = [line[4] for line in reader.lines if line[0] == READ and line[3] == of]
        return found[0] if found else [f"nothing could be read: {reader.lines[-1:]}"]

    def at_risk(self) -> None:
        """The hot store is gone: excuse what only it held."""
        self.site.crew.drain()
        sent = {one.text for record in self.site.crew.account().sessions.values() for one in record.sent}
        self.excused |= sent - set(self.read(ARCHIVE))

    def judged(self, runs: int) -> Result:
        """What it comes to."""
        if self.is_ours:
            return self.site.judge(runs=runs, excused=self.excused, unbroken=False, evicts=False, on_damage="skip")
        account = self.site.crew.account()
        record = account.session(self.site.sessions[0])
        return Result(check(record.sent, self.read(WHOLE), excused=self.excused), runs, account.raised)


def burst(rival: Rival, adds: int) -> int:
    """One process, as fast as it can."""
    rival.send("w", adds=adds, pace=0.0, is_burst=True)
    rival.site.crew.finish()
    return 1


def four_processes(rival: Rival, adds: int) -> int:
    """Four processes on one session."""
    rival.send("a", "b", "c", "d", adds=adds)
    rival.site.crew.finish()
    return 4


def killed(rival: Rival, adds: int) -> int:
    """One of two processes is killed, again and again."""
    rival.send("a", "b", adds=None)
    for _ in range(adds // 6):
        rival.site.crew.wait_for_lines(rival.site.chance.randrange(1, 20))
        victim = rival.site.chance.choice(rival.site.crew.alive)
        rival.site.crew.kill(victim)
        rival.site.crew.restart(victim)
    rival.site.crew.finish()
    return adds // 6


def wiped(rival: Rival, adds: int) -> int:
    """Redis is emptied half-way; what only Redis held is excused."""
    rival.send("w", adds=adds)
    rival.site.crew.finish()
    with redis_faults.client(rival.site) as client:
        client.flushall()
    rival.at_risk()
    rival.send("x", adds=adds)
    rival.site.crew.finish()
    return 1


def restarted(rival: Rival, adds: int) -> int:
    """Redis, which persists everything, is restarted under two writers."""
    rival.send("a", "b", adds=adds, pace=PACE * 5)
    rival.site.crew.wait_for_lines(adds)
    rival.site.redis.restart()
    rival.site.crew.finish()
    return 1


def full_disk(rival: Rival, adds: int) -> int:
    """No file may grow beyond a limit; later it may."""
    rival.send("w", adds=adds, sabotage={"file_limit": 700})
    rival.site.crew.finish()
    rival.send("x", adds=adds)
    rival.site.crew.finish()
    return 1


def cut_in_half(rival: Rival, adds: int) -> int:
    """The archive file loses its second half; what was in it is excused, and more is added."""
    rival.site.padding = 1500  # so that the file has more than one frame
    rival.send("w", adds=adds * 2)
    rival.site.crew.finish()
    before = rival.read(ARCHIVE)
    (path,) = rival.site.archive_dir.rglob("*.huff")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    left = rival.read(ARCHIVE) if rival.is_ours else before[: len(before) // 2]
    rival.excused |= set(before) - set(left)
    rival.send("x", adds=adds)
    rival.site.crew.finish()
    return 1


def evicted(rival: Rival, adds: int) -> int:
    """The session is moved to the archive, as an idle one is; then Redis keeps nothing of it, its time to live being over."""
    rival.send("w", adds=adds)
    rival.site.crew.finish()
    if rival.is_ours:
        with rival.site.stack() as stack:
            stack.evict_idle(idle_seconds=0)
    else:
        rival.send("evicting", adds=0, mix={"flush": 1})
        rival.site.crew.finish()
    with redis_faults.client(rival.site) as client:
        client.flushall()
    return 1


FAULTS: Mapping[str, tuple[str, Callable[[Rival, int], int]]] = {
    "burst": ("a burst of one process", burst),
    "four-processes": ("four processes on one session", four_processes),
    "killed": ("SIGKILL of one of two processes", killed),
    "wiped": ("Redis wiped half-way", wiped),
    "restarted": ("Redis restarted with its data", restarted),
    "full-disk": ("full disk while overflowing", full_disk),
    "cut-in-half": ("archive file cut in half, then more", cut_in_half),
    "evicted": ("moved to the archive when idle", evicted),
}


def beside(ground: Ground, seed: int, size: Mapping[str, Any], *, fault: Callable[[Rival, int], int], is_ours: bool) -> Result:
    """One system meets one fault."""
    with ground.site("redis", seed, redis=redis_faults.PERSISTENT if fault is restarted else ()) as site:
        site.archive_dir.mkdir(exist_ok=True)
        rival = Rival(site, is_ours)
        return rival.judged(fault(rival, size["adds"]))


SCENARIOS = [
    Scenario(
        name=f"beside-{name}-{'lixcore' if is_ours else 'lix-open-cache'}",
        fault=fault,
        letter="p",
        play=partial(beside, fault=play, is_ours=is_ours),
        ci={"adds": 30},
        nightly={"adds": 30},
        nightly_rounds=4,
        system=LIXCORE if is_ours else PREDECESSOR,
        skip=(lambda: None) if is_ours else predecessor_process.missing,
    )
    for name, (fault, play) in FAULTS.items()
    for is_ours in (True, False)
]
