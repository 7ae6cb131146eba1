"""Under which keys the embeddings of URLs are stored."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Final

from lixcore.domain.embedding_record import embedding_key
from lixcore.domain.scope import checked_url
from lixcore.domain.web_address import normal_url
from lixcore.errors import InvalidInputError

KEYS_KEPT: Final = 4096
"""Of how many URLs the keys are kept in the process: those that were asked for last."""

LONGEST_KEPT: Final = 1024
"""Up to how many characters a URL may have for its key to be kept: so all that are kept take a few megabytes, 20 at worst."""


class UrlKeys:
    """The store's keys of URLs, by their normal form; those of URLs asked for before cost next to nothing.

    Safe to share between threads, and across forks.

    Args:
        model: The model whose keys are kept; for others they are made anew each time.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._kept = lru_cache(maxsize=KEYS_KEPT)(partial(_key, model))

    def of(self, url: str, model: str) -> bytes:
        """The key of a URL.

        Raises:
            InvalidInputError: The url is refused.
        """
        if type(url) is str and len(url) <= LONGEST_KEPT and model == self._model:
            return self._kept(url)
        return _key(model, url)

    def of_each(self, urls: Iterable[str], model: str) -> dict[str, bytes]:
        """The key of each URL, in the order in which they are given first.

        Raises:
            InvalidInputError: A url is refused, or they are one text.
        """
        if isinstance(urls, (str, bytes)):
            raise InvalidInputError("urls", "must be several URLs, not one text")
        if model != self._model:
            return {url: _key(model, url) for url in urls}
        kept = self._kept
        return {url: kept(url) if type(url) is str and len(url) <= LONGEST_KEPT else _key(model, url) for url in urls}


def _key(model: str, url: str) -> bytes:
    return embedding_key(model, normal_url(checked_url(url)))
