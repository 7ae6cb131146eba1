"""What plugins cost the path that every turn takes: add a message, read the context of twenty."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from itertools import cycle

import lixcore
from lixcore.domain.message import Message
from lixcore.hooks import hookimpl
from lixcore.ports.policies import Policies
from tests.benchmarks.measuring import interleaved
from tests.benchmarks.overflow_benchmark import NEVER
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

_WINDOW = 20


class Deciding:
    """Decides as lixcore does itself, and finds nothing to remove: what is measured is the way there."""

    @hookimpl
    def lixcore_window_start(self, messages: Sequence[Message], max_messages: int) -> int:
        return max(0, len(messages) - max_messages)

    @hookimpl
    def lixcore_count_tokens(self, messages: Sequence[Message]) -> Sequence[int]:
        return [len(message.content) // 4 for message in messages]

    @hookimpl
    def lixcore_redact(self, text: str) -> str | None:
        return text


class Elsewhere:
    """A plugin that answers nothing on this path."""

    @hookimpl
    def lixcore_retire(self) -> bool | None:
        return None


def hooks(settings: Settings) -> list[Table]:
    """Add and read with no plugin, with one that answers elsewhere, and with one that answers here; then the hooks alone."""
    text = settings.corpus.median_text()
    config = lixcore.CacheConfig(hot_store="memory", cold_archive="memory", plugins="none", spill_batch_size=NEVER, janitor=False)
    adding: dict[str, Callable[[], object]] = {}
    getting: dict[str, Callable[[], object]] = {}
    policies: dict[str, Policies] = {}
    with contextlib.ExitStack() as stack:
        plugins: dict[str, list[object]] = {
            "no plugin": [],
            "no plugin, again": [],  # what a ratio is when there is nothing to find
            "a plugin that answers elsewhere": [Elsewhere()],
            "window, tokens and redaction": [Deciding()],
        }
        for name, objects in plugins.items():
            opened = stack.enter_context(lixcore.open(config, plugins=objects))
            full = opened.session("full")
            for _ in range(_WINDOW):
                full.add_message_to_context("user", text)
            adding[name] = _adder(opened.session("adding"), text)
            getting[name] = full.get_context_messages
            policies[name] = opened.wiring.policies
        tables = [
            _table("hooks: add_message_to_context, in memory", adding, settings),
            _table("hooks: get_context_messages of 20, in memory", getting, settings),
        ]
        messages = [Message("user", text, 1.0)] * _WINDOW
        bare, plugged = policies["no plugin"], policies["window, tokens and redaction"]
        calls: dict[str, Callable[[], object]] = {
            "window, configured": lambda: bare.window.start(messages, max_messages=_WINDOW, max_tokens=None),
            "window, plugin": lambda: plugged.window.start(messages, max_messages=_WINDOW, max_tokens=None),
            "tokens, configured": lambda: bare.tokens.count(messages),
            "tokens, plugin": lambda: plugged.tokens.count(messages),
        }
        if (redaction := plugged.redaction) is not None:
            calls["redaction, plugin"] = lambda: redaction.redact(text)
        alone = Table("hooks: one call", ("case", "p50 us"))
        for name, timing in interleaved(calls, seconds=settings.seconds).items():
            alone.add(name, 1e6 * timing.p50)
        return [*tables, alone]


def _adder(memory: lixcore.CacheCoordinator, text: str) -> Callable[[], object]:
    roles = cycle(("user", "assistant"))
    return lambda: memory.add_message_to_context(next(roles), text)


def _table(title: str, cases: dict[str, Callable[[], object]], settings: Settings) -> Table:
    table = Table(title, ("case", "p50 us", "p99 us", "x no plugin"), notes=[settings.corpus.origin])
    timings = interleaved(cases, seconds=settings.seconds)
    for name, timing in timings.items():
        table.add(name, 1e6 * timing.p50, 1e6 * timing.p99, timing.ratio_to(timings["no plugin"]))
    return table
