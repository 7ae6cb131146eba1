"""What will cause trouble with the server, before it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from redis.exceptions import ResponseError

from lixcore.errors import StoreError, StoreRefusedError
from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore_redis.checks.permissions import missing_rights
from lixcore_redis.keys import VERSION, any_version_pattern
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.server_info import info_fields, server_info
from lixcore_redis.transport.wire import command

SKEW_WARNED: Final = 2.0
"""Seconds. The server's clock gives positions, and that of a host does so while the server is away; clocks that are kept by NTP
differ by milliseconds, so this much says that one of them is not kept."""
SKEW_PROBLEM: Final = 60.0
"""Seconds. The shortest time after which an idle session is evicted is a minute: sessions would be evicted while in use."""
SLOW_ROUND_TRIP: Final = 0.05
"""Seconds; each message waits for one."""
NEARLY_FULL: Final = 0.8
"""Of maxmemory."""

_ROUND_TRIPS: Final = 5
_SCANS: Final = 20
_SCANNED_AT_ONCE: Final = 1000

OK, WARNING, PROBLEM = Severity.OK, Severity.WARNING, Severity.PROBLEM


def diagnose_server(link: Link, prefix: str, clock: Clock) -> Iterator[Diagnosis]:
    """`lixcore.ports.diagnosis.Diagnoses.diagnose`."""
    try:
        yield from _server(link, clock)
        yield _rights(link, prefix)
        yield _layout(link, prefix)
    except StoreError as error:
        fact, _, advice = str(error).rpartition("; ") if isinstance(error, StoreRefusedError) else (str(error), "", "")
        yield Diagnosis("server", PROBLEM, fact or str(error), advice or "start it, or say in redis_url where it is")


def _server(link: Link, clock: Clock) -> Iterator[Diagnosis]:
    request = command(b"PING")
    link.call(request, 1, writes=False, all_may_be=(ResponseError,))  # connects
    times = []
    for _ in range(_ROUND_TRIPS):
        before = clock.monotonic()
        link.call(request, 1, writes=False, all_may_be=(ResponseError,))
        times.append(clock.monotonic() - before)
    trip = sorted(times)[_ROUND_TRIPS // 2]
    fact = f"{link.where} answers within {trip * 1000:.2f} ms (median of {_ROUND_TRIPS})"
    if trip > SLOW_ROUND_TRIP:
        yield Diagnosis(
            "round trip", WARNING, fact, "run the server nearer to the application: each message waits for a round trip"
        )
    else:
        yield Diagnosis("round trip", OK, fact)
    (answer,) = link.call(command(b"INFO"), 1, writes=False, all_may_be=(ResponseError,))
    if isinstance(answer, Exception):
        advice = "allow the user INFO (ACL SETUSER … +info): without it, restarts of the server go unnoticed as well"
        yield Diagnosis("server", WARNING, f"its state cannot be seen: {answer}", advice)
    else:
        facts = info_fields(answer)
        yield _version(link, answer)
        yield _role(facts)
        yield _persistence(facts, _settings(link))
        yield _policy(facts)
        yield _memory(facts)
    yield _skew(link, clock)


def _version(link: Link, answer: bytes) -> Diagnosis:
    try:
        info = server_info(link.where, answer)
    except StoreRefusedError as error:
        return Diagnosis("version", PROBLEM, error.reason, "install Redis 6.2 or newer, or Valkey")
    return Diagnosis("version", OK, f"{info.product} {info.version}")


def _role(facts: Mapping[str, str]) -> Diagnosis:
    role = facts.get("role", "unknown")
    if role == "slave":
        primary = f"{facts.get('master_host', '?')}:{facts.get('master_port', '?')}"
        return Diagnosis(
            "role", PROBLEM, f"it is a replica of {primary} and takes no messages", "give the address of the primary"
        )
    return Diagnosis("role", OK, "it is no replica")


def _settings(link: Link) -> dict[str, str] | None:
    """``appendfsync`` and ``save``; None when the user may not see them."""
    request = command(b"CONFIG", b"GET", b"appendfsync") + command(b"CONFIG", b"GET", b"save")
    answers: list[Any] = link.call(request, 2, writes=False, all_may_be=(ResponseError,))
    if any(isinstance(answer, Exception) for answer in answers):
        return None
    return {answer[0].decode(): answer[1].decode() for answer in answers if answer}


def _persistence(facts: Mapping[str, str], settings: Mapping[str, str] | None) -> Diagnosis:
    failed = [
        name
        for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status")
        if facts.get(name, "ok") != "ok"
    ]
    if failed:
        said = ", ".join(f"{name} is {facts[name]}" for name in failed)
        return Diagnosis(
            "persistence", PROBLEM, f"the server fails to write to its disk: {said}", "see the server's log and its disk"
        )
    advice = "set appendonly to yes and appendfsync to always, or write_mode to through"
    if facts.get("aof_enabled") == "1":
        if settings is None:
            seen = "allow the user CONFIG GET (ACL SETUSER … +config|get), or see that appendfsync is always"
            return Diagnosis("persistence", WARNING, "an append-only file; whether appendfsync is always cannot be seen", seen)
        policy = settings.get("appendfsync", "unknown")
        if policy == "always":
            return Diagnosis("persistence", OK, "an append-only file, appendfsync always")
        lost = "about two seconds" if policy == "everysec" else "half a minute"
        fact = f"an append-only file, appendfsync {policy}: a loss of power loses the messages of {lost}"
        return Diagnosis("persistence", WARNING, fact, "set appendfsync to always, or write_mode to through")
    if settings is not None and not settings.get("save"):
        return Diagnosis(
            "persistence", WARNING, "no append-only file and no snapshots: any restart loses what is not archived", advice
        )
    points = f"snapshots (save {settings['save']})" if settings else "at most snapshots"
    return Diagnosis("persistence", WARNING, f"no append-only file, {points}: a crash loses what came after the last one", advice)


def _policy(facts: Mapping[str, str]) -> Diagnosis:
    policy = facts.get("maxmemory_policy", "unknown")
    if policy == "noeviction":
        return Diagnosis("maxmemory-policy", OK, "noeviction: a full server says so")
    advice = "set maxmemory-policy to noeviction"
    if policy.startswith("volatile-"):
        fact = f"{policy}: messages stay, as they have no time to live, but leases may be thrown away"
        return Diagnosis("maxmemory-policy", WARNING, fact, advice)
    return Diagnosis("maxmemory-policy", PROBLEM, f"{policy}: a full server may throw live messages away without a word", advice)


def _memory(facts: Mapping[str, str]) -> Diagnosis:
    used, most = int(facts.get("used_memory", "0")), int(facts.get("maxmemory", "0"))
    fact = f"{used / 2**20:,.1f} MiB are used"
    if not most:
        advice = "give maxmemory a value, so that the server refuses messages before the system ends it"
        return Diagnosis("memory", WARNING, f"{fact}, and maxmemory is not set", advice)
    fact = f"{fact} of {most / 2**20:,.1f} ({used / most:.0%})"
    advice = "raise maxmemory, or evict earlier: hot_max_bytes, evict_after_minutes"
    if used >= most:
        return Diagnosis("memory", PROBLEM, f"{fact}: new messages are refused", advice)
    if used >= NEARLY_FULL * most:
        return Diagnosis("memory", WARNING, fact, advice)
    return Diagnosis("memory", OK, fact)


def _skew(link: Link, clock: Clock) -> Diagnosis:
    best: tuple[float, float] | None = None
    for _ in range(_ROUND_TRIPS):
        began, now = clock.monotonic(), clock.now()
        (answer,) = link.call(command(b"TIME"), 1, writes=False, all_may_be=(ResponseError,))
        trip = clock.monotonic() - began
        if isinstance(answer, Exception):
            advice = "allow the user TIME (ACL SETUSER … +time)"
            return Diagnosis("clocks", WARNING, f"the server's clock cannot be seen: {answer}", advice)
        theirs = int(answer[0]) + int(answer[1]) / 1e6
        if best is None or trip < best[0]:
            best = (trip, theirs - (now + trip / 2))
    assert best is not None  # noqa: S101  # there is a round trip
    trip, skew = best
    side = "ahead of" if skew > 0 else "behind"
    fact = f"the server's clock is {abs(skew):.3f} s {side} this machine's (± {trip / 2 * 1000:.1f} ms)"
    advice = "keep both clocks by NTP"
    if abs(skew) > SKEW_PROBLEM:
        return Diagnosis("clocks", PROBLEM, f"{fact}: sessions are evicted too early or too late", advice)
    if abs(skew) > SKEW_WARNED:
        return Diagnosis(
            "clocks", WARNING, f"{fact}: messages written while the server is away may stand in another order", advice
        )
    return Diagnosis("clocks", OK, fact)


def _rights(link: Link, prefix: str) -> Diagnosis:
    needed, costs = missing_rights(link, prefix)
    advice = f"allow the user all of this on the keys under {prefix}: (ACL SETUSER)"
    if needed:
        return Diagnosis("rights", PROBLEM, f"the user may not send {', '.join(needed)}", advice)
    if costs:
        return Diagnosis("rights", WARNING, "; ".join(costs), advice)
    return Diagnosis("rights", OK, "the user may send all that is needed")


def _layout(link: Link, prefix: str) -> Diagnosis:
    """Keys of other versions under the prefix, as far as a bounded look finds them."""
    versions: dict[int, int] = {}
    cursor, scans = b"0", 0
    version_of = re.compile(re.escape(prefix.encode()) + rb":(\d{1,9}):")
    while scans < _SCANS and (cursor != b"0" or not scans):
        request = command(b"SCAN", cursor, b"MATCH", any_version_pattern(prefix), b"COUNT", b"%d" % _SCANNED_AT_ONCE)
        (answer,) = link.call(request, 1, writes=False, all_may_be=(ResponseError,))
        if isinstance(answer, Exception):
            return Diagnosis("layout", WARNING, f"keys cannot be listed: {answer}", "allow the user SCAN (ACL SETUSER … +scan)")
        cursor, keys = answer
        scans += 1
        for found in filter(None, map(version_of.match, keys)):
            versions[int(found[1])] = versions.get(int(found[1]), 0) + 1
    seen = "all keys" if cursor == b"0" else f"the first {_SCANS * _SCANNED_AT_ONCE:,} keys or so"
    others = {version: count for version, count in versions.items() if version != VERSION}
    if others:
        listed = ", ".join(f"{count} of version {version}" for version, count in sorted(others.items()))
        advice = "let the lixcore of that version archive them (lix evict), or use another redis_key_prefix"
        return Diagnosis("layout", WARNING, f"keys of another layout are under {prefix}: {listed} ({seen} looked at)", advice)
    return Diagnosis("layout", OK, f"version {VERSION}; {versions.get(VERSION, 0)} keys under {prefix}: ({seen} looked at)")
