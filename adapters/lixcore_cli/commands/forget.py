"""``lix forget``: removing a conversation for good."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, found, invoked, unknown
from lixcore_cli.quantities import counted
from lixcore_cli.safe_text import visible_line


def forget(
    session_id: Annotated[str, typer.Argument(metavar="ID", help="The session.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove every trace of a session from every store. There is no way back.

    Files of an archive index are written anew without it at once; while another process writes to the index, that one does it, or
    the next `lix index`. Where a store cannot be used, the error says what is forgotten: run the same command again.

    A second call finds nothing and ends with the exit code for it.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        coordinator = stack.session(session_id, tenant=tenant)
        # Nobody is asked about what is only cached: it may go at any time, and nothing is lost with it.
        has_messages = found(stack, coordinator.session) is not None
        if has_messages and not yes:
            messages = stack.wiring.window.stats(coordinator.session).messages
            _ask(f"Remove {counted(messages, 'message')} of {visible_line(session_id)} for good?")
        removed = coordinator.forget()
        if not has_messages and not any(removed.values()):
            raise unknown(coordinator.session)
        if as_json:
            run.out.document({"session_id": session_id, "tenant": coordinator.session.tenant, "removed": removed})
            return
        parts = [
            counted(removed["hot"], "message") + " from the hot store",
            counted(removed["archive"], "message") + " from the archive",
        ]
        if removed["index"]:
            parts.append(counted(removed["index"], "message") + " from the index")
        if removed["semantic"]:
            parts.append(counted(removed["semantic"], "cached response"))
        run.out.show(f"Removed {', '.join(parts)}.")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise StopError(ExitCode.USAGE, "nobody is there to be asked; add --yes to remove the session")
    if not typer.confirm(question, err=True):
        raise StopError(ExitCode.PARTLY, "nothing was removed")
