"""What the process that tries a contract is told, and how it finds the classes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from lixcore.errors import InvalidInputError

FILE: Final = "LIXCORE_CONTRACT_REQUEST"
"""The environment variable that names the file with the request."""


@attrs.frozen(kw_only=True)
class Request:
    """What is to be tried.

    Attributes:
        contract: The contract's class, as ``module:name``.
        adapter: The adapter's class, as ``module:name``; None where the contract names it.
        options: Values for the adapter's options, by name; None leaves them to the contract.
        only: Names of rules, or parts of names; empty for all.
        home: The directory of this run.
        done: Cases that are not to be tried once more, as pytest's ids.
        abandoned: Options of places that an earlier process left, to be erased first.
        only_erase: Whether nothing else is to be done.
        events: The file descriptor to tell events on.
    """

    contract: str
    adapter: str | None
    options: Mapping[str, Any] | None
    only: Sequence[str]
    home: str
    done: Sequence[str] = ()
    abandoned: Sequence[Mapping[str, Any]] = ()
    only_erase: bool = False
    events: int = -1

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_text(json.dumps(attrs.asdict(self)), encoding="ascii")

    @staticmethod
    def taken(path: Path) -> Request:
        """The request that is in a file, which is removed: options may hold a password."""
        text = path.read_text(encoding="ascii")
        path.unlink()
        return Request(**json.loads(text))


def address_of(given: type[Any]) -> str:
    """Where another process finds a class: ``module:name``.

    Raises:
        InvalidInputError: It is inside a function, or in the program itself, or its module has another class of that name.
    """
    address = f"{given.__module__}:{given.__qualname__}"
    if given.__module__ == "__main__":
        raise InvalidInputError(given.__qualname__, "is in the program itself; put it into a module that can be imported")
    try:
        found = class_at(address)
    except (ImportError, AttributeError):
        found = None
    if found is not given:
        raise InvalidInputError(address, "cannot be imported by that name; put the class at the top level of a module")
    return address


def class_at(address: str) -> Any:
    """The class at ``module:name``."""
    module, _, name = address.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
