"""What each eviction policy is good for: uses of sessions whose store has room for a part of them.

``python -m tests.benchmarks.eviction_simulation`` prints, for each workload, the share of uses that found the session hot, and
how much had to be restored. Nothing is stored: sizes, times and policies are all that counts.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, Surplus
from lixcore_policies import GreedyDual, LargestFirst, LeastFrequentlyUsed, LeastRecentlyUsed
from tests.benchmarks.corpus import BESIDE_CHECKOUT

POLICIES: Final[dict[str, Callable[[], Any]]] = {
    "lru": LeastRecentlyUsed,
    "lfu": LeastFrequentlyUsed,
    "largest-first": LargestFirst,
    "gdsf": GreedyDual,
}
USES, WINDOW, ROUND = 60_000, 20, 200
EXPONENT: Final = 0.9
FIXED_SECONDS, SECONDS_PER_BYTE = 0.001, 0.05 / 2**20
CONVERSATIONS: Final = Path(os.environ.get("LIXCORE_DATA", BESIDE_CHECKOUT)) / "conversations.jsonl.gz"


@attrs.define
class Tier:
    """The hot store, as far as it matters here."""

    sizes: Sequence[int]
    last_used: dict[int, float] = attrs.Factory(dict)
    added: dict[int, list[float]] = attrs.Factory(dict)
    held: int = 0
    hits: int = 0
    restored: int = 0
    seconds: float = 0.0

    def size(self, session: int) -> int:
        """What a session takes; those of the scan are like the others."""
        return self.sizes[session % len(self.sizes)]

    def use(self, session: int, now: float) -> None:
        """Add a message to a session, which comes back with the messages that it had."""
        if session in self.last_used:
            self.hits += 1
        else:
            self.held += self.size(session)
            if session in self.added:
                self.restored += self.size(session)
                self.seconds += FIXED_SECONDS + SECONDS_PER_BYTE * self.size(session)
        self.last_used[session] = now
        times = self.added.setdefault(session, [])
        times.append(now)
        del times[:-WINDOW]

    def make_room(self, policy: Any, now: float, capacity: int) -> None:
        """Let those go whom the policy names."""
        candidates = [
            Candidate(SessionKey(str(session)), used, self.size(session), len(self.added[session]), self.added[session][0])
            for session, used in self.last_used.items()
        ]
        for key in policy.victims(candidates, now=now, idle_seconds=1e9, surplus=Surplus(size=self.held - capacity)):
            del self.last_used[int(key.id)]
            self.held -= self.size(int(key.id))


def uses(count: int, *, scan: bool, draw: random.Random) -> Iterator[tuple[float, int]]:
    """When which session is used: a Zipf distribution; with a scan, every fourth one is new and never used again."""
    sessions = list(range(count))
    draw.shuffle(sessions)
    picked = draw.choices(sessions, [1 / (rank + 1) ** EXPONENT for rank in range(count)], k=USES)
    now = 0.0
    for index, session in enumerate(picked):
        now += draw.expovariate(1.0)
        yield now, count + index if scan and index % 4 == 3 else session  # every fourth


def simulated(policy: Any, sizes: Sequence[int], *, scan: bool, share: float) -> Tier:
    """What comes of a policy where there is room for a share of all sessions' bytes."""
    tier = Tier(sizes)
    capacity = int(sum(sizes) * share)
    for index, (now, session) in enumerate(uses(len(sizes), scan=scan, draw=random.Random(1))):  # no secret
        tier.use(session, now)
        if index % ROUND == ROUND - 1 and tier.held > capacity:
            tier.make_room(policy, now, capacity)
    return tier


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def kinds_of_sessions() -> Iterator[tuple[str, Sequence[int]]]:
    """Sessions by the bytes that they take in the hot store."""
    if CONVERSATIONS.exists():
        with gzip.open(CONVERSATIONS) as lines:
            spoken = [json.loads(line)["messages"][-WINDOW:] for line in lines]
        yield "conversations", [512 + sum(160 + len(message["content"].encode()) for message in each) for each in spoken]
    else:
        tell(f"conversations: skipped, no {CONVERSATIONS.name} in {CONVERSATIONS.parent}; LIXCORE_DATA=DIR says where it is")
    draw = random.Random(7)  # as above
    yield "long tail", [int(min(4e6, 2000 * draw.paretovariate(0.9))) for _ in range(5000)]


def main() -> None:
    """Print a table."""
    tell("| sessions | room | policy | hot when used | restored | time of restores |\n|---|---|---|---|---|---|")
    for title, sizes in kinds_of_sessions():
        for scan in (False, True):
            for share in (0.05, 0.2):
                for name, make in POLICIES.items():
                    tier = simulated(make(), sizes, scan=scan, share=share)
                    used = USES * 3 // 4 if scan else USES
                    figures = f"{tier.hits / used:.2f} | {tier.restored / 1e6:,.0f} MB | {tier.seconds:.0f} s"
                    tell(f"| {title}{', scan' * scan} | {share:.0%} | `{name}` | {figures} |")


if __name__ == "__main__":
    main()
