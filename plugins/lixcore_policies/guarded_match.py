"""The default match policy: similar is not enough, the texts must also ask the same."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.reuse_policy import MatchCandidate
from lixcore_policies.texts.differences import difference


@attrs.frozen
class GuardedMatchOptions:
    """The options of `GuardedMatch`."""

    without_text: str = option(
        "accept",
        "What happens where the text of the query or of the cached one was not given: accept, the similarity alone decides; or"
        " refuse, the cached response is not used.",
        choices=("accept", "refuse"),
    )


class GuardedMatch:
    """The match policy ``guarded``: a similar response answers unless the two queries' texts show that they ask different things.

    What shows that is in `lixcore_policies.texts.differences`: numbers, negation, names, word order and some more.

    Args:
        without_text: ``accept`` or ``refuse``: what to do where one of the texts was not given.
    """

    Options: ClassVar[type[Any]] = GuardedMatchOptions

    def __init__(self, *, without_text: str = "accept") -> None:
        self._accepts_without_text = without_text == "accept"

    @classmethod
    def open(cls, options: GuardedMatchOptions, context: AdapterContext) -> Self:
        """Make the policy of its options."""
        del context
        return cls(without_text=options.without_text)

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        """See `lixcore.ports.reuse_policy.MatchPolicy.may_answer`."""
        return self.refusal(query, candidate) is None

    def refusal(self, query: str | None, candidate: MatchCandidate) -> str | None:
        """Why a candidate may not answer a query, as the rest of a sentence that begins with "the texts"; None if it may."""
        if query is None or candidate.query is None:
            return None if self._accepts_without_text else "were not both given"
        return difference(query, candidate.query)
