"""What pytest collects: the contract, with the adapter in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from lixcore.ports.adapter import AdapterContext
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.places import Place, PlacedBy
from lixcore.testing.running.request import Request, class_at

Tell = Callable[..., None]


class ToldPlace(Place):
    """Says which places there are, so that they can be erased when this process does not live to do it."""

    def __init__(self, adapter: Any, directory: Path, placed_by: PlacedBy, tell: Tell) -> None:
        super().__init__(adapter, directory, placed_by)
        self._tell = tell
        self._number = secrets.token_hex(8)

    def options(self, **settings: Any) -> Any:
        """See `Place`."""
        made = super().options(**settings)
        self._tell("place", number=f"{self._number} {len(self.made)}", options=attrs.asdict(made))
        return made

    def erase(self, context: AdapterContext) -> None:
        """See `Place`."""
        super().erase(context)
        for count in range(len(self.made)):
            self._tell("given_back", number=f"{self._number} {count + 1}")


def collected(request: Request, tell: Tell) -> type[Contract]:
    """The contract's class for the adapter of a request."""
    # So that assertions of a contract that is not ours show their values as well.
    pytest.register_assert_rewrite(request.contract.partition(":")[0])
    contract: type[Contract] = class_at(request.contract)
    names: dict[str, Any] = {"__module__": __name__}
    if request.adapter is not None:
        names["adapter"] = class_at(request.adapter)
    if next(base for base in contract.__mro__ if "place" in vars(base)) is Contract:
        names["place"] = _place(tell)
    if request.options is not None:
        names["options"] = _options(request.options)
    return type("TestContract", (contract,), names)


def _place(tell: Tell) -> Any:
    @pytest.fixture
    def place(self: Contract, tmp_path: Path) -> Place:
        return ToldPlace(self.adapter, tmp_path, self.placed_by, tell)

    return place


def _options(settings: Any) -> Any:
    @pytest.fixture
    def options(self: Contract, place: Place) -> Any:  # noqa: ARG001  # a method
        return place.options(**settings)

    return options
