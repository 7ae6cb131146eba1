"""Patterns of one's own, from a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lixcore.errors import InvalidConfigError
from lixcore_policies.personal.kinds import Kind

LARGEST: Final = 1024 * 1024
"""How many bytes the file may have."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def kinds_of_file(path: str, *, option: str) -> Sequence[Kind]:
    """What a TOML file of names and regular expressions declares, in its order.

    Args:
        path: The file.
        option: What it is called in the configuration, for errors.

    Raises:
        InvalidConfigError: It cannot be read, or with each name and pattern that cannot be used.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise InvalidConfigError([f"{option}: {path} has more than {LARGEST:,} bytes"])
        declared = tomllib.loads(data.decode())
    except (OSError, ValueError) as error:  # of TOML and of UTF-8, too
        raise InvalidConfigError([f"{option}: {path} cannot be read: {error}"]) from error
    kinds, problems = [], []
    for name, pattern in declared.items():
        try:
            kinds.append(_kind(name, pattern))
        except (ValueError, re.error) as error:
            problems.append(f"{option}: {path}: {name}: {error}")
    if problems:
        raise InvalidConfigError(problems)
    return kinds


def _kind(name: str, pattern: object) -> Kind:
    if not _NAME.fullmatch(name):
        raise ValueError("a name is a small letter, then small letters, digits, hyphens and underscores, 64 at most")
    if not isinstance(pattern, str):
        raise ValueError(f"is {type(pattern).__name__}; a regular expression as text is expected")  # noqa: TRY004  # told as all
    compiled = re.compile(pattern)
    if compiled.search("") is not None:
        raise ValueError("matches the empty text, so it would be found everywhere")
    return Kind(name, compiled)
