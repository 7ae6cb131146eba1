"""Adapters that exist for these tests only, registered by two distributions that exist for them only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs
import pytest

from lixcore.errors import InvalidConfigError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.registry import Registry


class Opens:
    Options: ClassVar[type[Any]]

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> Self:
        raise NotImplementedError


@attrs.frozen
class RedisOptions:
    host: str = option("localhost", "The server.")
    port: int = option(6379, "Its port.", at_least=1, at_most=65_535)
    db: int = option(2, "The database.", at_least=0, alias="session_redis_db")
    password: str | None = option(None, "The password.", secret=True)
    connect_timeout: float = option(5.0, "In seconds.", at_least=0.001)
    keepalive: bool = option(True, "Whether to keep connections alive.")
    url: str | None = option(None, "Everything in one.")


class RedisHotStore(Opens):
    Options = RedisOptions


@attrs.frozen
class RedisIndexOptions:
    host: str = option("localhost", "The server.")
    index_db: int = option(0, "The database of the index.", at_least=0, alias="semantic_redis_db")


class RedisIndex(Opens):
    Options = RedisIndexOptions


@attrs.frozen
class NoOptions:
    pass


class MemoryHotStore(Opens):
    Options = NoOptions


@attrs.frozen
class ArchiveOptions:
    level: int = option(6, "How hard to try.", at_least=0, at_most=9)


class HuffArchive(Opens):
    Options = ArchiveOptions


class HuffmanCodec(Opens):
    Options = NoOptions


def refuse_odd(_: Any, __: Any, value: str) -> None:
    if value.startswith("very odd"):
        raise InvalidConfigError([f"picky_token is {value}", "and more"])
    if value.startswith("odd"):
        raise ValueError(f"{value} is odd")


@attrs.frozen
class PickyOptions:
    token: str = attrs.field(default="even", validator=refuse_odd, metadata=dict(attrs.fields(RedisOptions).password.metadata))


class PickyStore(Opens):
    Options = PickyOptions


@attrs.frozen
class UntypedOptions:
    names: list[str] = option((), "Several.")  # noqa: RUF009  # the mistake under test


class UntypedStore(Opens):
    Options = UntypedOptions


@attrs.frozen
class OtherHuffmanOptions:
    level: int = option(6, "How hard to try.", at_least=0, at_most=99)


class OtherHuffmanCodec(Opens):
    Options = OtherHuffmanOptions


class FakeDistribution(Distribution):
    def __init__(self, name: str, entry_points: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"}
        lines: list[str] = []
        for group, adapters in entry_points.items():
            lines += [f"[lixcore.{group}]", *(f"{adapter} = {__name__}:{value}" for adapter, value in adapters.items())]
        self._texts["entry_points.txt"] = "\n".join(lines)

    def read_text(self, filename: str) -> str | None:
        return self._texts.get(filename)

    def locate_file(self, path: Any) -> Any:
        return Path(path)


def first_party() -> Iterator[EntryPoint]:
    yield from FakeDistribution(
        "lixcore-fakes",
        {
            "hot_store": {"redis": "RedisHotStore", "memory": "MemoryHotStore"},
            "cold_archive": {"huffman": "HuffArchive"},
            "codec": {"huffman": "HuffmanCodec"},
        },
    ).entry_points


def strangers() -> Iterator[EntryPoint]:
    yield from FakeDistribution(
        "strangers",
        {
            "hot_store": {"picky": "PickyStore", "broken": "Missing", "untyped": "UntypedStore", "my-store": "RedisHotStore"},
            "similarity_index": {"redis": "RedisIndex"},
            "codec": {"other": "OtherHuffmanCodec"},
        },
    ).entry_points


def clashing() -> Iterator[EntryPoint]:
    yield from FakeDistribution("others", {"codec": {"other": "OtherHuffmanCodec"}}).entry_points
    yield from FakeDistribution(
        "lixcore-fakes", {"cold_archive": {"huffman": "HuffArchive"}, "hot_store": {"redis": "RedisHotStore"}}
    ).entry_points
    yield from FakeDistribution("clashing", {"codec": {"huffman": "OtherHuffmanCodec"}}).entry_points


@pytest.fixture
def registry() -> Registry:
    """What lixcore itself would register."""
    return Registry(first_party())


@pytest.fixture
def crowded() -> Registry:
    """The same, with a stranger's adapters, some of them broken."""
    return Registry([*first_party(), *strangers()])


@pytest.fixture
def clash() -> Registry:
    """Two adapters of one name that declare an option differently."""
    return Registry(clashing())
