"""One setting: what it is called, what it accepts, and how its value is read, checked and shown."""

from __future__ import annotations

import math
import os
import re
import types
import typing
from functools import lru_cache
from typing import Any, Final

import attrs

from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError
from lixcore.ports.options import KEY, OptionFacts

MASK: Final = "***"
"""What is shown in the place of a secret."""

_MAX_SHOWN: Final = 80
_MAX_SHOWN_BITS: Final = 256  # Python refuses to write integers of thousands of digits
_MAX_CORE_BYTES: Final = 4096  # a path is no longer on Linux, a tenant nowhere
_MAX_OPTION_BYTES: Final = 65_536  # tokens that serve as passwords take kilobytes
_KINDS: Final = (bool, int, float, str)
_NOUNS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_TRUTHS: Final = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_NAMED_SECRET: Final = re.compile(r"((?:password|secret|token)=)[^&\s]+", re.IGNORECASE)


@attrs.frozen
class Setting:
    """A declared setting, of the core or of an adapter.

    Attributes:
        name: Its full name, such as ``hot_window_size`` or ``redis_host``.
        kind: One of bool, int, float and str.
        optional: Whether None is accepted as well.
        default: Its value when nobody gives one.
        facts: Its help, bounds, choices, secrecy and alias.
        adapter: The part of the full name that stands for the adapter; empty for a setting of the core.
    """

    name: str
    kind: type
    optional: bool
    default: Any
    facts: OptionFacts
    adapter: str = ""

    @property
    def option(self) -> str:
        """The name without the adapter's part."""
        return self.name.removeprefix(f"{self.adapter}_") if self.adapter else self.name

    @property
    def accepted(self) -> str:
        """What is accepted, in words; such as "a whole number from 0 to 10,000"."""
        low, high = self.facts.at_least, self.facts.at_most
        text = _NOUNS[self.kind]
        if self.facts.choices:
            text = "one of " + ", ".join(self.facts.choices)
        elif low is not None and high is not None:
            text += f" from {_number(low)} to {_number(high)}"
        elif low is not None:
            text += f" of at least {_number(low)}"
        elif high is not None:
            text += f" of at most {_number(high)}"
        return f"{text}, or none" if self.optional else text

    def parsed(self, text: str) -> object:
        """The value that a text from the environment stands for. What it does not understand it returns as it is."""
        word = text.strip().lower()
        if self.optional and word in {"", "none"}:
            return None
        if self.kind is bool:
            return _TRUTHS.get(word, text)
        if self.kind in {int, float} and word.isascii() and "_" not in word:
            try:
                return self.kind(word)
            except ValueError:
                return text
        return text

    def checked(self, value: object) -> Any:
        """The value as the setting keeps it: whole numbers become floats where those are due, paths become texts.

        Raises:
            ValueError: It is not accepted; the message says why as the rest of a sentence, and is empty when there is nothing
                to say but what is accepted.
        """
        if value is None and self.optional:
            return None
        if self.kind is bool:
            if isinstance(value, bool):
                return value
        elif self.kind is str:
            if isinstance(value, str | os.PathLike):
                return self._checked_text(os.fspath(value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return self._checked_number(value)
        raise ValueError("")

    def shown(self, value: object) -> str:
        """The value as people may see it: secrets masked, passwords in URLs too, long texts cut."""
        if value is None:
            return "None"
        if self.facts.secret:
            return MASK
        return shown_value(value)

    def _checked_text(self, value: object) -> str:
        # For every NUL refused here a C library would have cut the text without a word.
        limit = _MAX_OPTION_BYTES if self.adapter else _MAX_CORE_BYTES
        try:
            text = checked_text(value, self.name, max_bytes=limit, allow_empty=bool(self.adapter))
        except InvalidInputError as error:
            raise ValueError(error.reason) from None
        if self.facts.choices and text not in self.facts.choices:
            raise ValueError("")
        return text

    def _checked_number(self, value: float) -> float:
        low, high = self.facts.at_least, self.facts.at_most
        if self.kind is int and not isinstance(value, int):
            raise ValueError("")
        try:
            number = float(value) if self.kind is float else value
            in_range = math.isfinite(number) and (low is None or number >= low) and (high is None or number <= high)
        except OverflowError:
            raise ValueError("is too large") from None
        if not in_range:
            raise ValueError("")
        return number


def shown_value(value: object) -> str:
    """A value of no known setting as people may see it. Only plain values are shown: anything else may hold anything."""
    if not isinstance(value, str | int | float) or (isinstance(value, int) and value.bit_length() > _MAX_SHOWN_BITS):
        return f"<{type(value).__name__}>"
    text = repr(_without_passwords(value) if isinstance(value, str) else value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _without_passwords(text: str) -> str:
    """A URL without the password in it; other texts as they are."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    # A password may hold any character, so it ends at the last @: rather too much is masked than too little.
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    shown = f"{user}:{MASK}" if colon else user
    return _NAMED_SECRET.sub(rf"\g<1>{MASK}", f"{scheme}://{shown}{at}{place}")


@lru_cache(maxsize=256)  # classes do not change, and working their annotations out is most of making a configuration
def declared(options: type[Any], *, adapter: str = "") -> tuple[Setting, ...]:
    """The settings that an options class declares: those of its fields that were made with `option`.

    Raises:
        TypeError: A field's annotation is none of those that `option` allows; the message is a whole sentence.
    """
    hints = typing.get_type_hints(options)
    defaults = options() if adapter else None
    found: list[Setting] = []
    for field in attrs.fields(options):
        facts = field.metadata.get(KEY)
        if not isinstance(facts, OptionFacts):
            continue
        kind, optional = _kind(field.name, hints.get(field.name))
        name = f"{adapter}_{field.name}" if adapter else field.name
        default = field.default if defaults is None else getattr(defaults, field.name)
        found.append(Setting(name, kind, optional, default, facts, adapter))
    return tuple(found)


def _kind(name: str, hint: object) -> tuple[type, bool]:
    members = set(typing.get_args(hint)) if typing.get_origin(hint) in {typing.Union, types.UnionType} else {hint}
    optional = type(None) in members
    kinds = [kind for kind in _KINDS if members - {type(None)} == {kind}]
    if not kinds:
        raise TypeError(
            f"its option {name!r} is annotated with {hint!r}, not with bool, int, float or str, or one of these | None"
        )
    return kinds[0], optional


def _number(value: float) -> str:
    return f"{value:,}"
