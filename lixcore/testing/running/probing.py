"""What is tried, and whether there is a store to try it on: asked at first, and when a rule fails because no store is there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lixcore import ports
from lixcore.errors import ConfigError, LixError, StoreRefusedError, StoreUnavailableError
from lixcore.ports.adapter import ErasesPlace, HasCapabilities
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.opening import context_for
from lixcore.testing.ground.places import Place, capabilities_of

_NOTHING_TO_TRY = (StoreUnavailableError, StoreRefusedError, ConfigError, ConnectionError, TimeoutError)
"""What no rule is about: the store is down, the password is wrong, the driver is missing."""


class Subject:
    """The adapter of a contract.

    Args:
        contract: The contract's class, with the adapter in it.
        settings: Options that the adapter is opened with, besides those of its place; None where the contract has its own.
        home: Where directories for what is tried here may be made.
    """

    def __init__(self, contract: type[Contract], settings: Mapping[str, Any] | None, home: Path) -> None:
        self._contract = contract
        self._adapter = contract.adapter
        self._settings = settings
        self._home = home

    @property
    def capabilities(self) -> Sequence[str]:
        """What the adapter declares, or is taken to be."""
        return sorted(each.value for each in capabilities_of(self._adapter))

    @property
    def powers(self) -> Sequence[str]:
        """The optional powers that its methods show, by name."""
        return sorted(protocol.__name__ for protocol in _protocols() if isinstance(self._adapter, protocol))

    def obstacle(self) -> tuple[str, str] | None:
        """Open the adapter in a new place and ask it one thing; the error's kind and text where that shows no store to try."""
        if self._settings is None:
            return None  # only a test's own fixture knows where such an adapter is tried
        home = Path(tempfile.mkdtemp(prefix="probe-", dir=self._home))
        place = Place(self._adapter, home, self._contract.placed_by)
        context = context_for(SettableClock(), home / "archive")
        try:
            store = self._adapter.open(place.options(**self._settings), context)
            try:
                _ask(store)
            finally:
                if hasattr(store, "close"):
                    store.close()
                place.erase(context)
                shutil.rmtree(home, ignore_errors=True)
        except _NOTHING_TO_TRY as error:
            return type(error).__name__, str(error)
        except pytest.fail.Exception as failed:
            return "InvalidInputError", str(failed)
        except Exception:  # noqa: BLE001  # whatever else is wrong with it, a rule says so
            return None
        return None

    def erase(self, options: Mapping[str, Any]) -> str | None:
        """Remove a place that an earlier process left; returns what may still be there, None when nothing is."""
        adapter: object = self._adapter
        if not isinstance(adapter, ErasesPlace):
            return None  # then it is a path, and goes with the directory of the run
        context = context_for(SettableClock(), self._home / "archive")
        try:
            adapter.erase(self._adapter.Options(**options), context)
        except LixError as error:
            return str(error)
        return None


def _ask(store: Any) -> None:
    """Something that costs little and changes nothing, whatever port it is."""
    if callable(sessions := getattr(store, "sessions", None)):
        next(iter(sessions()), None)
    elif callable(measure := getattr(store, "measure", None)):
        measure()


def _protocols() -> Iterator[Any]:
    """Every optional power that there is: the ports' protocols that can be asked for at run time."""
    for module in pkgutil.iter_modules(ports.__path__, f"{ports.__name__}."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if getattr(found, "_is_runtime_protocol", False) and found.__module__ == module.name and found is not HasCapabilities:
                yield found
