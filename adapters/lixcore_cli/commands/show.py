"""``lix show``: what was said in a conversation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.invocation import invoked, readable
from lixcore_cli.quantities import counted, instant
from lixcore_cli.safe_text import visible, visible_line

if TYPE_CHECKING:
    from rich.text import Text

    from lixcore.coordinator import CacheCoordinator
    from lixcore.stack import Stack

ROLE_STYLES = {
    "user": "bold green",
    "assistant": "bold cyan",
    "tool": "bold yellow",
    "function": "bold yellow",
    "system": "bold magenta",
}


def show(
    session_id: Annotated[str, typer.Argument(metavar="ID", help="The session.")],
    *,
    last: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the newest N messages.")] = None,
    context: Annotated[
        bool,
        typer.Option("--context", help="What an LLM would be given now, instead of the whole history. Makes the session hot."),
    ] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was said in a session, oldest first. Control characters in stored text are written out."""
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        coordinator = stack.session(session_id, tenant=tenant)
        readable(stack, coordinator.session)
        messages = _messages(stack, coordinator, context=context, last=last)
        if as_json:
            run.out.document({"session_id": session_id, "messages": messages})
            return
        for message in messages:
            run.out.show(*message_lines(message), "")
        run.out.note(f"{counted(len(messages), 'message')} of {visible_line(session_id)}")


def _messages(stack: Stack, coordinator: CacheCoordinator, *, context: bool, last: int | None) -> Sequence[Mapping[str, Any]]:
    if context:
        messages = coordinator.get_context_messages()
        return messages if last is None else messages[-last:]
    if last is None:
        return coordinator.get_full_history()
    from lixcore.domain.record import decode_message

    # The whole history would be read to show its end.
    return [decode_message(entry).to_dict() for entry in stack.wiring.window.history(coordinator.session, last=last)]


def message_lines(message: Mapping[str, Any]) -> Iterator[Text]:
    """A message for people: who and when, what is said, and what the metadata says of tools."""
    from rich.text import Text

    role = message["role"]
    when = instant(message["timestamp"])
    yield Text.assemble((visible_line(role), ROLE_STYLES.get(role, "bold")), "  ", (when, "dim"))
    if message["content"]:
        yield Text(visible(message["content"]))
    for line in metadata_lines(message["metadata"]):
        yield Text(visible_line(line), style="dim")


def metadata_lines(metadata: object) -> Iterator[str]:
    """The metadata in short: calls as ``→ name(arguments)``, everything else as JSON."""
    if not isinstance(metadata, dict):
        yield json.dumps(metadata, ensure_ascii=False)
        return
    rest = dict(metadata)
    calls = rest.get("tool_calls")
    if isinstance(calls, list) and all(isinstance(call, dict) and isinstance(call.get("function"), dict) for call in calls):
        del rest["tool_calls"]
        for call in calls:
            function = call["function"]
            yield f"→ {function.get('name')}({function.get('arguments', '')})  {call.get('id', '')}"
    if rest:
        yield json.dumps(rest, ensure_ascii=False)
