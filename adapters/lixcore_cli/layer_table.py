"""The caches, as ``lix stats`` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore_cli.output import plain_table
from lixcore_cli.quantities import share, size

if TYPE_CHECKING:
    from rich.table import Table

    from lixcore.services.reuse.layer_report import LayerReport

_LABELS: Final = {"semantic_cache": "responses", "url_embedding_cache": "embeddings of URLs"}
_UNKNOWN: Final = "-"


def layer_table(reports: Sequence[LayerReport]) -> Table:
    """One row for each cache; what its store cannot say is a dash."""
    figures = ("entries", "size", "hits", "misses", "hit rate", "time saved")
    table = plain_table("cache", "kept by", *figures, right=figures)
    for report in reports:
        held, totals = report.size, report.totals
        table.add_row(
            _LABELS.get(report.name, report.name),
            report.adapter or "nothing: switched off",
            _UNKNOWN if held is None else f"{held.entries:,}",
            _UNKNOWN if held is None else size(held.size),
            *(
                [_UNKNOWN] * 4
                if totals is None
                else [
                    f"{totals.hits:,}",
                    f"{totals.misses:,}",
                    share(totals.hits, totals.hits + totals.misses),
                    f"{totals.seconds_saved:,.1f} s",
                ]
            ),
        )
    return table


def layer_document(reports: Sequence[LayerReport]) -> dict[str, Any]:
    """The same as plain values, by the cache's name; None for what the store cannot say."""
    return {
        report.name: {
            "adapter": report.adapter,
            "entries": report.size.entries if report.size else None,
            "size_bytes": report.size.size if report.size else None,
            "totals": {**attrs.asdict(report.totals), "hit_rate": report.totals.hit_rate} if report.totals else None,
            "error": report.state.last_error,
        }
        for report in reports
    }
