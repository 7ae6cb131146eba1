"""The suite finds what it is for: each broken adapter fails the rules that are named for it, and what is right passes them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from broken.every_case import every_case

CASES = list(every_case())


def _classes() -> dict[str, type]:
    found: dict[str, type] = {}
    passed: dict[tuple[type, type], set[str]] = {}
    for case in CASES:
        body: dict[str, Any] = {"adapter": case.adapter, "caught_by": set(case.caught_by), "is_broken": True}
        found[f"Test{case.adapter.__name__}"] = type(f"Test{case.adapter.__name__}", (case.contract,), body)
        passed.setdefault((case.contract, case.right), set()).update(case.caught_by)
    for (contract, right), rules in passed.items():
        name = f"TestRight{right.__name__}"
        found[name] = type(name, (contract,), {"adapter": right, "caught_by": rules})
    return found


globals().update(_classes())


def test_no_two_have_one_name() -> None:
    counted = Counter(case.adapter.__name__ for case in CASES)
    assert {name for name, count in counted.items() if count > 1} == set()


def test_each_says_what_its_bug_is() -> None:
    assert [case.adapter.__name__ for case in CASES if "__doc__" not in vars(case.adapter) or not case.adapter.__doc__] == []
