"""The harness finds what it is for: each of these services is wrong in one way, and is caught by the check named beside it."""

from __future__ import annotations

import pytest

from wrong_tiering_checks import CAUGHT, Caught, looked_for


@pytest.mark.parametrize("caught", CAUGHT, ids=lambda caught: caught.wrong.__name__)
def test_a_wrong_tiering_is_caught(caught: Caught) -> None:
    right, wrong = looked_for(caught, planted=False), looked_for(caught, planted=True)
    assert right.verdict.is_clean
    assert not right.stories
    assert right.runs
    assert getattr(wrong.verdict, caught.field), f"not caught: {wrong.verdict}"
