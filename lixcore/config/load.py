"""Reads what was given: arguments, a TOML file, the environment. What it means is settled in `lixcore.config.resolve`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from lixcore.config.origin import Given, Layer, Origin
from lixcore.registry import nearest

DEFAULT_PREFIX: Final = "LIX"
DEFAULT_FILE: Final = "lixcore.toml"
MAX_FILE_BYTES: Final = 1_048_576
"""How long a configuration file may be."""

RESERVED: Final = frozenset({"CONFIG", "TRACE_HOOKS"})
"""Environment names, after the prefix, that are no settings."""


def checked_prefix(prefix: str) -> str:
    """A prefix of environment names as they are written: in capitals, without underscores around it."""
    return prefix.strip("_").upper()


def from_arguments(arguments: Mapping[str, object]) -> list[Given]:
    """What stands in a call."""
    return [Given(name, value, Origin(Layer.ARGUMENT, f"argument {name}")) for name, value in arguments.items()]


def from_command_line(texts: Mapping[str, str]) -> list[Given]:
    """What stands on a command line: arguments, as texts."""
    return [Given(name, text, Origin(Layer.ARGUMENT, f"--set {name}"), as_text=True) for name, text in texts.items()]


def from_environment(environ: Mapping[str, str], prefix: str) -> list[Given]:
    """What stands in the environment under a prefix.

    Under ``LIX`` every name must be a setting. Another prefix may be shared with the application, and no prefix is shared with
    everybody: there, names that no selected adapter and no core setting has are somebody else's.
    """
    start = f"{prefix}_" if prefix else ""
    strict = prefix == DEFAULT_PREFIX
    found: list[Given] = []
    for variable, value in sorted(environ.items()):
        name = variable.removeprefix(start)
        if not variable.startswith(start) or (start and name in RESERVED):
            continue
        if strict or variable.isupper():
            found.append(Given(name.lower(), value, Origin(Layer.ENVIRONMENT, f"environment {variable}"), strict, as_text=True))
    return found


def file_to_read(path: str | os.PathLike[str] | None, environ: Mapping[str, str], prefix: str) -> Path | None:
    """The file that was named in the call, else in the environment, else ``lixcore.toml`` if there is one here."""
    named = path if path is not None else environ.get(f"{prefix or DEFAULT_PREFIX}_CONFIG")
    if named:
        return Path(named)
    usual = Path(DEFAULT_FILE)
    try:
        usual.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        return usual  # it may be there: reading it tells what is wrong
    return usual


def from_top(path: Path, document: Mapping[str, object]) -> list[Given]:
    """The settings at the top of a file, in no table."""
    return [
        Given(key, value, Origin(Layer.FILE, f"{path}: {key}")) for key, value in document.items() if not isinstance(value, dict)
    ]


def from_document(path: Path, document: Mapping[str, object], adapters: Collection[str], problems: list[str]) -> list[Given]:
    """What a file holds: settings at the top, each adapter's options in a table of its name.

    Args:
        path: The file.
        document: What it holds.
        adapters: The names that a table may have, as `adapter_prefix` gives them.
        problems: Gets a sentence for every other table.
    """
    found: list[Given] = []
    for key, value in document.items():
        prefix = adapter_prefix(key)
        if not isinstance(value, dict):
            found += from_top(path, {key: value})
        elif prefix in adapters:
            found += [
                Given(f"{prefix}_{option}", inner, Origin(Layer.FILE, f"{path}: [{key}] {option}"))
                for option, inner in value.items()
            ]
        else:
            near = nearest(prefix, adapters)
            hint = f"did you mean [{near}]?" if near else "Tables are named after adapters: " + ", ".join(sorted(adapters))
            problems.append(f"[{key}] ({path}): no installed adapter is called {key!r}; {hint}")
    return found


def adapter_prefix(name: str) -> str:
    """What an adapter's name is in the names of its options: ``my-store`` has ``my_store_host``."""
    return name.lower().replace("-", "_")


def document(path: Path, problems: list[str]) -> Mapping[str, object]:
    """What a TOML file holds.

    Args:
        path: The file.
        problems: Gets a sentence for everything that is wrong with the file itself.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        problems.append(f"{path}: the file cannot be read: {error.strerror or error}")
        return {}
    if len(raw) > MAX_FILE_BYTES:
        problems.append(f"{path}: the file is longer than {MAX_FILE_BYTES:,} bytes; is it the right one?")
        return {}
    try:
        return tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        problems.append(f"{path}: the file is not UTF-8 (byte {error.start:,})")
    except ValueError as error:  # of TOML, or of a number with thousands of digits
        problems.append(f"{path}: the file is not TOML: {error}")
    except RecursionError:
        problems.append(f"{path}: the file is nested too deeply")
    return {}
