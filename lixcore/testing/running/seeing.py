"""What a failing rule showed, in few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Final

import pytest

_EXAMPLE: Final = ("Failing test case: ", "Falsifying example: ")
"""How Hypothesis begins; the latter until 6.150."""

_MOST_CHARACTERS: Final = 4000


def failure_of(error: BaseException, report: pytest.TestReport) -> dict[str, str]:
    """The parts of a `lixcore.testing.running.report.Failure`."""
    first = next(_leaves(error))
    return {
        "seen": _cut(_said(first)),
        "counter_example": _cut(_example(getattr(first, "__notes__", ()))),
        "trace": _cut(report.longreprtext),
    }


def skip_reason(error: BaseException) -> str:
    """Why a test was skipped."""
    return str(getattr(error, "msg", None) or error)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group, where Hypothesis found several; else the error itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _said(error: BaseException) -> str:
    """An assertion speaks for itself; of other errors, the kind says most."""
    text = str(error)
    if isinstance(error, AssertionError | pytest.fail.Exception) and text:
        return text
    kind = type(error).__name__
    return f"{kind}: {text}" if text else kind


def _example(notes: Sequence[Any]) -> str:
    lines = [str(note) for note in notes]
    begin = next((at for at, line in enumerate(lines) if line.startswith(_EXAMPLE)), None)
    if begin is None:
        return ""
    # The rule's own note comes after those of Hypothesis, and begins with an empty line.
    example = "\n".join(takewhile(lambda line: not line.startswith("\n"), lines[begin:]))
    return example.partition(": ")[2]


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} …"
