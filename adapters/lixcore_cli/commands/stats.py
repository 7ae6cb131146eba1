"""``lix stats``: how much there is, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import invoked
from lixcore_cli.layer_table import layer_document, layer_table
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import share, size
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.services.reuse.layer_report import LayerReport
    from lixcore.stack import Stack


@attrs.define
class Totals:
    """Sums over the sessions of a tenant.

    Attributes:
        sessions: All of them, hot or archived.
        hot_sessions: Those that are hot.
        messages: All messages, each counted once.
        hot_messages: Those in the hot store; some may be archived as well.
        archived_messages: Those in the archive.
        raw_bytes: The size of the archived records before compression.
        stored_bytes: What they take on the medium.
    """

    sessions: int = 0
    hot_sessions: int = 0
    messages: int = 0
    hot_messages: int = 0
    archived_messages: int = 0
    raw_bytes: int = 0
    stored_bytes: int = 0


def stats(
    *, tenant: TenantOption = None, config: ConfigOption = None, settings: SetOption = None, as_json: JsonOption = False
) -> None:
    """Count a tenant's sessions and messages, and what they take before and after compression; then what is in the caches.

    The caches are counted for all tenants, and their hits for all processes that share them. The exit code is 1 when one of them
    cannot be asked.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        whose = tenant or stack.config.tenant
        totals = _totals(stack, whose)
        ratio = totals.stored_bytes / totals.raw_bytes if totals.raw_bytes else None
        stores = {"hot_store": stack.config.hot_store, "cold_archive": stack.config.cold_archive, "codec": stack.config.codec}
        layers = stack.cache_layers()
        if as_json:
            figures = {**attrs.asdict(totals), "ratio": ratio, "caches": layer_document(layers)}
            run.out.document({"tenant": whose, **stores, **figures})
        else:
            _show(run.out, totals, layers, whose=whose, stores=stores)
        if any(layer.state.last_error for layer in layers):
            raise typer.Exit(ExitCode.PARTLY)


def _show(out: Output, totals: Totals, layers: Sequence[LayerReport], *, whose: str, stores: Mapping[str, str]) -> None:
    heading = f"tenant {visible_line(whose)}"
    table = plain_table("", heading, right=(heading,))
    table.add_row("sessions", f"{totals.sessions:,}")
    table.add_row("  of these hot", f"{totals.hot_sessions:,}")
    table.add_row("messages", f"{totals.messages:,}")
    table.add_row("  of these hot", f"{totals.hot_messages:,}")
    table.add_row("  of these archived; may be hot as well", f"{totals.archived_messages:,}")
    table.add_row("archived records before compression", size(totals.raw_bytes))
    table.add_row(f"archive ({stores['cold_archive']}; {stores['codec']} for new data)", size(totals.stored_bytes))
    table.add_row("  of the size before compression", share(totals.stored_bytes, totals.raw_bytes))
    out.show(table)
    out.show("")
    out.show(layer_table(layers))


def _totals(stack: Stack, tenant: str) -> Totals:
    window, reader, totals = stack.wiring.window, stack.wiring.reader, Totals()
    hot = {activity.session for activity in stack.wiring.hot.sessions() if activity.session.tenant == tenant}
    for info in reader.sessions():
        if info.session.tenant == tenant and info.session not in hot:
            totals.sessions += 1
            totals.messages += info.messages
            totals.archived_messages += info.messages
            totals.raw_bytes += info.raw_bytes
            totals.stored_bytes += info.stored_bytes
    for session in hot:
        each = window.stats(session)
        totals.sessions += 1
        totals.hot_sessions += 1
        totals.messages += each.messages
        totals.hot_messages += each.hot
        totals.archived_messages += each.archived
        totals.raw_bytes += each.raw_bytes
        totals.stored_bytes += each.stored_bytes
    return totals
