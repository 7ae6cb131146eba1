"""``LIX_TRACE_HOOKS=1`` shows each call, who was asked and what came of it; it shows no long text, and none to be redacted."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Sequence
from typing import Any

import pytest

import lixcore
from lixcore.domain.message import Message
from lixcore.errors import PolicyFailedError
from lixcore.hooks import PluginAdapter, hookimpl
from lixcore.hooks.observers import observers_of
from lixcore.hooks.plugins import Plugins
from lixcore.hooks.policies import hooked
from lixcore.hooks.tracing import SHOWN, Trace
from lixcore.ports.events import Miss
from lixcore_policies import LeastRecentlyUsed
from plain_policies import plain_policies

Given = Callable[..., Plugins]


class Plugin:
    answer: Any = None

    @hookimpl
    def lixcore_window_start(self, messages: Sequence[Message]) -> Any:
        del messages
        return self.answer

    @hookimpl
    def lixcore_redact(self, text: str) -> str:
        return text.replace("secret", "")

    @hookimpl(wrapper=True)
    def lixcore_count_tokens(self) -> Generator[None, Any, Any]:
        return (yield)

    @hookimpl
    def lixcore_miss(self) -> None: ...


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


def test_each_call_is_a_line(plugins: Given, plugin: Plugin, written: io.StringIO) -> None:
    trace = Trace(written)
    policies = hooked(plain_policies(), plugins(plugin), trace=trace)
    who = "plugin 'Plugin' (test_tracing.Plugin."
    policies.window.start((), max_messages=3, max_tokens=None)
    plugin.answer = 0
    policies.window.start((), max_messages=3, max_tokens=None)
    policies.tokens.count(())
    [observer] = observers_of(plugins(plugin), trace=trace)
    observer.notice(Miss("semantic"))
    window = "lixcore hook lixcore_window_start(messages=(), max_messages=3, max_tokens=None): "
    lines = [line.replace(f"({Plugin.__module__}.", "(test_tracing.") for line in written.getvalue().splitlines()]
    assert lines == [
        f"{window}{who}lixcore_window_start) answered None",
        f"{window}{who}lixcore_window_start) answered 0",
        f"lixcore hook lixcore_count_tokens(messages=()): {who}lixcore_count_tokens) made of it []",
        f"lixcore hook lixcore_miss(event=Miss(layer='semantic', count=1)): {who}lixcore_miss) answered None",
    ]


def test_a_failure_is_a_line_too(plugins: Given, plugin: Plugin, written: io.StringIO) -> None:
    plugin.answer = 99
    with pytest.raises(PolicyFailedError):
        hooked(plain_policies(), plugins(plugin), trace=Trace(written)).window.start((), max_messages=3, max_tokens=None)
    assert written.getvalue().endswith("failed with 99\n")


def test_long_texts_are_cut_and_control_characters_left_out(plugins: Given, plugin: Plugin, written: io.StringIO) -> None:
    messages = [Message("user", "\x1b[2J" + 10_000 * "x", 1.0)] * 1000
    hooked(plain_policies(), plugins(plugin), trace=Trace(written)).window.start(messages, max_messages=3, max_tokens=None)
    [line] = written.getvalue().splitlines()
    assert len(line) < 3 * SHOWN + 200
    assert line.isprintable()


def test_texts_that_are_redacted_are_never_shown(plugins: Given, plugin: Plugin, written: io.StringIO) -> None:
    policies = hooked(plain_policies(), plugins(plugin), trace=Trace(written))
    assert policies.redaction is not None
    assert policies.redaction.redact("my secret") == "my "
    assert "text=<9 characters>" in written.getvalue()
    assert written.getvalue().endswith("answered <3 characters>\n")
    assert "secret" not in written.getvalue()


@pytest.mark.parametrize(("value", "lines"), [("1", 1), ("on", 1), ("0", 0), ("", 0)])
def test_the_environment_switches_it_on(
    plugins: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, lines: int
) -> None:
    """It is no setting: a configuration read from the environment lets the name pass."""
    monkeypatch.setenv("LIX_TRACE_HOOKS", value)
    lixcore.CacheConfig.from_env()
    hooked(plain_policies(), plugins(Plugin())).tokens.count(())
    assert len(capsys.readouterr().err.splitlines()) == lines


def test_adapters_that_are_brought_are_shown_without_options(
    plugins: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Bringing:
        @hookimpl
        def lixcore_adapters(self) -> list[PluginAdapter]:
            return [PluginAdapter("lixcore.eviction_policy", "mine", LeastRecentlyUsed)]

    monkeypatch.setenv("LIX_TRACE_HOOKS", "1")
    plugins(Bringing())
    line = capsys.readouterr().err
    assert line.startswith("lixcore hook lixcore_adapters(): plugin 'Bringing' (")
    assert "answered (PluginAdapter(group='lixcore.eviction_policy'," in line
