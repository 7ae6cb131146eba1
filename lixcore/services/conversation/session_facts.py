"""What a window tells of a session."""

from __future__ import annotations

import attrs


@attrs.frozen
class Forgotten:
    """What `ContextWindow.forget` removed.

    Attributes:
        hot: Entries of the hot store.
        archived: Messages of the archive; a message that was in both is counted in both.
    """

    hot: int
    archived: int


@attrs.frozen
class SessionStats:
    """Where a session's messages are.

    Attributes:
        messages: All of them, each counted once.
        hot: How many the hot store holds.
        is_hot: Whether the session is hot; it can be hot and empty.
        archived: How many the archive holds.
        raw_bytes: The size of the archived records before compression.
        stored_bytes: What they take on the medium.
        last_active: When it was last used, in seconds since the epoch; None when it is not hot.
    """

    messages: int
    hot: int
    is_hot: bool
    archived: int
    raw_bytes: int
    stored_bytes: int
    last_active: float | None
