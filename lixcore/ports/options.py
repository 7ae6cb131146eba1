"""How an adapter says which options it has, so that arguments, TOML, environment, help and `lix config` come for nothing.

An adapter's options are a frozen attrs class whose fields are made with `option`. An option ``port`` of the adapter ``redis`` is
written ``redis_port=…`` as an argument, ``[redis] port = …`` in TOML and ``LIX_REDIS_PORT`` in the environment.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

KEY: Final = "lixcore"
"""Where a field's `OptionFacts` stand in its attrs metadata."""


@attrs.frozen
class OptionFacts:
    """What is known of an option besides its type and default.

    Attributes:
        help: One sentence, ending in a full stop.
        at_least: The smallest number accepted; None for no bound.
        at_most: The largest number accepted; None for no bound.
        choices: The texts accepted; empty for any.
        secret: Whether its value is hidden wherever values are shown.
        alias: A full name under which the predecessor knew it, accepted as well; None for none.
        place: Where the adapter keeps things is told by this option, so that another value is another place: ``path``, it is a
            file or a directory; ``name``, a short text, such as a database or a prefix. Empty for all other options.
    """

    help: str
    at_least: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    alias: str | None = None
    place: str = ""


def option(
    default: Any,
    help: str,  # noqa: A002  # the field's standard term
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    alias: str | None = None,
    place: Literal["", "path", "name"] = "",
) -> Any:
    """An attrs field for an option. Its annotation is one of bool, int, float, str, or one of these ``| None``.

    The bounds are checked by the configuration, which reports all problems at once; the class itself need not check them.
    Where an adapter keeps things is told by ``place``: the contract suite tries the adapter in a place of its own by it.
    """
    facts = OptionFacts(help, at_least, at_most, choices, secret, alias, place)
    return attrs.field(default=default, repr=not secret, metadata={KEY: facts})
