"""The pages, and what tests read from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"

Blocks = Callable[[str], list[tuple[str, str]]]


@pytest.fixture(scope="session")
def page() -> Callable[[str], str]:
    """The text of a page, by its path below ``docs``."""
    return lambda name: (DOCS / name).read_text()


@pytest.fixture(scope="session")
def blocks() -> Blocks:
    """The code blocks of one language on all pages: page and text of each."""

    def of(language: str) -> list[tuple[str, str]]:
        return [
            (path.relative_to(DOCS).as_posix(), block)
            for path in sorted(DOCS.rglob("*.md"))
            for block in re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)
        ]

    return of
