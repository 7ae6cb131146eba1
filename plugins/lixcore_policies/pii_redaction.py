"""Personal data and keys are taken out of texts by the way they look."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.errors import InvalidConfigError
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore_policies.personal.accounts import CARD, IBAN, SSN
from lixcore_policies.personal.addresses import EMAIL, IPV4, IPV6
from lixcore_policies.personal.keys import KEY, PRIVATE_KEY
from lixcore_policies.personal.kinds import Kind
from lixcore_policies.personal.patterns_file import kinds_of_file
from lixcore_policies.personal.phones import AMERICAN_PHONE, TRUNK_PHONE, WORLD_PHONE

KINDS: Final[Sequence[Kind]] = (
    PRIVATE_KEY,
    KEY,
    EMAIL,
    IBAN,
    CARD,
    SSN,
    IPV6,
    IPV4,
    WORLD_PHONE,
    AMERICAN_PHONE,
    TRUNK_PHONE,
)
"""What is known, in the order in which it is taken out: what has a checksum comes before what only looks alike."""

TIMES: Final = 8
"""How often a text is looked through at most. Once where nothing is found, and nearly always twice where something is."""

_DIGIT: Final = re.compile("[0-9]")
NAMES: Final = tuple(sorted({kind.name for kind in KINDS}))


@attrs.frozen
class PiiRedactionOptions:
    """The options of `PiiRedaction`."""

    without: str = option("", f"Which kinds are left in texts, separated by commas: of {', '.join(NAMES)}.")
    patterns_file: str | None = option(
        None, "A TOML file of further kinds, each a name and a regular expression; none where there are no others."
    )


class PiiRedaction:
    """The redaction policy ``pii``: e-mail addresses, telephone numbers, accounts and the like become ``[EMAIL]`` and so on.

    It knows them by how they look: so some numbers are taken out that are none of them, and names of people stay. A subclass can
    have other `kinds`.

    Args:
        without: Names of kinds that are left in.
        further: Kinds beside those that are known; they come first. Their patterns are tried on what is between labels only.
    """

    Options: ClassVar[type[Any]] = PiiRedactionOptions
    kinds: ClassVar[Sequence[Kind]] = KINDS
    """What is known."""

    def __init__(self, *, without: Collection[str] = (), further: Sequence[Kind] = ()) -> None:
        self._known = tuple(kind for kind in self.kinds if kind.name not in without)
        self._further = tuple(further)
        labels = {kind.label for kind in (*self._known, *self._further)}
        self._labels = re.compile("(" + "|".join(re.escape(label) for label in sorted(labels)) + ")") if labels else None

    @classmethod
    def open(cls, options: PiiRedactionOptions, context: AdapterContext) -> Self:
        """Make the policy of its options.

        Raises:
            InvalidConfigError: A kind is unknown, or the file cannot be used.
        """
        del context
        without = {name.strip() for name in options.without.split(",")} - {""}
        known = {kind.name for kind in cls.kinds}
        if unknown := sorted(without - known):
            raise InvalidConfigError([f"pii_without: {unknown[0]!r} is no kind; those are {', '.join(sorted(known))}"])
        path = options.patterns_file
        return cls(without=without, further=() if path is None else kinds_of_file(path, option="pii_patterns_file"))

    def redact(self, text: str) -> str:
        """See `lixcore.ports.policy.RedactionPolicy.redact`."""
        for _ in range(TIMES):  # what was taken out may have hidden something beside it
            redacted = self._once(text)
            if redacted is text:
                break
            text = redacted
        return text

    def _once(self, text: str) -> str:
        for kind in self._further:
            text = self._between_labels(kind, text)
        has_digits = _DIGIT.search(text) is not None
        for kind in self._known:
            if has_digits or not kind.has_digits:
                text = kind.replaced_in(text)
        return text

    def _between_labels(self, kind: Kind, text: str) -> str:
        """Replace what a pattern of somebody's finds; not in labels, which would never end."""
        if self._labels is None or "[" not in text:
            return kind.replaced_in(text)
        parts = self._labels.split(text)
        changed = [part if index % 2 else kind.replaced_in(part) for index, part in enumerate(parts)]
        return text if all(new is old for new, old in zip(changed, parts, strict=True)) else "".join(changed)
