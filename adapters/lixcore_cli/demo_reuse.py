"""The demo's acts about the caches: a response that is found again, ones that must not be, and embeddings that are reused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from lixcore_cli.demo_embedding import embedded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lixcore.stack import Stack

URL: Final = "https://example.org/kansai/timetable"
CACHED: Final = "Which train goes from Kansai Airport to Kyoto after 10:15 on Saturday?"
RESPONSE: Final = {"answer": "The Haruka at 10:44, without a change; it arrives at 12:05."}
ASKED: Final = (
    (CACHED, True, "the same words"),
    ("Which train goes from Kansai Airport to Kyoto after 10:15 this Saturday?", True, "other words, the same question"),
    ("Which train goes from Kansai Airport to Kyoto after 18:15 on Saturday?", False, "another time of day"),
    ("Which train goes from Kyoto to Kansai Airport after 10:15 on Saturday?", False, "the way back"),
    ("Where in Kyoto can I eat without sesame?", False, "another question"),
)
PAGES: Final = ("https://example.org/kansai", "https://example.org/kyoto", "https://example.org/kintsugi")
PAGES_AGAIN: Final = ("HTTPS://Example.org:443/kyoto#hotels", *PAGES, "https://example.org/sesame")


@attrs.frozen
class Lookup:
    """A question that was asked of the cache.

    Attributes:
        asked: Its text.
        what: How it differs from the one that was cached.
        similarity: The cosine of the two questions' embeddings.
        found: Whether it was answered from the cache.
    """

    asked: str
    what: str
    similarity: float
    found: bool


@attrs.frozen
class Reused:
    """Embeddings of pages, asked for twice.

    Attributes:
        first: How many URLs the first request named.
        again: How many the second one did.
        computed: How many embeddings were made in all.
    """

    first: int
    again: int
    computed: int


class ReuseActs:
    """What the caches do for the demo's session.

    Args:
        claim: Notes something that is said, and whether it was found to be so.
    """

    def __init__(self, stack: Stack, session_id: str, claim: Callable[[str, bool], None]) -> None:
        self._stack = stack
        self._memory = stack.session(session_id)
        self._claim = claim

    def answers(self) -> Sequence[Lookup]:
        """Cache one response, and ask five questions."""
        import numpy as np

        cached = embedded(CACHED)
        self._memory.cache_semantic_response(URL, cached, RESPONSE, query=CACHED, seconds=1.8)
        seen: list[Lookup] = []
        for asked, expected, what in ASKED:
            vector = embedded(asked)
            similarity = float(cached @ vector / (np.linalg.norm(cached) * np.linalg.norm(vector)))
            found = self._memory.get_semantic_response(URL, vector, query=asked)
            seen.append(Lookup(asked, what, similarity, found is not None))
            told = "answered from the cache" if expected else "not answered"
            self._claim(f"asked with {what} ({similarity:.2f}): {told}", (found == RESPONSE) if expected else (found is None))
        other = self._stack.session(f"{self._memory.session_id}-2")
        self._claim("another session does not see the response", other.get_semantic_response(URL, cached, query=CACHED) is None)
        return seen

    def embeddings(self) -> Reused:
        """Ask for the embeddings of pages twice; the second time, one more is needed."""
        computed: list[str] = []

        def compute(urls: Sequence[str]) -> list[NDArray[np.float32]]:
            computed.extend(urls)
            return [embedded(url) for url in urls]

        urls = self._stack.url_embeddings
        first = urls.get_or_compute(PAGES, compute)
        again = urls.get_or_compute(PAGES_AGAIN, compute)
        same = all((first[url] == again[url]).all() for url in PAGES) and (again[PAGES_AGAIN[0]] == first[PAGES[1]]).all()
        self._claim(
            f"{len(PAGES) + len(PAGES_AGAIN)} embeddings were asked for, and {len(PAGES) + 1} made",
            bool(same) and computed == [*PAGES, PAGES_AGAIN[-1]],
        )
        return Reused(len(PAGES), len(PAGES_AGAIN), len(computed))
