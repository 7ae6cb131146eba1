"""The rules of the house that import-linter cannot say.

What a room may import at all (an allow-list is shorter than a list of every driver in the world), how long a file may be, and
which names, words and habits have no place. Each check is seen failing here as well.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 300

# Room of the core -> what its modules may import besides the standard library. import-linter orders the rooms further out.
ROOMS = {
    "errors": set[str](),
    "domain": {"attrs", "msgspec", "numpy", "lixcore.domain", "lixcore.errors"},
    "ports": {"attrs", "msgspec", "numpy", "lixcore.domain", "lixcore.errors", "lixcore.ports"},
    "services": {"attrs", "msgspec", "numpy", "lixcore.domain", "lixcore.errors", "lixcore.ports", "lixcore.services"},
    "hooks": {"attrs", "lixcore", "pluggy"},
    "testing": {"attrs", "hypothesis", "lixcore", "msgspec", "numpy", "pytest"},
}
OTHER_ROOMS = {"attrs", "lixcore", "msgspec"}

# What every adapter and plugin may import, and the drivers that are the business of one of them.
OUTER_ROOMS = {"attrs", "msgspec", "numpy", "lixcore.domain", "lixcore.errors", "lixcore.ports"}
DRIVERS = {
    "lixcore_cli": {"click", "lixcore", "rich", "typer"},  # it drives the application through its public names
    "lixcore_duckdb": {"duckdb"},
    "lixcore_huffman": set[str](),
    "lixcore_memory": set[str](),
    "lixcore_policies": {"pluggy"},
    "lixcore_redis": {"redis"},
    "lixcore_snowball": {"snowballstemmer"},
    "lixcore_sqlite": set[str](),
    "lixcore_usearch": {"usearch"},
    "lixcore_zstd": {"backports.zstd", "compression.zstd"},
}


def outer_packages() -> list[Path]:
    return sorted(path.parent for folder in ("adapters", "plugins") for path in (ROOT / folder).glob("*/__init__.py"))


def allowed_in_room_of(module: Path) -> set[str]:
    return ROOMS.get(module.relative_to(ROOT / "lixcore").parts[0].removesuffix(".py"), OTHER_ROOMS)


def imported_names(source: str) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of everything that a module imports, inside functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from lixcore import services` names a module, `from lixcore.errors import LixError` does not: both stay readable.
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def strangers(source: str, allowed: set[str]) -> list[str]:
    """The imports of a module that are neither of the standard library nor, by their dotted beginning, allowed."""
    return [
        f"line {line}: {name}"
        for line, name in imported_names(source)
        if name.split(".", 1)[0] not in sys.stdlib_module_names - {"compression"}
        and not any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)
    ]


def test_rooms_of_the_core_import_only_what_they_may() -> None:
    found = {
        str(path.relative_to(ROOT)): offences
        for path in sorted((ROOT / "lixcore").rglob("*.py"))
        if (offences := strangers(path.read_text(), allowed_in_room_of(path)))
    }
    assert not found


def test_adapters_and_plugins_import_only_ports_and_their_driver() -> None:
    found = {
        str(path.relative_to(ROOT)): offences
        for package in outer_packages()
        for path in sorted(package.rglob("*.py"))
        if (offences := strangers(path.read_text(), OUTER_ROOMS | DRIVERS[package.name] | {package.name}))
    }
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "import redis",
        "from redis import Redis",
        "def f():\n    import duckdb",
        "from lixcore import CacheCoordinator",
        "import lixcore",
        "from lixcore.services.tiers import tiering",
        "from lixcore import services",
        "from .. import services",
        "import lixcore_redis",
        "from compression import zstd",
        "import attrs_impostor",
    ],
)
def test_the_allow_list_can_fail(line: str) -> None:
    assert strangers(line, ROOMS["domain"])


@pytest.mark.parametrize(
    "line", ["import json", "import attrs", "from lixcore.domain.text import checked_text", "import os.path"]
)
def test_the_allow_list_lets_inward_imports_pass(line: str) -> None:
    assert not strangers(line, ROOMS["domain"])


def test_every_outer_package_has_a_row_of_drivers() -> None:
    assert {package.name for package in outer_packages()} == set(DRIVERS)


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for folder in ("lixcore", "adapters", "plugins", "tests")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: size for name, size in sizes.items() if size > MAX_LINES} == {}
    assert len(sizes) > 20, "the files were not found"


def test_names_say_what_lives_there() -> None:
    nameless = {"base", "common", "helper", "helpers", "manager2", "misc", "stuff", "util", "utils"}
    names = [path for folder in ("lixcore", "adapters", "plugins", "tests") for path in (ROOT / folder).rglob("*")]
    assert [str(path) for path in names if path.stem in nameless and "__pycache__" not in path.parts] == []


# A path of somebody's machine, and notes to oneself.
BANNED = re.compile(r"(?<![\w.}/-])/(?:home|root|Users|work)/\w|\b(?:TODO|FIXME|HACK)\b(?!\))")


def written_by_us() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.suffix in {".md", ".toml", ".ini"})
    yield ROOT / ".ci" / "run"
    for folder in ("lixcore", "adapters", "plugins", "tests", "docs"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".md", ".toml"})


def test_no_banned_word_is_written_anywhere() -> None:
    this_file = Path(__file__).resolve()  # it names them
    texts = {path: path.read_text() for path in written_by_us() if path.resolve() != this_file}
    assert [f"{path}: {match.group()}" for path, text in texts.items() for match in BANNED.finditer(text)] == []


@pytest.mark.parametrize("text", ["see /home/ann/notes", "# TODO: later", "open('/work/data')", "FIXME"])
def test_the_banned_words_can_fail(text: str) -> None:
    assert BANNED.search(text)


def swallowed(source: str) -> list[int]:
    """Lines that catch everything and go on: `except Exception` (or wider) without a raise in its body."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]


def forbidden_names(source: str) -> list[str]:
    """Uses of what the house does not use, with their lines."""
    names = {"NotImplementedError", "eval", "exec"}
    return [
        f"line {node.lineno}: {node.id}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and node.id in names
    ]


def sleeps(source: str) -> list[int]:
    """Lines of Python that wait for time to pass by `time.sleep`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            if node.attr == "sleep" and isinstance(node.value, ast.Name) and node.value.id == "time":
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "time" and any(alias.name == "sleep" for alias in node.names):
            found.append(node.lineno)
    return found


THREAD_ENDS = {
    "lixcore/services/events/audience.py",  # counted and told; what a stranger's observer raises is no matter of the work
    "lixcore/services/background.py",  # told with its trace and tried again; a stranger's adapter must not end the thread
    "lixcore/services/upkeep/eviction.py",  # counted and told; a stranger's policy must not keep hot what is over its time
    "lixcore/services/upkeep/retention.py",  # counted and told; a stranger's policy must not keep the janitor from its work
    "lixcore/testing/running/probing.py",  # what is wrong with the store is told by the rule that meets it, run right after
    "lixcore/services/tiers/spiller.py",  # callers meet the error at their next add; a stranger's adapter must not end the thread
}


SPECIFICATION = "lixcore/hooks/spec.py"  # nothing calls what stands there: it says what plugins may implement


def test_nothing_catches_everything_and_goes_on_and_no_power_is_left_unimplemented() -> None:
    sources = {
        path: path.read_text() for folder in ("lixcore", "adapters", "plugins") for path in sorted((ROOT / folder).rglob("*.py"))
    }
    found = {path.relative_to(ROOT).as_posix(): swallowed(text) or forbidden_names(text) for path, text in sources.items()}
    assert {path for path, offences in found.items() if offences} == THREAD_ENDS | {SPECIFICATION}


def test_no_test_sleeps() -> None:
    """Benchmarks may: what they measure may need time to pass."""
    tests = (path for path in sorted((ROOT / "tests").rglob("*.py")) if "benchmarks" not in path.relative_to(ROOT).parts)
    found = {str(path): sleeps(path.read_text()) for path in tests}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_syntax_checks_can_fail() -> None:
    assert swallowed("try:\n    f()\nexcept Exception:\n    pass") == [3]
    assert swallowed("try:\n    f()\nexcept:\n    pass") == [3]
    assert swallowed("try:\n    f()\nexcept Exception:\n    g()\n    raise") == []
    assert forbidden_names("raise NotImplementedError") == ["line 1: NotImplementedError"]
    assert sleeps("import time\ntime.sleep(1)") == [2]
    assert sleeps("from time import sleep") == [1]
