"""Redactions compose: the configured one, then every plugin, each with what the one before it left."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.errors import PolicyFailedError
from lixcore.hooks import hookimpl
from lixcore.hooks.plugins import Plugins
from lixcore.hooks.policies import hooked
from lixcore.ports.policies import Policies
from plain_policies import plain_policies

Given = Callable[..., Plugins]


class Replacing:
    """Answers None where there is nothing to remove, as the hook allows."""

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = before, after

    def redact(self, text: str) -> str:
        return text.replace(self.before, self.after)

    @hookimpl
    def lixcore_redact(self, text: str) -> str | None:
        return self.redact(text) if self.before in text else None


LETTERS = st.text("abcd", max_size=6)
REPLACING = st.builds(Replacing, st.text("abcd", min_size=1, max_size=2), st.text("abcd", max_size=2))


def redacted(policies: Policies, text: str) -> str:
    assert policies.redaction is not None
    return policies.redaction.redact(text)


@given(LETTERS, st.none() | REPLACING, st.lists(REPLACING, min_size=1, max_size=4))
def test_each_gets_what_the_one_before_it_left(
    plugins: Given, text: str, first: Replacing | None, others: list[Replacing]
) -> None:
    policies = attrs.evolve(plain_policies(), redaction=first)
    expected = text if first is None else first.redact(text)
    for other in reversed(others):  # the last one registered is asked first
        expected = other.redact(expected)
    answer = redacted(hooked(policies, plugins(*others)), text)
    assert answer == expected
    assert answer is text or answer != text, "where nothing was removed it is the very same text"


def test_those_that_want_to_be_first_and_last_are(plugins: Given) -> None:
    class Ends:
        @hookimpl(specname="lixcore_redact", tryfirst=True)
        def opens(self, text: str) -> str:
            return f"{text}<"

        @hookimpl(specname="lixcore_redact", trylast=True)
        def closes(self, text: str) -> str:
            return f"{text}>"

    assert redacted(hooked(plain_policies(), plugins(Ends(), Replacing("x", "y"))), "x") == "x<>".replace("x", "y")
    assert redacted(hooked(plain_policies(), plugins(Ends(), Replacing("<", "!"))), "x") == "x!>"


@pytest.mark.parametrize("wrong", [3, b"text", ["text"]])
def test_what_is_no_text_is_the_plugins_error(plugins: Given, wrong: object) -> None:
    class Odd:
        @hookimpl
        def lixcore_redact(self) -> object:
            return wrong

    with pytest.raises(PolicyFailedError, match=r"^lixcore_redact of plugin 'Odd': it answered .*, where text or None is due"):
        redacted(hooked(plain_policies(), plugins(Odd())), "a secret")


def test_what_a_redaction_raises_is_told_without_the_text(plugins: Given) -> None:
    """The error's own words may quote what was to be removed; they stand in its cause only."""

    class Odd:
        @hookimpl
        def lixcore_redact(self, text: str) -> str:
            raise ValueError(f"cannot read {text}")

    with pytest.raises(PolicyFailedError) as caught:
        redacted(hooked(plain_policies(), plugins(Odd())), "a secret")
    assert str(caught.value) == "lixcore_redact of plugin 'Odd': it raised ValueError"
    assert "secret" in str(caught.value.__cause__)
