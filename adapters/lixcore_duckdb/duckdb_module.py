"""Where DuckDB comes from: an extra of lixcore, imported when an index is first opened."""

from __future__ import annotations

from types import ModuleType

from lixcore.errors import MissingExtraError


def duckdb_module() -> ModuleType:
    """Return the module ``duckdb``.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError("the archive index 'duckdb'", module="duckdb", extra="duckdb") from error
    return duckdb
