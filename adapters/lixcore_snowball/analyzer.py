"""The analyzer ``snowball``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain import words as domain
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore_snowball.irregular_english import IRREGULAR
from lixcore_snowball.scripts import LATIN, language_of
from lixcore_snowball.stemmers import stemmer, version
from lixcore_snowball.stop_words import stop_words

_REVISION: Final = 1
"""Goes up with whatever of our own changes what a text is cut into: stop words, irregular forms, scripts."""

_NONE: Final = "none"

_LATIN_LANGUAGES: Final = (
    "english",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "esperanto",
    "estonian",
    "finnish",
    "french",
    "german",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "norwegian",
    "portuguese",
    "romanian",
    "spanish",
    "swedish",
    "turkish",
)

_KEPT_WORDS: Final = 1 << 18
"""How many words, at least, what they become is kept of; twice as many at most, which takes some 100 MB."""

_LONGEST_WORD: Final = 40
"""A longer one is no word of a language; it is not reduced, nor kept."""


@attrs.frozen
class SnowballOptions:
    """The options of `SnowballAnalyzer`."""

    language: str = option(
        "english",
        "Which language's stems and stop words are used for words in Latin letters; none leaves them as they are.",
        choices=(*_LATIN_LANGUAGES, _NONE),
    )


class SnowballAnalyzer:
    """Words by `lixcore.domain.words`, reduced to stems; without words that tell nothing.

    A word's language is told by its script: Russian for Cyrillic, Hindi for Devanagari, Greek, Arabic, Armenian, Tamil; what is
    written in Latin letters is taken for one language, which is an option. A word of another language is reduced like a word of
    that one, in messages and queries alike. Words in other scripts stay as they are.

    Args:
        language: For words in Latin letters; ``none`` leaves them as they are.
    """

    Options: ClassVar[type[Any]] = SnowballOptions

    def __init__(self, language: str = "english") -> None:
        self._identity = f"snowball {_REVISION} {version()} {language}"
        self._reduced = _Reduced(None if language == _NONE else language)

    @classmethod
    def open(cls, options: SnowballOptions, context: AdapterContext) -> Self:
        """Make the analyzer of its options; stemmers are imported when a word first needs one."""
        del context
        return cls(options.language)

    @property
    def identity(self) -> str:
        """See `lixcore.ports.analyzer.Analyzer`."""
        return self._identity

    def words_of(self, text: str) -> Sequence[str]:
        """See the port."""
        return list(filter(None, map(self._reduced.__getitem__, domain.words_of(text))))

    def query_words(self, text: str) -> Sequence[str]:
        """See the port."""
        return list(dict.fromkeys(filter(None, map(self._reduced.__getitem__, domain.query_words(text)))))

    def spans(self, text: str, words: Collection[str]) -> Sequence[tuple[int, int]]:
        """See the port."""
        return domain.spans_of(text, words, self._reduced.__getitem__)


class _Reduced(dict[str, str]):
    """What words become, worked out when it is first asked for; empty for those that tell nothing.

    Any number of threads may ask: two at once work out the same. What was not asked for lately is forgotten, in two generations.
    """

    def __init__(self, latin: str | None) -> None:
        super().__init__()
        self._latin = latin
        self._older: dict[str, str] = {}

    def __missing__(self, word: str) -> str:
        if len(word) > _LONGEST_WORD:
            return word
        reduced = self._older.get(word)
        if reduced is None:
            reduced = self._reduce(word)
        if len(self) >= _KEPT_WORDS:
            self._older = dict(self)
            self.clear()
        self[word] = reduced
        return reduced

    def _reduce(self, word: str) -> str:
        language = language_of(word)
        if language == LATIN:
            language = self._latin
        if language is None:
            return word
        if word in stop_words(language):
            return ""
        if language == "english":
            word = IRREGULAR.get(word, word)
        # A stemmer keeps the word it works on: each thread needs its own.
        return stemmer(language)().stemWord(word) or word
