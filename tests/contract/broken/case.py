"""What is known of an adapter that is wrong in one way."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import attrs

from lixcore.testing import Contract


@attrs.frozen
class Broken:
    """An adapter with one bug that a real author would make, and who must find it.

    Attributes:
        adapter: The class; its docstring says what its author thought, or what happens.
        contract: The contract that finds it.
        caught_by: The rules that must fail, such as ``hot-store/a-closed-store-says-so``; with the id of its parameters in
            brackets where a rule has some, such as ``codec/a-mebibyte-comes-back[skewed]``.
        right: The adapter that is right where this one is wrong, and passes the same rules.
    """

    adapter: type[Any]
    contract: type[Contract]
    caught_by: Sequence[str]
    right: type[Any]


def broken(contract: type[Contract], adapter: type[Any], *rules: str, right: type[Any] | None = None) -> Broken:
    """A broken adapter; rules without the contract's prefix. What is right is its last base, unless another one is named."""
    known = {rule.name for rule in contract.rules()}
    names = [f"{contract.prefix}/{rule}" for rule in rules]
    assert names, f"{adapter.__name__} must be caught by a rule"
    unknown = {name for name in names if name.partition("[")[0] not in known}
    assert not unknown, f"no such rules: {sorted(unknown)}"
    vars(sys.modules[adapter.__module__]).setdefault(adapter.__name__, adapter)  # one made in a function is found there as well
    return Broken(adapter, contract, names, right or adapter.__bases__[-1])
