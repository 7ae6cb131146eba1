"""Places of the suite's own: where an adapter is tried, nothing of anybody's is."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest

from lixcore.ports.adapter import AdapterContext, Capability, ErasesPlace, HasCapabilities
from lixcore.ports.options import KEY, OptionFacts

PlacedBy = Literal["options", "archive_dir", "nothing"]
"""What tells where an adapter keeps things: its options, the directory of the context, or it keeps nothing."""

_USUAL = frozenset({Capability.PERSISTENT, Capability.SHARED})


def capabilities_of(adapter: Any) -> frozenset[Capability]:
    """What an adapter's class declares; persistent and shared, as most stores are, where it declares nothing."""
    return frozenset(adapter.capabilities) if isinstance(adapter, HasCapabilities) else _USUAL


def place_options(options: type[Any]) -> dict[str, OptionFacts]:
    """The options that tell where an adapter keeps things, by name."""
    declared = {field.name: field.metadata.get(KEY) for field in attrs.fields(options)}
    return {name: facts for name, facts in declared.items() if isinstance(facts, OptionFacts) and facts.place}


def fresh_options(options: Any, directory: Path) -> Any:
    """The same options, but for another place: new names, and paths in ``directory``, which is there and empty.

    Options that tell nothing of a place stay as they are, such as the address of a server.
    """
    chosen: dict[str, str] = {}
    for name, facts in place_options(type(options)).items():
        if facts.place == "name":
            chosen[name] = f"lixtest{secrets.token_hex(6)}"
        else:
            usual = attrs.fields_dict(type(options))[name].default
            chosen[name] = str(directory / f"{name}{Path(usual).suffix if isinstance(usual, str) else ''}")
    return attrs.evolve(options, **chosen)


class Place:
    """Makes options of places where nothing is stored yet, and erases what it made when a test is over.

    Args:
        adapter: The class behind the entry point.
        directory: Where paths may be.
        placed_by: What tells where such an adapter keeps things.
    """

    def __init__(self, adapter: Any, directory: Path, placed_by: PlacedBy = "options") -> None:
        self._adapter = adapter
        self._directory = directory
        self._placed_by = placed_by
        self._made: list[Any] = []

    def options(self, **settings: Any) -> Any:
        """Options of a new place, and otherwise as given: ``place.options(url=url)``. Each call makes another place."""
        declared = place_options(self._adapter.Options)
        if chosen := sorted(declared.keys() & settings.keys()):
            pytest.fail(
                f"the option {chosen[0]!r} says where the adapter keeps things: the suite sets it, a test does not", pytrace=False
            )
        if not declared and self._placed_by == "options" and capabilities_of(self._adapter) & _USUAL:
            name = self._adapter.__name__
            pytest.fail(
                f"where {name} keeps things is not known, and it must not be tried where somebody's data may be. Declare the"
                f' option that tells it, as in `path: str = option(…, place="path")`; or override the fixture `options` to give'
                f" an empty place; or, if it keeps nothing beyond its own object, say `capabilities = frozenset()` in {name}",
                pytrace=False,
            )
        self._directory.mkdir(parents=True, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix="place-", dir=self._directory))
        self._made.append(fresh_options(self._adapter.Options(**settings), directory))
        return self._made[-1]

    @property
    def made(self) -> Sequence[Any]:
        """The options of all places so far."""
        return tuple(self._made)

    def erase(self, context: AdapterContext) -> None:
        """Remove what the places hold, where the adapter can; paths go with the test's directory."""
        if isinstance(self._adapter, ErasesPlace):
            for options in self._made:
                self._adapter.erase(options, context)
