"""The default admission policy."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.reuse_policy import NewAnswer


@attrs.frozen
class AdmitAnyOptions:
    """It has no options."""


class AdmitAny:
    """The admission policy ``any``: every response is cached."""

    Options: ClassVar[type[Any]] = AdmitAnyOptions

    @classmethod
    def open(cls, options: AdmitAnyOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def admits(self, answer: NewAnswer) -> bool:
        """See `lixcore.ports.reuse_policy.AdmissionPolicy.admits`."""
        del answer
        return True
