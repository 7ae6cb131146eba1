"""Where adapters are tried: where nothing of anybody's is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.options import option
from lixcore.testing import Place, SettableClock
from lixcore.testing.ground.opening import context_for
from lixcore.testing.ground.places import capabilities_of, fresh_options


@attrs.frozen
class PlacedOptions:
    path: str = option("./data/toy.sqlite3", "A file.", place="path")
    beside: str | None = option(None, "Another file.", place="path")
    prefix: str = option("toy", "What keys begin with.", place="name")
    url: str = option("toy://localhost", "The server.")


class Placed:
    Options: ClassVar[type[Any]] = PlacedOptions
    erased: ClassVar[list[Any]] = []

    @classmethod
    def erase(cls, options: Any, context: AdapterContext) -> None:  # noqa: ARG003  # of the port
        cls.erased.append(options)


class Placeless:
    @attrs.frozen
    class Options:
        url: str = option("toy://localhost", "The server.")


class InMemory(Placeless):
    capabilities = frozenset[Capability]()


def test_a_fresh_place_has_new_paths_and_names_and_nothing_else(tmp_path: Path) -> None:
    configured = PlacedOptions(path="/srv/real.sqlite3", prefix="real", url="toy://elsewhere")
    fresh, other = fresh_options(configured, tmp_path), fresh_options(configured, tmp_path)
    assert Path(fresh.path).parent == Path(fresh.beside).parent == tmp_path
    assert fresh.path.endswith(".sqlite3")
    assert len({fresh.path, fresh.beside, str(tmp_path)}) == 3
    assert fresh.prefix != other.prefix
    assert fresh.prefix.isalnum()
    assert fresh.url == "toy://elsewhere"


def test_each_call_makes_another_place_and_all_are_erased(tmp_path: Path) -> None:
    place = Place(Placed, tmp_path)
    one, other = place.options(url="toy://one"), place.options()
    assert one.path != other.path
    assert Path(one.path).parent.is_dir()
    assert one.url == "toy://one"
    place.erase(context_for(SettableClock(), tmp_path))
    assert Placed.erased == [one, other]


def test_what_tells_the_place_is_not_set_by_a_test(tmp_path: Path) -> None:
    """The place would be erased when the test is over, and may be somebody's."""
    place = Place(Placed, tmp_path)
    with pytest.raises(pytest.fail.Exception, match="the option 'prefix' says where the adapter keeps things"):
        place.options(prefix="production")
    assert not place.made


def test_a_store_that_keeps_things_nobody_knows_where_is_not_tried(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="where Placeless keeps things is not known"):
        Place(Placeless, tmp_path).options()
    assert Place(Placeless, tmp_path, "archive_dir").options() == Placeless.Options()
    assert Place(InMemory, tmp_path).options() == Placeless.Options()


def test_a_store_that_declares_nothing_is_persistent_and_shared() -> None:
    assert capabilities_of(Placeless) == {Capability.PERSISTENT, Capability.SHARED}
    assert capabilities_of(InMemory) == frozenset()
