"""How much is tried: ``LIXCORE_PROFILE`` is ``dev`` (seconds), ``ci`` (the default) or ``nightly`` (as long as it takes)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from lixcore.errors import InvalidInputError

PROFILE: Final = "LIXCORE_PROFILE"
WITHOUT: Final = "LIXCORE_WITHOUT"
"""Parts of the suite to leave out, with commas between them: an experiment that shows which bugs only they find."""

PARTS: Final = ("hostile-ids", "state-machine", "shrinking")
_SCALES: Final = {"dev": 0.25, "ci": 1.0, "nightly": 20.0}
_SHRINKING: Final = {"dev": 5.0, "ci": 8.0, "nightly": 120.0}
# Stores on disk and behind sockets take their time; and a fixture's store is emptied, or told apart, by each example itself.
_PATIENCE: Final = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture)


def profile() -> str:
    """The profile's name.

    Raises:
        InvalidInputError: There is no such profile.
    """
    name = os.environ.get(PROFILE, "ci")
    if name not in _SCALES:
        raise InvalidInputError(PROFILE, f"is {name!r}; the profiles are {', '.join(_SCALES)}")
    return name


def scaled(count: int) -> int:
    """How many the profile makes of what is ``count`` in ``ci``: a quarter in ``dev``, twenty times as many in ``nightly``."""
    return max(1, round(count * _SCALES[profile()]))


def left_out(part: str) -> bool:
    """Whether the environment asks for a run without this part of the suite, one of `PARTS`.

    Raises:
        InvalidInputError: It asks for a run without something that there is not.
    """
    parts = [name for name in os.environ.get(WITHOUT, "").split(",") if name]
    for name in parts:
        if name not in PARTS:
            raise InvalidInputError(WITHOUT, f"names {name!r}; what can be left out is {', '.join(PARTS)}")
    return part in parts


def examples(count: int) -> settings:
    """Settings for a property of so many examples in ``ci``: put them over the ``@given`` of a function in the test."""
    return settings(
        max_examples=scaled(count),
        deadline=None,
        report_multiple_bugs=False,
        phases=_phases(settings().phases),
        suppress_health_check=_PATIENCE,
    )


def run_machine(machine: type[RuleBasedStateMachine], *, histories: int = 60, steps: int = 30) -> None:
    """Run so many random histories of calls, of so many steps; a failing one is made shorter for as long as that is quick."""
    if left_out("state-machine"):
        pytest.skip(f"left out by {WITHOUT}")
    chosen = settings(
        max_examples=scaled(histories),
        stateful_step_count=steps,
        deadline=None,
        report_multiple_bugs=False,
        phases=_phases((Phase.explicit, Phase.generate, Phase.shrink)),
        suppress_health_check=_PATIENCE,
    )
    with _bounded_shrinking():
        run_state_machine_as_test(machine, settings=chosen)


def _phases(usual: Collection[Phase]) -> list[Phase]:
    """These, but for what the environment asks to leave out."""
    left = {Phase.shrink, Phase.explain} if left_out("shrinking") else set()
    return [phase for phase in usual if phase not in left]


@contextmanager
def _bounded_shrinking() -> Iterator[None]:
    """Hypothesis takes up to five minutes to shorten a history, longer than a test may; it has no setting for that."""
    from hypothesis.internal.conjecture import engine

    usual = getattr(engine, "MAX_SHRINKING_SECONDS", None)
    if usual is None:  # another version of Hypothesis: it is slower, and finds the same
        yield
        return
    setattr(engine, "MAX_SHRINKING_SECONDS", _SHRINKING[profile()])  # noqa: B010  # nothing that its types promise
    try:
        yield
    finally:
        setattr(engine, "MAX_SHRINKING_SECONDS", usual)  # noqa: B010  # as above
