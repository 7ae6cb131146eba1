"""The contract finds what it is for: each of these archive indexes is wrong in one way, and breaks the rule beside it."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from broken.archive_indexes import CASES
from broken.file_archive_index import FileArchiveIndex
from lixcore.testing import ArchiveIndexContract, SettableClock
from lixcore.testing.ground.opening import context_for
from lixcore.testing.ground.places import Place
from lixcore_memory import MemoryArchiveIndex

SINGLE = [(adapter, rule) for adapter, rules in CASES for rule in rules]


def run(adapter: Any, rule: str, directory: Path) -> None:
    """Try one rule on an adapter, with all its parameters."""
    tried: Any = type("Tried", (ArchiveIndexContract,), {"adapter": adapter})
    name = f"test_{rule.replace('-', '_')}"
    test: Callable[..., None] = getattr(tried, name)
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for number, chosen in enumerate(itertools.product(*(_values(mark) for mark in marks))):
        given = {key: value for values in chosen for key, value in values.items()}
        here = directory / str(number)
        here.mkdir(parents=True)
        context = context_for(SettableClock(), here / "archive")
        options = Place(adapter, here).options()
        with ExitStack() as stack:

            def open_index(options: Any = options, context: Any = context, stack: ExitStack = stack) -> Any:
                opened = adapter.open(options, context)
                stack.callback(opened.close)
                return opened

            offered: dict[str, Callable[[], Any]] = {
                "open_index": lambda opened=open_index: opened,  # type: ignore[misc]  # a default has no place for its type
                "index": open_index,
                "tmp_path": lambda here=here: here,  # type: ignore[misc]  # as above
            }
            wanted = [each for each in inspect.signature(test).parameters if each != "self" and each not in given]
            test(tried(), **given, **{each: offered[each]() for each in wanted})


def _values(mark: pytest.Mark) -> Iterator[dict[str, Any]]:
    names, values = mark.args
    names = (names,) if isinstance(names, str) else names
    for value in values:
        yield dict(zip(names, (value,) if len(names) == 1 else value, strict=True))


@pytest.fixture(autouse=True)
def no_shrinking() -> Iterator[None]:
    """Which example fails is of no interest."""
    before = settings.get_current_profile_name()
    settings.register_profile("no shrinking", phases=[Phase.explicit, Phase.generate], report_multiple_bugs=False)
    settings.load_profile("no shrinking")
    yield
    settings.load_profile(before)


@pytest.mark.parametrize(("adapter", "rule"), SINGLE, ids=lambda case: getattr(case, "__name__", case))
def test_a_wrong_index_breaks_its_rule(adapter: Any, rule: str, tmp_path: Path) -> None:
    right = FileArchiveIndex if adapter.capabilities else MemoryArchiveIndex
    run(right, rule, tmp_path / "right")
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:  # it trips over itself in many ways
        run(adapter, rule, tmp_path / "wrong")
    assert not isinstance(caught.value, pytest.skip.Exception)
    assert any(f"archive-index/{rule}" in note for note in caught.value.__notes__)
