"""What ``lix verify`` tells: each finding when it is found, how far it is, and the counts at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from lixcore_cli.output import Output
from lixcore_cli.quantities import counted
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.ports.verification import Finding
    from lixcore.services.checks.verification import Checked


class _Progress(Protocol):
    """As much of a progress bar as is needed here."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class VerifyReport:
    """Takes the results of the steps, in order. Findings are shown at once and not kept.

    Args:
        quiet: Show findings only.

    Attributes:
        findings: How many there were.
        repaired: How many of them were repaired.
        bars: What shows the progress; None where nobody watches.
    """

    def __init__(self, out: Output, *, quiet: bool) -> None:
        self.out = out
        self.quiet = quiet
        self.findings = 0
        self.repaired = 0
        self.bars: _Progress | None = None
        self._sessions: dict[str, int] = {}
        self._messages: dict[str, int] = {}
        self._copies: set[str] = set()
        self._started = time.perf_counter()

    def take(self, checked: Checked) -> None:
        """Count a step, and show its findings."""
        stage, verified = checked.stage.value, checked.verified
        if verified.session is not None:
            self._sessions[stage] = self._sessions.get(stage, 0) + 1
        self._messages[stage] = self._messages.get(stage, 0) + verified.messages
        if not verified.findings and not checked.notes:
            return
        if self.bars is not None:
            self.bars.stop()
        for finding in verified.findings:
            self.findings += 1
            self.repaired += finding.is_repaired
            if finding.copy is not None:
                self._copies.add(finding.copy)
            self._show(checked, finding)
        if not self.quiet:
            for note in checked.notes:
                self.out.note(f"note: {note}")
        if self.bars is not None:
            self.bars.start()

    def progress(self) -> str:
        """How far it is, in words."""
        return "; ".join(f"{stage}: {counted(count, 'session')}" for stage, count in self._sessions.items())

    def _show(self, checked: Checked, finding: Finding) -> None:
        session = checked.verified.session
        if self.out.as_json:
            facts = {
                "kind": "finding",
                "stage": checked.stage.name.lower(),
                "where": finding.where,
                "session_id": session.id if session else None,
                "tenant": session.tenant if session else None,
                "reason": finding.reason,
                "remedy": finding.remedy,
                "repaired": finding.is_repaired,
                "copy": finding.copy,
            }
            self.out.lines([facts])
            sys.stdout.flush()  # there may be an hour until the next one
            return
        from rich.text import Text

        mark, style = ("repaired", "bold yellow") if finding.is_repaired else ("finding", "bold red")
        whose = "" if session is None or repr(session.id) in finding.where else f" (session {session.id!r})"
        self.out.show(Text.assemble((f"{mark}:", style), f" {visible_line(f'{finding.where}{whose}: {finding.reason}')}"))
        if finding.remedy:
            self.out.show(Text(f"  {visible_line(finding.remedy)}"))
        if finding.copy is not None:
            self.out.show(Text(f"  what was there before: {visible_line(finding.copy)}"))

    def summarise(self, *, complete: bool) -> None:
        """Tell the counts. An incomplete check says so, whatever it found."""
        from lixcore.services.checks.verification import Stage

        archive, hot = Stage.ARCHIVE.value, Stage.COMPARISON.value
        facts: dict[str, Any] = {
            "kind": "summary",
            "complete": complete,
            "archived_sessions": self._sessions.get(archive, 0),
            "archived_messages": self._messages.get(archive, 0),
            "hot_sessions": self._sessions.get(hot, 0),
            "hot_messages": self._messages.get(hot, 0),
            "findings": self.findings,
            "repaired": self.repaired,
            "copies": sorted(self._copies),
            "seconds": round(time.perf_counter() - self._started, 3),
        }
        if self.out.as_json:
            self.out.lines([facts])
            return
        if self.quiet:
            return
        checked = f"{counted(facts['archived_sessions'], 'session')} and {counted(facts['archived_messages'], 'message')}"
        compared = f"{counted(facts['hot_sessions'], 'hot session')} compared with it"
        self.out.show(f"Checked {checked} in the archive, {compared}, in {facts['seconds']:.1f} s.")
        found = counted(self.findings, "finding") if self.findings else "nothing wrong"
        mended = f", {self.repaired:,} of them repaired" if self.findings else ""
        copies = f"; copies in the quarantine: {len(self._copies):,}" if self._copies else ""
        self.out.show(f"Found {found}{mended}{copies}.")
        if not complete:
            self.out.note("Not everything was checked.")


@contextmanager
def following(report: VerifyReport) -> Iterator[None]:
    """Show how far it is, to people who watch a terminal."""
    if report.out.as_json or report.quiet or not report.out.errors.is_terminal:
        yield
        return
    from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn
    from rich.text import Text

    class _HowFar(ProgressColumn):
        def render(self, task: Task) -> Text:  # noqa: ARG002  # there is one task
            return Text(report.progress())

    with Progress(SpinnerColumn(), TimeElapsedColumn(), _HowFar(), console=report.out.errors, transient=True) as bars:
        bars.add_task("", total=None)
        report.bars = bars
        try:
            yield
        finally:
            report.bars = None
