"""Checks an environment that has the base installation of lixcore alone; `tox -e core` runs it, without pytest.

Exits with what is wrong, or prints one line.
"""

from __future__ import annotations

import re
import sys

# What costs time to import, and what may not be installed.
OPTIONAL = {"backports.zstd", "backports-zstd", "duckdb", "hypothesis", "pytest", "rich", "typer", "usearch"}
LATE = {"duckdb", "importlib.metadata", "numpy", "pluggy", "redis", "rich", "snowballstemmer", "sqlite3", "typer", "usearch"}
OUTSIDE = re.compile(r"lixcore_\w+")


def main() -> None:
    before = set(sys.modules)
    import lixcore

    pulled = set(sys.modules) - before
    if late := sorted(name for name in pulled if name in LATE or OUTSIDE.fullmatch(name)):
        sys.exit(f"`import lixcore` imports {', '.join(late)}")
    for name in getattr(lixcore, "__all__", []):
        getattr(lixcore, name)  # what is public works without any extra

    from lixcore.errors import MissingExtraError

    try:
        import lixcore.testing  # it is there, and says what it needs
    except MissingExtraError as error:
        if error.extra != "testing":
            raise
    else:
        sys.exit("lixcore.testing is imported without pytest and Hypothesis")

    import importlib.metadata  # only now: it is one of those that lixcore should not import

    required = [line for line in importlib.metadata.requires("lixcore") or [] if "extra ==" not in line]
    wanted = {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in required}
    installed = {found.name.lower() for found in importlib.metadata.distributions()}
    if missing := wanted - installed:
        sys.exit(f"the base installation lacks {sorted(missing)}")
    if optional := installed & OPTIONAL:
        sys.exit(f"this environment has more than the base installation: {sorted(optional)}")
    print(f"lixcore {lixcore.__version__}: {len(wanted)} dependencies, {len(pulled)} modules for `import lixcore`")  # noqa: T201


if __name__ == "__main__":
    main()
