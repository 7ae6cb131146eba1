"""Where a value comes from."""

from __future__ import annotations

from enum import IntEnum

import attrs


class Layer(IntEnum):
    """The four places that values come from; a higher one wins."""

    DEFAULT = 0
    FILE = 1
    ENVIRONMENT = 2
    ARGUMENT = 3


@attrs.frozen
class Origin:
    """Where one value stands.

    Attributes:
        layer: The place.
        where: The place as people write it, such as ``lixcore.toml: [redis] host`` or ``environment LIX_REDIS_HOST``.
    """

    layer: Layer
    where: str

    def __str__(self) -> str:
        return self.where


DEFAULT = Origin(Layer.DEFAULT, "default")


@attrs.frozen
class Given:
    """A value that somebody wrote down, before anything is known about it.

    Attributes:
        name: The setting's full name, or an alias of it, or a mistake.
        value: What was given. Not part of the repr: it may be a secret.
        origin: Where it stands.
        strict: Whether a name that nothing knows is a mistake; False where names of other programs are to be expected.
        as_text: Whether a text may stand for a number, a truth or none, as everywhere that has texts only.
    """

    name: str
    value: object = attrs.field(repr=False)
    origin: Origin
    strict: bool = True
    as_text: bool = False
