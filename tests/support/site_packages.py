"""A directory on ``sys.path`` that distributions are installed into, as pip would: a module and a dist-info directory each."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from lixcore.registry import Registry

if TYPE_CHECKING:
    import pytest


class SitePackages:
    """Installs distributions.

    Args:
        path: The directory; it has to be on ``sys.path`` for what is installed to be found.

    Attributes:
        modules: The names of the modules that were installed, in order.
    """

    numbers = itertools.count()

    def __init__(self, path: Path) -> None:
        self.path = path
        self.modules: list[str] = []

    def install(self, distribution: str, source: str, *registered: str, group: str = "lixcore.hot_store") -> str:
        """Install a distribution with one module, whose name goes where a line of its entry points says ``MODULE``.

        Returns:
            The name of the module.
        """
        module = f"stranger_{next(self.numbers)}"
        self.modules.append(module)
        (self.path / f"{module}.py").write_text(source, encoding="utf-8")
        info = self.path / f"{distribution}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n", encoding="utf-8")
        lines = [f"[{group}]", *(line.replace("MODULE", module) for line in registered)]
        (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
        return module

    def registry(self) -> Registry:
        """The adapters of what is installed here, and of nothing else."""
        return Registry(point for found in distributions(path=[str(self.path)]) for point in found.entry_points)


@contextmanager
def site_packages(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SitePackages]:
    """A directory that is on ``sys.path`` for as long as this lasts; its modules are forgotten afterwards."""
    monkeypatch.syspath_prepend(path)
    site = SitePackages(path)
    yield site
    for module in site.modules:
        sys.modules.pop(module, None)
