"""A rule is a test that says why it matters: who breaks it is told the rule, the reason, what was seen, and where to read on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, ParamSpec

import attrs
import pytest

P = ParamSpec("P")

PAGE: Final = "docs/reference/contract-rules.md"
"""The page of all rules; on the site, ``reference/contract-rules/``."""

_MARK: Final = "__lixcore_rule__"


@attrs.frozen
class RuleMark:
    """What a test method of a contract is known by.

    Attributes:
        why: One sentence: what whoever uses the adapter would lose if it were otherwise.
        instead: Why a subclass has another test in its place; empty for the rule itself.
        is_waived: Whether a subclass does without it.
    """

    why: str
    instead: str = ""
    is_waived: bool = False


@attrs.frozen
class Rule:
    """A rule of a contract.

    Attributes:
        name: The contract and the rule, such as ``hot-store/a-closed-store-says-so``.
        test: The name of its test method.
        why: One sentence: what whoever uses the adapter would lose if it were otherwise.
        instead: Why another test stands in its place, or none; empty where the rule holds as it is.
        is_waived: Whether no test stands in its place.
    """

    name: str
    test: str
    why: str
    instead: str = ""
    is_waived: bool = False

    @property
    def anchor(self) -> str:
        """Where it stands on `PAGE`."""
        return self.name.replace("/", "-")


def rule_name(prefix: str, test: str) -> str:
    """The name of the rule that a test method of a contract is."""
    return f"{prefix}/{test.removeprefix('test_').replace('_', '-')}"


def mark_of(test: object) -> RuleMark | None:
    """What is known of a test method; None for one that is no rule."""
    mark = getattr(test, _MARK, None)
    return mark if isinstance(mark, RuleMark) else None


def rule(why: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a test method of a contract a rule.

    Args:
        why: One sentence: what whoever uses the adapter would lose if it were otherwise. It begins with a capital letter and ends
            with a full stop.
    """
    return _teaching(RuleMark(_stated(why)))


def overridden(reason: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Say why a subclass has a test of its own in the place of a contract's; without this, it cannot have one."""
    return _teaching(RuleMark("", instead=_stated(reason)))


def waived(reason: str) -> Callable[..., None]:
    """Stand in for a rule that an adapter cannot keep: a test that is skipped and says why.

    ::

        test_what_was_acknowledged_is_there_after_a_reopening = waived("the server is started without a disk")
    """
    stated = _stated(reason)

    def test(self: object) -> None:  # noqa: ARG001  # a method
        pytest.skip(f"waived: {stated}")

    setattr(test, _MARK, RuleMark("", instead=stated, is_waived=True))
    return test


def _stated(reason: object) -> str:
    if not isinstance(reason, str) or not reason.strip():
        raise TypeError("a reason is a sentence: @rule('…'), @overridden('…'), waived('…')")
    return reason.strip()


def _teaching(mark: RuleMark) -> Callable[[Callable[P, None]], Callable[P, None]]:
    def decorate(test: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(test)
        def tried(*args: P.args, **kwargs: P.kwargs) -> None:
            __tracebackhide__ = True
            try:
                test(*args, **kwargs)
            except pytest.skip.Exception:
                raise
            except (Exception, BaseExceptionGroup, pytest.fail.Exception) as error:
                error.add_note(_lesson(mark, args[0], test.__name__))
                raise

        setattr(tried, _MARK, mark)
        return tried

    return decorate


def _lesson(mark: RuleMark, contract: Any, test: str) -> str:
    prefix: str = type(contract).prefix
    found = Rule(rule_name(prefix, test), test, mark.why)
    adapter = getattr(type(contract), "adapter", None)
    name = adapter.__name__ if isinstance(adapter, type) else "The adapter"
    why = f"In the place of the contract's own: {mark.instead}" if mark.instead else f"Why it matters: {mark.why}"
    return f"\n{name} breaks the rule {found.name}\n{why}\nRead on: {PAGE}#{found.anchor}"
