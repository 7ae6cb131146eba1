"""How ``lix contract`` shows what came of a contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import indent
from typing import TYPE_CHECKING, Any

from lixcore.registry import Group
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import counted
from lixcore_cli.safe_text import visible, visible_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lixcore.testing.runner import ContractReport, Failure, RuleResult
    from lixcore_cli.contract_run import Trial

_MOST_FAILURES = 3
_STORES = frozenset({Group.HOT_STORE, Group.COLD_ARCHIVE, Group.SIMILARITY_INDEX, Group.EMBEDDING_STORE, Group.ARCHIVE_INDEX})


def show_report(out: Output, trial: Trial, report: ContractReport) -> None:
    """For people: what it is, its rules by what they are about, each broken one in full, and a sentence at the end."""
    from rich.text import Text

    heading = f"{trial.group.label} {trial.name}"
    out.show(
        Text.assemble((visible_line(heading), "bold"), f", {visible_line(report.adapter)} of {visible_line(trial.provider)}")
    )
    if trial.group in _STORES:  # a codec or a policy keeps nothing
        out.show(f"capabilities: {', '.join(report.capabilities) or 'none: unshared, in memory'}")
    if report.powers:
        out.show(f"powers: {', '.join(report.powers)}")
    if report.results:
        out.show(_sections(report))
    for result in report.failed:
        out.show(*_broken(result))
    for reason, names in _skipped(report).items():
        rules = "; ".join(names)
        out.show(Text.assemble(("- ", "dim"), (f"{visible_line(reason)}: {visible_line(rules)}", "dim")))
    out.show(_summary(report), "")


def report_document(trial: Trial, report: ContractReport) -> dict[str, Any]:
    """The same as plain values."""
    return {"port": trial.group.setting.replace("_", "-"), "name": trial.name, "provider": trial.provider, **report.document()}


def _sections(report: ContractReport) -> RenderableType:
    table = plain_table(
        "", "rules about", "hold", "broken", "not tried", "seconds", right=("hold", "broken", "not tried", "seconds")
    )
    by_section: dict[str, list[RuleResult]] = {}
    for result in report.results:
        by_section.setdefault(result.section, []).append(result)
    for section, results in by_section.items():
        count = Counter(result.outcome.value for result in results)
        broken = count["failed"]
        table.add_row(
            "✗" if broken else "✓",
            section,
            str(count["passed"]),
            str(broken or ""),
            str(count["skipped"] or ""),
            f"{sum(result.seconds for result in results):.1f}",
            style="red" if broken else "",
        )
    return table


def _broken(result: RuleResult) -> Iterator[RenderableType]:
    from rich.text import Text

    yield Text.assemble(("✗ ", "bold red"), (visible_line(result.rule), "bold"))
    if result.why:
        yield _part("why it matters", result.why)
    for failure in result.failures[:_MOST_FAILURES]:
        yield from _seen(failure)
    if (more := len(result.failures) - _MOST_FAILURES) > 0:
        yield _part("also", f"{counted(more, 'more case')} like these")
    yield _part("read on", result.anchor)
    yield ""


def _seen(failure: Failure) -> Iterator[RenderableType]:
    yield _part(f"seen with {failure.case}" if failure.case else "seen", failure.seen)
    if failure.counter_example:
        yield _part("smallest example", failure.counter_example)


def _part(label: str, text: str) -> RenderableType:
    from rich.padding import Padding
    from rich.text import Text

    shown = visible(text)
    body = f"\n{indent(shown, '  ')}" if "\n" in shown else f" {shown}"
    return Padding(Text.assemble((f"{label}:", "dim"), body), (0, 0, 0, 4), expand=False)


def _skipped(report: ContractReport) -> dict[str, list[str]]:
    by_reason: dict[str, list[str]] = {}
    for result in report.skipped:
        by_reason.setdefault(result.reason or "not tried", []).append(result.rule.partition("/")[2])
    return by_reason


def _summary(report: ContractReport) -> str:
    parts = [f"{counted(len(report.passed), 'rule')} hold" if len(report.passed) != 1 else "1 rule holds"]
    if report.failed:
        parts.append(f"{len(report.failed)} {'is' if len(report.failed) == 1 else 'are'} broken")
    if report.skipped:
        parts.append(f"{len(report.skipped)} {'does' if len(report.skipped) == 1 else 'do'} not apply")
    ending = " It was interrupted: the others were not tried." if report.interrupted else ""
    return f"{', '.join(parts)}; profile {report.profile}, {report.seconds:.1f} s.{ending}"
