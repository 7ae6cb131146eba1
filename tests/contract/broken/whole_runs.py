"""Running whole contracts on all broken adapters, and what came of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import attrs

from broken.case import Broken
from broken.every_case import every_case
from lixcore.testing.ground.profiles import WITHOUT
from lixcore.testing.runner import run_contract

ENDED = "(it could not be tried)"


@attrs.frozen
class Found:
    """What came of one broken adapter.

    Attributes:
        port: What the names of its contract's rules begin with.
        adapter: Its name.
        named: The rules that must catch it.
        caught_by: The rules that did.
        sections: What those are about.
        seconds: How long the whole contract took.
        trouble: What kept it from being tried to the end; empty when nothing did.
    """

    port: str
    adapter: str
    named: Sequence[str]
    caught_by: Sequence[str]
    sections: Sequence[str]
    seconds: float
    trouble: str = ""

    @property
    def is_caught(self) -> bool:
        """Whether any rule caught it."""
        return bool(self.caught_by)


def all_cases() -> Iterator[Broken]:
    """Every broken adapter of every port once; those that are there again for a second rule are left out."""
    for case in every_case():
        if not case.adapter.__name__.endswith("InAHistory"):
            yield case


def run_all(
    cases: Sequence[Broken], *, profile: str, without: Sequence[str], processes: int, told: Callable[[Found, int], None]
) -> list[Found]:
    """Run the whole contract of each, so many at once; in the order of the cases."""
    found: dict[str, Found] = {}
    with ThreadPoolExecutor(processes) as pool:
        waiting = [pool.submit(_run, case, profile, without) for case in cases]
        for future in as_completed(waiting):
            one = future.result()
            found[one.adapter] = one
            told(one, len(found))
    return [found[case.adapter.__name__] for case in cases]


def _run(case: Broken, profile: str, without: Sequence[str]) -> Found:
    """In a process of its own; a failing example is not made shorter, as nobody reads it."""
    parts = ",".join(["shrinking", *without])
    report = run_contract(
        case.contract,
        case.adapter,
        options={},
        profile=profile,
        environment={WITHOUT: parts, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    trouble = "" if report.obstacle is None else f"{report.obstacle.kind}: {report.obstacle.message}"
    return Found(
        case.contract.prefix,
        case.adapter.__name__,
        [rule.partition("[")[0] for rule in case.caught_by],
        [result.rule for result in report.failed] or ([ENDED] if trouble else []),
        sorted({result.section for result in report.failed}),
        report.seconds,
        trouble,
    )


def line_of(found: Found) -> str:
    """A line of the table."""
    rules = [rule.partition("/")[2] or rule for rule in found.caught_by]
    first = [rule.partition("/")[2] for rule in found.named if rule in found.caught_by] or rules
    more = f" and {len(rules) - 1} more" if len(rules) > 1 else ""
    by = f"{first[0]}{more}" if rules else "NOT CAUGHT"
    return f"{found.port:17} {found.adapter:42} {found.seconds:6.1f} s  {by}"


def sums_of(found: Sequence[Found]) -> list[str]:
    """How many were caught, by port; by how many rules; and in what time."""
    lines: list[str] = []
    for port in dict.fromkeys(one.port for one in found):
        own = [one for one in found if one.port == port]
        caught = sum(one.is_caught for one in own)
        lines.append(f"{port:17} {caught} of {len(own)} caught, {sum(one.seconds for one in own):.0f} s")
    lines.append(
        f"{'all':17} {sum(one.is_caught for one in found)} of {len(found)} caught, {sum(s.seconds for s in found):.0f} s"
    )
    alone = [one for one in found if len(one.caught_by) == 1]
    lines.append(f"by one rule alone: {len(alone)}")
    lines += [f"  {rule}: {count}" for rule, count in Counter(one.caught_by[0] for one in alone).most_common()]
    sections = Counter(section for one in found for section in one.sections)
    lines.append("by what the rules are about: " + ", ".join(f"{section} {count}" for section, count in sections.most_common()))
    unnamed = [one.adapter for one in found if one.is_caught and not set(one.named) <= set(one.caught_by)]
    lines.append(f"not by each rule that is named for it: {', '.join(unnamed) or 'none'}")
    lines.append(f"not caught: {', '.join(one.adapter for one in found if not one.is_caught) or 'none'}")
    return lines


def document_of(found: Sequence[Found]) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "adapters": [attrs.asdict(one) for one in found],
        "caught": sum(one.is_caught for one in found),
        "count": len(found),
        "seconds": round(sum(one.seconds for one in found), 1),
        "processors": os.cpu_count(),
    }
