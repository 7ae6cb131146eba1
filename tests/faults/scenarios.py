"""All faults that are tried, and how one is tried again and again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import clock_jumps
import damaged_files
import full_disk
import injection
import killed_processes
import many_processes
import partial_partitions
import predecessor_beside
import redis_in_trouble
import unreliable_network
import wrong_tiering_checks
from fault_ground import Ground
from fault_rows import Result, Scenario

SCENARIOS: Final[Sequence[Scenario]] = [
    *killed_processes.SCENARIOS,
    *unreliable_network.SCENARIOS,
    *partial_partitions.SCENARIOS,
    *full_disk.SCENARIOS,
    *damaged_files.SCENARIOS,
    *clock_jumps.SCENARIOS,
    *redis_in_trouble.SCENARIOS,
    *many_processes.SCENARIOS,
    *predecessor_beside.SCENARIOS,
    *injection.SCENARIOS,
    *wrong_tiering_checks.SCENARIOS,
]


def tried(
    scenario: Scenario, ground: Ground, *, seed: int = 0, size: Mapping[str, Any], rounds: int = 1, seconds: float = 0
) -> Result:
    """Try a fault so many rounds, and on until so many seconds have passed; each round has a seed of its own."""
    result = Result()
    number, end = 0, time.monotonic() + seconds
    while number < rounds or time.monotonic() < end:
        result += scenario.play(ground, seed + number, size)
        number += 1
    return result
