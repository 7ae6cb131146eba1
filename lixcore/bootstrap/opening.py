"""Opening adapters as a configuration says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from lixcore.config import CacheConfig
from lixcore.domain.message import Message
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.clock import Clock
from lixcore.ports.codec import Codec
from lixcore.ports.policy import TokenCounter
from lixcore.registry import Group
from lixcore.services.system_clock import SystemClock


class Opener:
    """Opens adapters with the options of a configuration, one by one.

    Attributes:
        clock: What they are told the time by.
    """

    def __init__(self, config: CacheConfig, *, clock: Clock | None = None) -> None:
        self._config = config
        self._codecs: dict[str, Codec] = {}
        self.clock = clock or SystemClock()
        self._context = AdapterContext(
            clock=self.clock,
            codec_name=config.codec,
            codec_named=self._codec_named,
            archive_dir=Path(config.archive_dir),
            count_tokens=self._counted,
            analyzer=_ConfiguredAnalyzer(lambda: self.analyzer),
        )
        self._counter: TokenCounter | None = None
        self._analyzer: Analyzer | None = None

    def count_tokens_by(self, counter: TokenCounter) -> None:
        """Have what was opened, and what will be, count tokens by this counter; by the configured one unless told."""
        self._counter = counter

    @property
    def analyzer(self) -> Analyzer:
        """The configured analyzer, opened when it is first asked for: by whoever searches, or by an index that was opened.

        Raises:
            ConfigError: It is unknown or broken.
        """
        if self._analyzer is None:
            self._analyzer = self.open(Group.ANALYZER, self._config.analyzer)
        return self._analyzer

    def _counted(self, messages: Sequence[Message]) -> Sequence[int]:
        if self._counter is None:
            self._counter = self.open(Group.TOKEN_COUNTER, self._config.token_counter)
        return self._counter.count(messages)

    def open(self, group: Group, name: str) -> Any:
        """Open an adapter; the caller closes it.

        Raises:
            ConfigError: It is unknown, broken or lacks its driver.
            StoreError: The store cannot be used.
        """
        is_chosen = name == self._config.chosen(group)  # else an archive names the codec of old data
        origin = str(self._config.origin(group.setting)) if is_chosen else "what is archived"
        adapter = self._config.registry.load(group, name, origin=origin)
        return adapter.open(self._config.adapter_options(name, group), self._context)

    def _codec_named(self, name: str) -> Codec:
        # Made once: a codec may hold a trained dictionary, and old archives name one in every frame.
        if name not in self._codecs:
            self._codecs[name] = self.open(Group.CODEC, name)
        return self._codecs[name]


class _ConfiguredAnalyzer:
    """Stands for the configured analyzer in what is opened, whether or not it is ever used."""

    def __init__(self, opened: Callable[[], Analyzer]) -> None:
        self._opened = opened

    @property
    def identity(self) -> str:
        return self._opened().identity

    def words_of(self, text: str) -> Sequence[str]:
        return self._opened().words_of(text)

    def query_words(self, text: str) -> Sequence[str]:
        return self._opened().query_words(text)

    def spans(self, text: str, words: Collection[str]) -> Sequence[tuple[int, int]]:
        return self._opened().spans(text, words)
