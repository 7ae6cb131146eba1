"""The predecessor, where it is installed."""

from __future__ import annotations

import importlib
from typing import Any

MISSING = "the predecessor is not installed (dependency group `bench`): measured without it"


def predecessor(module: str, name: str) -> Any:
    """A name of one of its modules; None where it is not installed."""
    try:
        found = importlib.import_module(f"lix_open_cache.{module}")
    except ModuleNotFoundError:
        return None
    _silence()
    return getattr(found, name)


def _silence() -> None:
    # It writes a line to the log for each call, which would be measured along and flood the terminal.
    importlib.import_module("loguru").logger.remove()
