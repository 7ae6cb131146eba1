"""What `CacheCoordinator.get_stats` tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from lixcore.bootstrap import Wiring
from lixcore.config import CacheConfig
from lixcore.domain.session import SessionKey
from lixcore.services.reuse.layer_report import LayerReport


def stats_document(wiring: Wiring, config: CacheConfig, session: SessionKey) -> dict[str, Any]:
    """Counts and sizes of a session, and of the layers that it uses, as plain values."""
    stats = wiring.window.stats(session)
    state = wiring.window.hot_store_state()  # afterwards: those stats may have been what noticed it
    absence = state.absence
    return {
        "session_id": session.id,
        "tenant": session.tenant,
        "context_window": {
            "messages": stats.messages,
            "hot_messages": stats.hot,
            "hot_window_size": config.hot_window_size,
            "is_hot": stats.is_hot,
            "disk_turns": stats.archived,
            "disk_raw_bytes": stats.raw_bytes,
            "disk_size_bytes": stats.stored_bytes,
            "last_active": stats.last_active,
        },
        "hot_store": {
            "state": "away" if absence else "up",
            "away_since": _iso(absence.since) if absence else None,
            "error": str(absence.error) if absence else None,
            "times_away": state.times_away,
            "messages_archived_instead": state.archived_instead,
        },
        "tiering": {
            "write_mode": config.write_mode,
            "waits": wiring.spiller.waits,
            "failures": wiring.spiller.failures,
        },
        **{report.name: _layer(report) for report in wiring.caches.reports(session)},
        "index": _index(wiring, session),
        "events": attrs.asdict(wiring.events.counts()),
        "timestamp": _iso(wiring.clock.now()),
    }


def _index(wiring: Wiring, session: SessionKey) -> dict[str, Any]:
    index = wiring.searches.index
    if index is None:
        return {"adapter": None, "state": "off", "messages": None, "lag": None, "error": None}
    found = index.report.of_session(session, wiring.reader.describe(session))
    trouble = index.guard.trouble
    return {
        "adapter": index.adapter,
        "state": "up" if trouble is None else "damaged" if trouble.is_damage else "away",
        "messages": None if found is None else found.messages,
        "lag": None if found is None else found.lag,
        "error": None if trouble is None else str(trouble.error),
    }


def _layer(report: LayerReport) -> dict[str, Any]:
    counts, state, size = report.counts, report.state, report.size
    return {
        "adapter": report.adapter,
        "state": "off" if report.adapter is None else "away" if state.is_away else "up",
        "hits": counts.hits,
        "misses": counts.misses,
        "hit_rate": counts.hit_rate,
        "entries": None if size is None else size.entries,
        "size_bytes": None if size is None else size.size,
        "seconds_saved": counts.seconds_saved,
        "not_admitted": counts.not_admitted,
        "failures": counts.failures,
        "error": state.last_error,
    }


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat()
