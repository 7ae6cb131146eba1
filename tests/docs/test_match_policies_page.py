"""The examples in the table of rules are refused for the reason of their row, or accepted, as the page says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from lixcore_policies.texts.differences import difference

Page = Callable[[str], str]


def examples(cell: str) -> list[tuple[str, str]]:
    """Within a cell, groups of quoted texts with semicolons between; the first of a group goes with each of the others."""
    groups = [re.findall(r'"(.*?)"', group) for group in cell.split(";")]
    return [(first, other) for first, *others in filter(None, groups) for other in others]


@pytest.fixture
def rows(page: Page) -> list[tuple[str, str, str]]:
    _, _, after = page("reference/match-policies.md").partition("| the texts … | refused | accepted |\n|---|---|---|\n")
    table, _, _ = after.partition("\n\n")
    found: list[tuple[str, str, str]] = []
    for line in table.splitlines():
        why, refused, accepted = (cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|"))
        found.append((why or found[-1][0], refused, accepted))  # a row without a reason goes on with the one above
    assert len(found) == 18
    return found


def test_what_the_page_says_is_refused_is_refused_for_that_reason(rows: list[tuple[str, str, str]]) -> None:
    told = [(why, pair) for why, refused, _ in rows for pair in examples(refused)]
    assert len(told) >= 40
    assert [(difference(*pair), pair) for _, pair in told] == told


def test_what_the_page_says_is_accepted_is_accepted(rows: list[tuple[str, str, str]]) -> None:
    told = [pair for _, _, accepted in rows for pair in examples(accepted)]
    assert len(told) >= 30
    assert [(difference(*pair), pair) for pair in told] == [(None, pair) for pair in told]
