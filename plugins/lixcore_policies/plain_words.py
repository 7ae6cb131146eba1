"""Words as they are written."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs

from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.adapter import AdapterContext


@attrs.frozen
class PlainWordsOptions:
    """It has no options."""


class PlainWords(PlainAnalyzer):
    """The analyzer ``plain``: every word counts, in every language, and none is reduced; see `lixcore.domain.words`."""

    Options: ClassVar[type[Any]] = PlainWordsOptions

    @classmethod
    def open(cls, options: PlainWordsOptions, context: AdapterContext) -> Self:
        """Make the analyzer; it needs nothing."""
        del options, context
        return cls()
