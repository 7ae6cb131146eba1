"""``lix plugins``: what is installed, from where, and whether it works."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import typer

from lixcore_cli.common_options import JsonOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import invoked
from lixcore_cli.output import Output, plain_table
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.hooks.installed import InstalledPlugins
    from lixcore.hooks.plugins import PluginFacts
    from lixcore.registry import InstalledAdapter, Registry


@attrs.frozen
class Finding:
    """An adapter or a plugin, and whether it can be used.

    Attributes:
        group: The entry-point group.
        name: What a configuration calls it.
        location: ``module:class``; of a plugin, ``module`` or ``module:object``.
        distribution: Who registers it.
        version: Of that distribution.
        loads: Whether it can be imported and is an adapter.
        problem: Why not, or which extra it lacks; empty when nothing is wrong.
        hooks: The hooks that a plugin answers; none for an adapter.
    """

    group: str
    name: str
    location: str
    distribution: str
    version: str
    loads: bool
    problem: str = ""
    hooks: Sequence[str] = ()


def plugins(*, as_json: JsonOption = False) -> None:
    """List the registered adapters, policies and plugins, load each, and name the extra that one lacks.

    Plugins are loaded whether the setting ``plugins`` lets them in or not. The exit code is 1 when one does not load, or when
    something is registered in a group that there is not.
    """
    with invoked(as_json=as_json) as run:
        from lixcore.registry import Registry

        registry, of_plugins = _tried_plugins(Registry.scan())
        findings = [_tried(registry, adapter) for adapter in registry.installed()] + of_plugins + _misplaced()
        if as_json:
            run.out.lines(map(attrs.asdict, findings))
        else:
            _show(run.out, findings)
        if not all(each.loads for each in findings):
            raise typer.Exit(ExitCode.PARTLY)


def _show(out: Output, findings: Sequence[Finding]) -> None:
    table = plain_table("name", "class", "from", "loads")
    group = ""
    for each in findings:
        if each.group != group:
            group = each.group
            table.add_row(visible_line(group), style="bold")
        answers = f"yes: {', '.join(each.hooks)}" if each.hooks else "yes"
        cells = (f"  {each.name}", each.location, f"{each.distribution} {each.version}", each.problem or answers)
        table.add_row(*map(visible_line, cells), style="" if each.loads else "red")
    out.show(table)


def _tried(registry: Registry, adapter: InstalledAdapter) -> Finding:
    from lixcore.errors import BrokenAdapterError, MissingExtraError
    from lixcore.ports.adapter import ChecksDriver

    facts = Finding(adapter.group.value, adapter.name, adapter.value, adapter.distribution, adapter.version, loads=True)
    try:
        found: object = registry.load(adapter.group, adapter.name, origin="lix plugins")
        if isinstance(found, ChecksDriver):
            found.check_driver()
    except MissingExtraError as error:  # no fault of anybody's: it is there for those who want it
        return attrs.evolve(facts, problem=str(error))
    except BrokenAdapterError as error:
        return attrs.evolve(facts, loads=False, problem=str(error))
    return facts


def _misplaced() -> list[Finding]:
    """A finding for each entry point of a group that begins like lixcore's and is none: nothing would ever look there."""
    from lixcore.hooks.installed import GROUP
    from lixcore.registry import Group, entry_points_on, nearest

    known = {group.value for group in Group} | {GROUP}
    findings: list[Finding] = []
    for point in entry_points_on(tuple(sys.path)):
        if point.group not in known:
            near = nearest(point.group, known)
            hint = f"did you mean {near}?" if near else "`lix plugins` lists the groups that are in use"
            problem = f"this version of lixcore has no group {point.group}; {hint}"
            name, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
            findings.append(Finding(point.group, point.name, point.value, name, version, loads=False, problem=problem))
    return findings


def _tried_plugins(registry: Registry) -> tuple[Registry, list[Finding]]:
    """The registry with the adapters that plugins bring, and a finding for each plugin."""
    from lixcore.hooks.installed import InstalledPlugins

    findings: list[Finding] = []
    installed = InstalledPlugins.scan()
    for facts in installed.facts:
        registry, finding = _tried_plugin(registry, installed, facts)
        findings.append(finding)
    return registry, findings


def _tried_plugin(registry: Registry, installed: InstalledPlugins, plugin: PluginFacts) -> tuple[Registry, Finding]:
    from lixcore.errors import BrokenPluginError, MissingExtraError
    from lixcore.hooks.choosing import with_adapters_of
    from lixcore.hooks.installed import GROUP

    facts = Finding(GROUP, plugin.name, plugin.value, plugin.distribution, plugin.version, loads=True)
    try:
        loaded = installed.load(plugin.name)
        extended = with_adapters_of(registry, [loaded])
    except MissingExtraError as error:
        return registry, attrs.evolve(facts, problem=str(error))
    except BrokenPluginError as error:
        return registry, attrs.evolve(facts, loads=False, problem=str(error))
    return extended, attrs.evolve(facts, hooks=loaded.hooks)
