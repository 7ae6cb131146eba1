"""The cache of URL embeddings does what a table of pages does, whatever is done with it in whatever order."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from url_caches import UrlCache

TTL = 10.0

# Spellings, and the page that each means. What belongs together is written down here, not computed.
PAGES = {
    "http://a.example": "a",
    "HTTP://A.Example:80/": "a",
    "http://a.example/#top": "a",
    "http://a.example/?": "a?",
    "http://a.example/b/../c%7E": "c",
    "http://a.example/c~": "c",
    "https://a.example/": "secure a",
    "about rivers": "rivers",
    " about rivers": "rivers with a blank",
    "": "nothing",
}
URLS = st.sampled_from(sorted(PAGES))
MODELS = st.sampled_from([None, "m", "other", ""])
VECTORS = st.lists(st.sampled_from([0.0, 1.0, -2.5, 0.1, 1e-3]), min_size=3, max_size=3).filter(any)


@attrs.frozen
class Held:
    vector: list[float]
    expires: float


class UrlEmbeddingsMachine(RuleBasedStateMachine):
    dtype: Any

    @initialize(dtype=st.sampled_from(["float32", "float16"]), batch_size=st.sampled_from([1, 2, 3, 100]))
    def begin(self, dtype: str, batch_size: int) -> None:
        self.dtype = np.dtype(dtype)
        self.batch_size = batch_size
        self.cache = UrlCache(model="m", dtype=dtype, ttl=TTL, batch_size=batch_size)
        self.table: dict[tuple[str, str], Held] = {}
        self.hits = self.misses = 0

    def kept(self, values: list[float]) -> list[float]:
        """The values as they are stored."""
        return [float(np.float32(self.dtype.type(value))) for value in np.array(values, np.float32)]

    def held(self, url: str, model: str | None) -> list[float] | None:
        held = self.table.get(("m" if model is None else model, PAGES[url]))
        return None if held is None or held.expires <= self.cache.clock.time else held.vector

    def write(self, url: str, model: str | None, values: list[float]) -> None:
        place = ("m" if model is None else model, PAGES[url])
        self.table[place] = Held(self.kept(values), self.cache.clock.time + TTL)

    def count(self, urls: list[str], model: str | None) -> None:
        pages = {PAGES[url]: self.held(url, model) is not None for url in urls}
        self.hits += sum(pages.values())
        self.misses += len(pages) - sum(pages.values())

    def check_trips(self, what: str, count: int) -> None:
        """As few round trips as there may be, since the last check."""
        trips = [size for kind, size in self.cache.store.trips if kind == what]
        whole, rest = divmod(count, self.batch_size)
        assert trips == [self.batch_size] * whole + [rest] * (rest > 0)
        self.cache.store.trips.clear()

    @rule(url=URLS, model=MODELS)
    def get(self, url: str, model: str | None) -> None:
        self.count([url], model)
        found = self.cache.urls.get(url, model=model)
        assert (None if found is None else found.tolist()) == self.held(url, model)
        self.check_trips("get", 1)

    @rule(urls=st.lists(URLS, max_size=8), model=MODELS)
    def get_many(self, urls: list[str], model: str | None) -> None:
        self.count(urls, model)
        found = self.cache.urls.get_many(urls, model=model)
        assert list(found) == list(dict.fromkeys(urls))
        got = {url: None if vector is None else vector.tolist() for url, vector in found.items()}
        assert got == {url: self.held(url, model) for url in urls}
        self.check_trips("get", len({PAGES[url] for url in urls}))

    @rule(url=URLS, model=MODELS, values=VECTORS)
    def set(self, url: str, model: str | None, values: list[float]) -> None:
        assert self.cache.urls.set(url, values, model=model) is True
        self.write(url, model, values)
        self.check_trips("put", 1)

    @rule(given=st.dictionaries(URLS, VECTORS, max_size=8), model=MODELS, form=st.sampled_from([list, np.float32, np.float64]))
    def set_many(self, given: dict[str, list[float]], model: str | None, form: Any) -> None:
        batch = {url: values if form is list else np.array(values, form) for url, values in given.items()}
        assert self.cache.urls.set_many(batch, model=model) == dict.fromkeys(given, True)
        for url, values in given.items():
            self.write(url, model, values)
        self.check_trips("put", len(given))

    @rule(
        urls=st.lists(URLS, max_size=8),
        model=MODELS,
        pool=st.lists(VECTORS, min_size=8, max_size=8),
        form=st.sampled_from([list, dict]),
    )
    def get_or_compute(self, urls: list[str], model: str | None, pool: list[list[float]], form: type) -> None:
        self.count(urls, model)
        first: dict[str, str] = {}
        for url in urls:
            if self.held(url, model) is None:
                first.setdefault(PAGES[url], url)
        asked: list[list[str]] = []

        def fn(missing: list[str]) -> Any:
            asked.append(list(missing))
            made = dict(zip(missing, pool, strict=False))
            missing.clear()  # it is fn's own
            return made if form is dict else list(made.values())

        found = self.cache.urls.get_or_compute(urls, fn, model=model)
        assert asked == ([list(first.values())] if first else [])
        for url, values in zip(first.values(), pool, strict=False):
            self.write(url, model, values)
        assert {url: vector.tolist() for url, vector in found.items()} == {url: self.held(url, model) for url in urls}
        self.check_trips("put", len(first))

    @rule(urls=st.lists(URLS, max_size=8), model=MODELS)
    def forget(self, urls: list[str], model: str | None) -> None:
        places = {("m" if model is None else model, PAGES[url]) for url in urls}
        live = sum(place in self.table and self.table[place].expires > self.cache.clock.time for place in places)
        assert self.cache.urls.forget(urls, model=model) == live
        for place in places:
            self.table.pop(place, None)
        self.check_trips("forget", len(places))

    @rule(seconds=st.sampled_from([0.5, 5.0, 9.5]))
    def wait(self, seconds: float) -> None:
        self.cache.clock.advance(seconds)

    @invariant()
    def lookups_are_counted(self) -> None:
        counted = self.cache.stats.counted()
        assert (counted.hits, counted.misses, counted.failures) == (self.hits, self.misses, 0)


TestUrlEmbeddings = UrlEmbeddingsMachine.TestCase
TestUrlEmbeddings.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
