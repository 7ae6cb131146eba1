"""The directory of an index, and which generation of it counts.

::

    current               the version of the layout, and the name of the generation that counts; replaced as a whole
    adding, committing    locks: of the one that adds or merges, and of whoever changes the catalogue for a moment
    g-<name>/             a generation: all that the index holds since it was last cleared
        catalogue.sqlite  what there is: see `catalogue`
        <part>.<kind>     files of parts: see `part_files`; they never change

To clear is to begin another generation, so it works whatever is wrong with this one.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lixcore.errors import InvalidInputError
from lixcore_duckdb.failures import damaged
from lixcore_duckdb.file_locks import locked
from lixcore_duckdb.plain_files import plain_file

VERSION: Final = 1
_HEAD: Final = "lixcore archive index"
_MOST_BYTES: Final = 200


class IndexDirectory:
    """The directory; nothing is touched before the first call.

    Args:
        path: Where it is.
        busy_timeout: How long to wait for other holders of its locks, in seconds.

    Raises:
        InvalidInputError: The path is empty: that would be the working directory.
    """

    def __init__(self, path: str, *, busy_timeout: float) -> None:
        if not path:
            raise InvalidInputError("duckdb_path", "is empty; DuckdbOptions.beside gives one")
        self.path = Path(path).expanduser().absolute()  # now: the working directory may change
        self._timeout = busy_timeout

    def current(self) -> Path | None:
        """The generation that counts; None where nothing was ever added.

        Raises:
            CorruptDataError: The file that says it is damaged, or of a version that is not known.
        """
        try:
            with plain_file(self.path / "current") as (handle, _):
                return self._generation_in(os.read(handle, _MOST_BYTES))
        except FileNotFoundError:
            return None

    def begin_generation(self) -> Path:
        """Make another generation, which counts once `choose` says so."""
        generation = self.path / f"g-{secrets.token_hex(8)}"
        generation.mkdir(mode=0o700)
        return generation

    def choose(self, generation: Path) -> None:
        """Let this generation count, and remove all others; both locks are held."""
        new = self.path / f"{generation.name}.new"
        new.write_text(f"{_HEAD} {VERSION}\n{generation.name}\n", encoding="ascii")
        current = self.path / "current"
        if current.is_dir() and not current.is_symlink():  # somebody's mistake, which no file can take the place of
            shutil.rmtree(current)
        new.replace(current)
        for path in self.path.glob("g-*"):
            if path != generation:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)  # whoever reads there begins again; what is left goes next time
                else:
                    path.unlink(missing_ok=True)

    def stored_bytes(self) -> int:
        """How long all of its files are together."""
        total = 0
        for path in self.path.rglob("*"):
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # it was merged meanwhile
                continue
        return total

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Be the only one that adds, merges or clears."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.path / "adding", timeout=self._timeout):
            yield

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Be the only one that changes the catalogue, for a moment; `adding` is taken first by those who need both."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.path / "committing", timeout=self._timeout):
            yield

    def _generation_in(self, said: bytes) -> Path:
        lines = said.decode("ascii", "replace").split("\n")
        head, _, version = lines[0].rpartition(" ")
        if head == _HEAD and version.isdigit() and int(version) != VERSION:
            raise damaged(self.path / "current", f"is of version {version}, and this lixcore knows version {VERSION}")
        name = lines[1] if len(lines) > 1 else ""
        if head != _HEAD or version != str(VERSION) or not name.startswith("g-") or not name[2:].isalnum():
            raise damaged(self.path / "current", "is damaged")
        return self.path / name
