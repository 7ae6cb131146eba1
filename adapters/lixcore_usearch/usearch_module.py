"""Where USearch comes from: an extra of lixcore, imported when an index is opened."""

from __future__ import annotations

from typing import Any

from lixcore.errors import MissingExtraError


def usearch_index_class() -> Any:
    """Return the class ``usearch.index.Index``.

    Raises:
        MissingExtraError: USearch is not installed.
    """
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtraError("the similarity index 'usearch'", module="usearch", extra="usearch") from error
    return Index


def usearch_version() -> str:
    """The version of USearch that is installed; graphs of another one are built anew."""
    import usearch

    return str(usearch.__version__)
