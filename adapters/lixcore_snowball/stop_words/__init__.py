"""Words that tell nothing of what is spoken about, by language: a module for each that has any."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from lixcore.domain.words import folded


@cache
def stop_words(language: str) -> frozenset[str]:
    """Those of a language, folded as words of texts are; none where there is no list."""
    name = f"{__name__}.{language}"
    if find_spec(name) is None:
        return frozenset()
    return frozenset(folded(import_module(name).WORDS).split())
