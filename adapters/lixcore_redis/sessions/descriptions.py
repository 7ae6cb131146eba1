"""What the server holds of sessions, without their payloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from redis.exceptions import NoScriptError

from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotInfo
from lixcore_redis import scripts
from lixcore_redis.keys import session_keys
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import position_of

DESCRIBED_AT_ONCE: Final = 1000
"""How many sessions are asked for in one request."""


def described(link: Link, prefix: str, sessions: Sequence[SessionKey]) -> list[HotInfo | None]:
    """`lixcore.ports.hot_store_powers.DescribesMany.describe_many`: a script for each, many in one request."""
    found: list[HotInfo | None] = []
    for start in range(0, len(sessions), DESCRIBED_AT_ONCE):
        keys = [session_keys(prefix, session) for session in sessions[start : start + DESCRIBED_AT_ONCE]]
        calls = [scripts.DESCRIBE.call((each.log, each.activity), each.member) for each in keys]
        answers = link.call(b"".join(calls), len(calls), writes=False)
        if any(isinstance(answer, NoScriptError) for answer in answers):  # a new server, or its scripts were flushed
            calls[0] = scripts.DESCRIBE.full_call((keys[0].log, keys[0].activity), keys[0].member)
            answers = link.call(b"".join(calls), len(calls), writes=False)
        found.extend(map(info_of, answers))
    return found


def info_of(answer: Any) -> HotInfo | None:
    """What the script's answer says of one session."""
    if answer is None:
        return None
    held, first, last, active = answer
    return HotInfo(
        held=held,
        first_position=position_of(first) if first else None,
        last_position=position_of(last) if last else None,
        last_active=float(active or 0),
    )
