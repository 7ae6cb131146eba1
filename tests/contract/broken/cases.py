"""A wrong adapter, and the rule that must catch it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs

from lixcore.testing import Contract

Test: TypeAlias = Callable[..., None]


@attrs.frozen
class Case:
    """A wrong adapter.

    Attributes:
        adapter: It, at the top level of a module. It says in one line what its author had in mind where its name does not.
        tests: The rules that must catch it, as methods of the contract. Others may catch it as well.
    """

    adapter: type[Any]
    tests: Sequence[Test]


def case(adapter: type[Any], *tests: Test) -> Case:
    """A wrong adapter, and the rules that must catch it, each by itself."""
    return Case(adapter, tests)


@attrs.frozen
class Port:
    """The wrong adapters of a port.

    Attributes:
        name: Its name, as the contract's rules begin.
        contract: What catches them.
        right: Right ones, such as those that they were made of: the rules that catch the wrong ones hold for them, each for one
            at least, and otherwise do not apply.
        cases: Them.
    """

    name: str
    contract: type[Contract]
    right: Sequence[type[Any]]
    cases: Sequence[Case]
