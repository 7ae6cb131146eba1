"""Files that are damaged, and places that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lixcore.testing.ground.places import place_options


def ruin_files(directory: Path) -> None:
    """Overwrite every byte of every file below the directory; the test is skipped where there is none."""
    files = [path for path in directory.rglob("*") if path.is_file() and path.stat().st_size]
    if not files:
        pytest.skip("it keeps no files in the test's directory")
    for path in files:
        path.write_bytes(b"\xa5ruined\n" * (path.stat().st_size // 8 + 1))


def bytes_below(directory: Path) -> bytes:
    """What all files below the directory hold, and their names."""
    found = sorted(directory.rglob("*"))
    return b"\n".join([str(path).encode() + b"\n" + (path.read_bytes() if path.is_file() else b"") for path in found])


def unusable_path(tmp_path: Path) -> Path:
    """A path that can neither be read nor made: what should be a directory above it is a file."""
    file = tmp_path / "a file"
    file.write_bytes(b"of somebody else's")
    return file / "below"


def has_path(options: Any) -> bool:
    """Whether some option says in which file or directory the adapter keeps things."""
    return any(facts.place == "path" for facts in place_options(type(options)).values())
