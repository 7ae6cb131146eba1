"""Trying one rule on one adapter, within the test that asks: its fixtures are made as pytest makes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from lixcore.testing import Contract


def try_rule(contract: type[Contract], adapter: type[Any], test: str, directory: Path, **declared: Any) -> BaseException | None:
    """What the rule says of the adapter: the first error of all its cases; None when it holds.

    Args:
        contract: The contract.
        adapter: The adapter, in a new place for each case.
        test: The name of the rule's method.
        directory: Where its places may be; empty.
        declared: What a subclass of the contract would declare.
    """
    tried = type(f"Try{adapter.__name__}", (contract,), {"adapter": adapter, **declared})
    for number, parameters in enumerate(_cases(getattr(contract, test))):
        try:
            with ExitStack() as stack:
                suite = tried()
                given = _Fixtures(suite, {"tmp_path": directory / str(number), **parameters}, stack)
                given.values["tmp_path"].mkdir(parents=True)
                method = getattr(suite, test)
                method(**{name: given[name] for name in inspect.signature(method).parameters})
        except pytest.skip.Exception:
            raise
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # whatever a test fails by is what was asked for
            return error
    return None


def _cases(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The values of each of its cases, by the names of its parameters."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    choices: list[list[dict[str, Any]]] = []
    for mark in marks:
        names, values = mark.args
        several = not isinstance(names, str)
        choices.append([dict(zip(names, value, strict=True)) if several else {names: value} for value in values])
    for chosen in product(*choices):
        yield {name: value for parameters in chosen for name, value in parameters.items()}


class _Fixtures:
    """The fixtures of a contract: each is made once, of those that it names, and ended by the stack."""

    def __init__(self, suite: Contract, values: dict[str, Any], stack: ExitStack) -> None:
        self._suite = suite
        self._stack = stack
        self.values = values

    def __getitem__(self, name: str) -> Any:
        if name not in self.values:
            make = inspect.unwrap(inspect.getattr_static(type(self._suite), name))
            needed = list(inspect.signature(make).parameters)[1:]
            made = make(self._suite, **{each: self[each] for each in needed})
            if inspect.isgenerator(made):
                self.values[name] = next(made)
                self._stack.callback(next, made, None)
            else:
                self.values[name] = made
        return self.values[name]
