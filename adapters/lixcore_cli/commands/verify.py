"""``lix verify``: whether everything that is stored can be read, and both stores agree."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from lixcore.errors import StoreError
from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.interrupts import DeferredInterrupts
from lixcore_cli.invocation import StopError, invoked
from lixcore_cli.verify_report import VerifyReport, following

if TYPE_CHECKING:
    from lixcore.config import CacheConfig
    from lixcore.domain.session import SessionKey
    from lixcore.services.checks.verification import Checked, Verification


def verify(
    *,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Mend what can be mended; a damaged file is first copied to the quarantine. Asks before it begins."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a repair.")] = False,
    session_ids: Annotated[
        list[str] | None, typer.Option("--session", metavar="ID", help="Only this session; may be repeated.")
    ] = None,
    archive_only: Annotated[bool, typer.Option("--archive-only", help="Check the archive; the hot store is not opened.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show findings only: no progress, notes or summary.")] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read every byte of the archive and check it; check the hot store; compare the two, session by session.

    Everything of all tenants is checked, unless --session names sessions; --tenant then says whose those are. Other processes may
    go on working: what they are moving is no finding.

    The exit code is 0 when all is well, and 1 on any finding, also on one that was repaired: run it again to see that nothing is
    left. When a store cannot be reached, everything else is checked, and the exit code is that of the store's error.
    """
    if tenant is not None and not session_ids:
        raise typer.BadParameter("it goes with --session; without, all tenants are checked", param_hint="'--tenant'")
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, ExitStack() as closing:
        chosen = run.config()
        report = VerifyReport(run.out, quiet=quiet)
        verification, unopened = _opened(chosen, closing, archive_only=archive_only)
        keys = _keys(chosen, session_ids or (), tenant)
        for key in keys:
            if not verification.knows(key):
                unknown = f"there is no session {key.id!r} of tenant {key.tenant!r}; `lix sessions` lists them"
                raise StopError(ExitCode.NOT_FOUND, unknown)
        if repair and not yes:
            _ask("Repair what is found? Damaged files are copied to the quarantine first.")
        with DeferredInterrupts() as interrupts, following(report):
            stopped_by = _check(_steps(verification, keys, repair=repair), report, interrupts) or unopened
        report.summarise(complete=stopped_by is None)
        if stopped_by is not None:
            raise stopped_by
        if report.findings:
            raise typer.Exit(ExitCode.PARTLY)


def _opened(config: CacheConfig, closing: ExitStack, *, archive_only: bool) -> tuple[Verification, StoreError | None]:
    """What checks the stores; and why the hot store is left out, when it cannot be opened."""
    from lixcore.bootstrap import Opener
    from lixcore.registry import Group
    from lixcore.services.checks.verification import Verification

    opener, hot, problem = Opener(config), None, None
    archive = opener.open(Group.COLD_ARCHIVE, config.cold_archive)
    closing.callback(archive.close)
    if not archive_only:
        try:
            hot = opener.open(Group.HOT_STORE, config.hot_store)
            closing.callback(hot.close)
        except StoreError as error:
            problem = error
    return Verification(archive, hot, places=config.hot_window_size + config.spill_batch_size), problem


def _keys(config: CacheConfig, session_ids: Sequence[str], tenant: str | None) -> Sequence[SessionKey]:
    from lixcore.domain.session import SessionKey

    return [SessionKey(session_id, tenant or config.tenant) for session_id in dict.fromkeys(session_ids)]


def _steps(verification: Verification, keys: Sequence[SessionKey], *, repair: bool) -> Iterator[Checked]:
    if not keys:
        yield from verification.run(repair=repair)
    for key in keys:
        yield from verification.session(key, repair=repair)


def _check(steps: Iterator[Checked], report: VerifyReport, interrupts: DeferredInterrupts) -> BaseException | None:
    """Take all steps, an interrupt between two of them; returns what kept it from taking them all."""
    try:
        while True:
            with interrupts.held():
                checked = next(steps, None)
            if checked is None:
                return None
            report.take(checked)
    except (StoreError, KeyboardInterrupt) as error:
        return error


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise StopError(ExitCode.USAGE, "nobody is there to be asked; add --yes to repair")
    if not typer.confirm(question, err=True):
        raise StopError(ExitCode.PARTLY, "nothing was repaired")
