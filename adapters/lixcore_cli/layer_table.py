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

_LABELS: Final = {"semantic_cache": "responses", "url_embedding_cache": "embeddings"}
_FIGURES: Final = ("kept by", "entries", "size", "hits", "misses", "hit rate", "time saved")
_UNKNOWN: Final = "-"


def layer_table(reports: Sequence[LayerReport]) -> Table:
    """One column for each cache; what its store cannot say, and what one that is switched off has not, is a dash."""
    caches = [_LABELS.get(report.name, report.name) for report in reports]
    table = plain_table("caches, of all tenants", *caches, right=caches)
    for row in zip(_FIGURES, *map(_figures, reports), strict=True):
        table.add_row(*row)
    return table


def _figures(report: LayerReport) -> list[str]:
    if report.adapter is None:
        return ["off", *[_UNKNOWN] * (len(_FIGURES) - 1)]
    held, totals = report.size, report.totals
    return [
        report.adapter,
        *([_UNKNOWN] * 2 if held is None else [f"{held.entries:,}", size(held.size)]),
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
    ]


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
