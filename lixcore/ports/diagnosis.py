"""Looking for what will cause trouble, before it does."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Protocol, runtime_checkable

import attrs


class Severity(Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Works, but messages may be lost, or calls be slow, when something else fails."""
    PROBLEM = "problem"
    """Does not work, or loses messages in normal use."""


@attrs.frozen
class Diagnosis:
    """The result of one check.

    Attributes:
        check: What was looked at, in a few words, such as "persistence".
        severity: How bad it is.
        fact: What was seen, with the figure.
        advice: What to do about it; empty when all is well.
    """

    check: str
    severity: Severity
    fact: str
    advice: str = ""


@runtime_checkable
class Diagnoses(Protocol):
    """An optional power of an adapter: checking its store and its own settings."""

    def diagnose(self) -> Iterator[Diagnosis]:
        """Check, harmlessly and within seconds. What cannot be reached is a diagnosis, not an error.

        No diagnosis holds a secret.
        """
        ...
