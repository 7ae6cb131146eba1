"""The default retention policy."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.cold_archive import ArchiveInfo


@attrs.frozen
class AgeRetentionOptions:
    """It has no options."""


class AgeRetention:
    """The retention policy ``age``: a history is over when it is older than ``disk_ttl_days``; without that, never.

    Its age counts from its newest message, or from when it was last written if that is later.
    """

    Options: ClassVar[type[Any]] = AgeRetentionOptions
    only_by_age: Final = True
    """See `lixcore.ports.policy.GoesByAge`."""

    @classmethod
    def open(cls, options: AgeRetentionOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def is_over(self, history: ArchiveInfo, *, now: float, ttl_seconds: float | None) -> bool:
        """See `lixcore.ports.policy.RetentionPolicy.is_over`."""
        return ttl_seconds is not None and max(history.updated_at, history.last_timestamp) < now - ttl_seconds
