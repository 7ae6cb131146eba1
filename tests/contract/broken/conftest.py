"""Runs, of the contract of a broken adapter, just the rules that must catch it, and turns them round: one that passes fails.

A class with the attribute ``caught_by`` has only those rules; one with ``is_broken`` is to fail all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from lixcore.testing.ground import profiles
from lixcore.testing.ground.rules import PAGE, rule_name


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No failing example need be made shorter, the same are tried every time, and threads take turns often."""
    monkeypatch.setenv(profiles.WITHOUT, "shrinking")
    monkeypatch.setenv(profiles.PROFILE, "ci")  # that of third parties, in which each is to be caught
    usual = settings.get_current_profile_name()
    settings.register_profile("the same examples", derandomize=True, database=None)
    settings.load_profile("the same examples")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)
    settings.load_profile(usual)


def _rules_of(cls: Any) -> set[str]:
    return {name.partition("[")[0] for name in cls.caught_by}


def pytest_pycollect_makeitem(collector: Any, name: str) -> list[pytest.Item] | None:
    """Leave out the rules that are not named. An answer that is not None ends pytest's own search."""
    cls: Any = getattr(collector, "obj", None)
    if name.startswith("test_") and hasattr(cls, "caught_by") and rule_name(cls.prefix, name) not in _rules_of(cls):
        return []
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the parameters that are not named."""
    left_out = [item for item in items if isinstance(item, pytest.Function) and not _is_wanted(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_wanted(item: pytest.Function) -> bool:
    cls: Any = item.cls
    if not hasattr(cls, "caught_by") or not hasattr(item, "callspec"):
        return True
    return f"{rule_name(cls.prefix, item.originalname)}[{item.callspec.id}]" in cls.caught_by


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Let a broken adapter fail."""
    cls = pyfuncitem.cls
    if not getattr(cls, "is_broken", False):
        return (yield)
    name = rule_name(cls.prefix, pyfuncitem.originalname)
    try:
        yield
    except pytest.skip.Exception:
        raise
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # whatever the bug leads to
        told = "\n".join(error.__notes__)
        assert f"breaks the rule {name}\nWhy it matters: " in told
        assert f"{PAGE}#{name.replace('/', '-')}" in told
        return True  # type: ignore[return-value]  # it was called
    pytest.fail(f"{name} passes, and {cls.adapter.__name__} is broken: {cls.adapter.__doc__}", pytrace=False)
