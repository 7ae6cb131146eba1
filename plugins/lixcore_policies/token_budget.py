"""A context of whole exchanges within a budget of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain.message import Message
from lixcore.domain.window import budget_start, turn_start, whole_starts
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option

_OPENING_ROLES: Final = frozenset({"user", "system", "developer"})


@attrs.frozen
class TokenBudgetOptions:
    """The options of `TokenBudget`."""

    tokens: int = option(
        8_000,
        "How many tokens a context may have; session_max_tokens counts where it is less.",
        at_least=0,
        at_most=1_000_000_000,
    )


class TokenBudget:
    """The window policy ``token-budget``: as many of the newest messages as its budget allows, in whole exchanges.

    An exchange begins with a message of the user, or with instructions. Where none fits that begins so, the context begins at any
    message that parts no call from its results, and is empty where not even that fits. It never has more than ``hot_window_size``
    messages, unless the newest call and its results alone are more.

    Args:
        tokens: The budget.
        count_tokens: Gives how many tokens each of some messages takes.
    """

    Options: ClassVar[type[Any]] = TokenBudgetOptions

    def __init__(self, *, tokens: int, count_tokens: Callable[[Sequence[Message]], Sequence[int]]) -> None:
        self._tokens = tokens
        self._count_tokens = count_tokens

    @classmethod
    def open(cls, options: TokenBudgetOptions, context: AdapterContext) -> Self:
        """Make the policy of its options; it counts as the context does."""
        return cls(tokens=options.tokens, count_tokens=context.count_tokens)

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """See `lixcore.ports.policy.WindowPolicy.start`."""
        end = len(messages)
        if not messages or not max_messages:
            return end
        budget = self._tokens if max_tokens is None else min(self._tokens, max_tokens)
        first = budget_start(self._count_tokens(messages), budget)
        earliest = max(first, end - max_messages)
        for start in whole_starts(messages):
            if earliest <= start < end and messages[start].role in _OPENING_ROLES:
                return start
        return turn_start(messages, max_messages=max_messages, first=first)
