"""``lix evict``: moving sessions out of the hot store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import Invocation, existing, invoked
from lixcore_cli.quantities import counted

if TYPE_CHECKING:
    from lixcore.stack import Stack


def evict(
    session_ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="These sessions.")] = None,
    *,
    idle: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="MINUTES", help="Sessions of any tenant that nobody used for so long, as the eviction policy chooses."
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every hot session of the tenant.")] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move sessions from the hot store to the archive. Nothing is lost: the next use makes them hot again."""
    if sum((bool(session_ids), idle is not None, everything)) != 1:
        raise typer.BadParameter("give session ids, --idle MINUTES or --all: one of the three", param_hint="'ID'")
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        still_hot: list[str] = []
        with run.stack() as stack:
            if idle is not None:
                evicted = stack.evict_idle(idle_seconds=idle * 60)
            else:
                evicted = _evict(stack, session_ids, tenant or stack.config.tenant, still_hot)
        _tell(run, evicted, still_hot)


def _evict(stack: Stack, session_ids: list[str] | None, tenant: str, still_hot: list[str]) -> int:
    """Evict these, or all hot sessions of the tenant; returns how many left the hot store."""
    if session_ids:
        keys = [stack.session(session_id, tenant=tenant).session for session_id in dict.fromkeys(session_ids)]
        hot = [key for key in keys if existing(stack, key).hot is not None]  # all are looked up before one is moved
    else:
        hot = [activity.session for activity in stack.wiring.hot.sessions() if activity.session.tenant == tenant]
    still_hot += [key.id for key in hot if not stack.wiring.tiering.evict(key)]
    return len(hot) - len(still_hot)


def _tell(run: Invocation, evicted: int, still_hot: list[str]) -> None:
    if run.out.as_json:
        run.out.document({"evicted": evicted, "still_hot": still_hot})
    else:
        run.out.show(f"{counted(evicted, 'session')} moved to the archive.")
    if still_hot:
        run.out.warn(
            f"{counted(len(still_hot), 'session')} stayed hot, because somebody kept adding: {', '.join(still_hot[:10])}"
        )
        raise typer.Exit(ExitCode.PARTLY)
