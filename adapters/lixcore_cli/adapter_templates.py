"""The packages that ``lix new-adapter`` can write: one for each port that a store or a codec may fill."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

import attrs

from lixcore_cli.new_package import Names, Package


class Port(Enum):
    """What an adapter can be for, as the command line says it."""

    HOT_STORE = "hot-store"
    COLD_ARCHIVE = "cold-archive"
    CODEC = "codec"
    SIMILARITY_INDEX = "similarity-index"
    EMBEDDING_STORE = "embedding-store"
    ARCHIVE_INDEX = "archive-index"


@attrs.frozen
class _Kind:
    """How the package of a port differs from those of the others.

    Attributes:
        suffix: What its class is called, after the name.
        contract: The contract of the port.
        submodule: The module with the class.
        begins_as: What the generated implementation does, as the rest of a sentence.
        dependencies: What it needs, beside lixcore.
    """

    suffix: str
    contract: str
    submodule: str
    begins_as: str = "keeps everything in the memory of one process"
    dependencies: tuple[str, ...] = ()


_KINDS: Final[Mapping[Port, _Kind]] = MappingProxyType(
    {
        Port.HOT_STORE: _Kind("HotStore", "HotStoreContract", "store"),
        Port.COLD_ARCHIVE: _Kind("Archive", "ColdArchiveContract", "archive"),
        Port.CODEC: _Kind("Codec", "CodecContract", "codec", "compresses with the zlib of the standard library"),
        Port.SIMILARITY_INDEX: _Kind("SimilarityIndex", "SimilarityIndexContract", "index", dependencies=("numpy",)),
        Port.EMBEDDING_STORE: _Kind("EmbeddingStore", "EmbeddingStoreContract", "store"),
        Port.ARCHIVE_INDEX: _Kind("ArchiveIndex", "ArchiveIndexContract", "index", dependencies=("numpy",)),
    }
)


def adapter_package(names: Names, port: Port) -> Package:
    """The package of an adapter."""
    kind = _KINDS[port]
    setting = port.value.replace("-", "_")
    class_name = f"{names.stem}{kind.suffix}"
    return Package(
        names,
        {
            "pyproject.toml": "adapter/pyproject.toml.txt",
            "README.md": "adapter/README.md.txt",
            "src/$module/__init__.py": "adapter/init.py.txt",
            "src/$module/$submodule.py": f"{port.value}/store.py.txt",
            "src/$module/py.typed": "",
            "tests/test_contract.py": "adapter/test_contract.py.txt",
            "tests/test_installed.py": "adapter/test_installed.py.txt",
        },
        {
            **attrs.asdict(names),
            "class_name": class_name,
            "target": f"{names.module}:{class_name}",
            "contract": kind.contract,
            "submodule": kind.submodule,
            "begins_as": kind.begins_as,
            "dependencies": ", ".join(f'"{each}"' for each in ("attrs", "lixcore", *kind.dependencies)),
            "port": port.value,
            "port_words": port.value.replace("-", " "),
            "setting": setting,
            "group": f"lixcore.{setting}",
        },
    )
