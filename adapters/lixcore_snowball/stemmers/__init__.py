"""The modules of ``snowballstemmer``, one for each language, such as `lixcore_snowball.stemmers.english_stemmer`.

They are imported from here because that package itself imports all forty of them, which takes a third of a second, or, where it
is installed, PyStemmer in their place, whose version, and so whose words, may be others.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from importlib.util import find_spec
from typing import Protocol

from lixcore.errors import BrokenAdapterError


class Stemmer(Protocol):
    """A class of one of these modules. An object of it may be used by one thread at a time; making one takes no time."""

    def stemWord(self, word: str) -> str:  # noqa: N802  # theirs
        """The stem of a word in lower case."""
        ...


@cache
def stemmer(language: str) -> type[Stemmer]:
    """The stemmer of a language, such as ``english``."""
    found: type[Stemmer] = getattr(import_module(f"{__name__}.{language}_stemmer"), f"{language.capitalize()}Stemmer")
    return found


@cache
def version() -> str:
    """The version of the stemmers.

    Raises:
        BrokenAdapterError: They are not installed.
    """
    try:
        return version_of("snowballstemmer")
    except PackageNotFoundError as error:
        reason = "its stemmers, which lixcore depends on, are not there; install them with: pip install snowballstemmer"
        raise BrokenAdapterError("snowball", "lixcore", reason) from error


_spec = find_spec("snowballstemmer")
__path__ = [] if _spec is None else list(_spec.submodule_search_locations or ())
