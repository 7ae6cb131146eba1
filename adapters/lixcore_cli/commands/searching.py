"""``lix search``: finding what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lixcore.errors import InvalidInputError
from lixcore_cli.commands.show import ROLE_STYLES
from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.invocation import found, invoked, unknown
from lixcore_cli.output import Output
from lixcore_cli.quantities import counted, minute
from lixcore_cli.safe_text import visible_line
from lixcore_cli.snippets import snippet

if TYPE_CHECKING:
    from rich.text import Text

    from lixcore.domain.message import Message
    from lixcore.domain.search_hit import SearchHit
    from lixcore.ports.analyzer import Analyzer
    from lixcore.stack import Stack

_MOMENTS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


def _moment(given: str) -> datetime:
    for form in _MOMENTS:
        with suppress(ValueError):
            return datetime.strptime(given, form)  # noqa: DTZ007  # of the local time zone, as people write it
    raise typer.BadParameter(f"{given!r} is no date such as 2026-01-31, or 2026-01-31T12:30:00 with a time")


def searching(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY...", help="Words to look for; no character has a meaning. Before a leading dash, write --."
        ),
    ],
    *,
    limit: Annotated[int, typer.Option("--limit", "-k", min=1, max=10_000, help="How many messages at most.")] = 10,
    session_ids: Annotated[
        list[str] | None, typer.Option("--session", metavar="ID", help="Only this session; may be repeated.")
    ] = None,
    roles: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help="Only what this role said; may be repeated.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(parser=_moment, metavar="DATE", help="Only what was said then or later, local time.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=_moment, metavar="DATE", help="Only what was said before then, local time.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help="Only messages whose metadata says so; may be repeated."),
    ] = None,
    neighbours: Annotated[
        int, typer.Option(min=0, max=100, metavar="N", help="Show N messages before and after each one as well.")
    ] = 0,
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="Bring what was archived into the index first, so that it is found.")
    ] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find messages in the histories of a tenant by their words, the best first.

    It needs an archive index, which the setting archive_index names; one session alone is searched without one as well, and then
    also in what is not archived yet. What is found contains a word of the query, in whatever form.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        query = " ".join(words)
        if not query.strip():
            raise InvalidInputError("query", "is empty; give words to look for")
        hits = stack.search(
            query,
            k=limit,
            tenant=tenant,
            sessions=session_ids or None,
            roles=roles or None,
            since=since.timestamp() if since else None,
            until=until.timestamp() if until else None,
            fields=_fields(fields or ()),
            neighbours=neighbours,
            catch_up=catch_up,
        )
        if not hits:
            _tell_of_unknown(run.out, stack, session_ids or (), tenant)
        analyzer = stack.wiring.searches.analyzer
        if as_json:
            run.out.lines(_document(hit, with_neighbours=neighbours > 0) for hit in hits)
        else:
            _show(run.out, hits, analyzer, query, whole=session_ids is not None and len(set(session_ids)) == 1)


def _tell_of_unknown(out: Output, stack: Stack, session_ids: Sequence[str], tenant: str | None) -> None:
    """Say which of some sessions there are not.

    Raises:
        StopError: There is none of them.
    """
    keys = [stack.session(session_id, tenant=tenant).session for session_id in dict.fromkeys(session_ids)]
    missing = [key for key in keys if found(stack, key) is None]
    if missing and len(missing) == len(keys):
        raise unknown(missing[0])
    for key in missing:
        out.note(str(unknown(key)))


def _fields(given: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{item!r} is not NAME=VALUE", param_hint="'--field'")
        fields[name] = value
    return fields


def _document(hit: SearchHit, *, with_neighbours: bool) -> dict[str, Any]:
    return {
        "session_id": hit.session.id,
        "tenant": hit.session.tenant,
        **hit.to_dict(neighbours=with_neighbours),
        "text_score": hit.text_score,
        "similarity": hit.similarity,
    }


def _show(out: Output, hits: Sequence[SearchHit], analyzer: Analyzer, query: str, *, whole: bool) -> None:
    """Show what was found.

    Args:
        out: Where to.
        hits: What.
        analyzer: Knows where the words stand.
        query: What was looked for.
        whole: Whether everything was searched, also what is not indexed yet.
    """
    words = analyzer.query_words(query)
    for hit in hits:
        out.show(*_lines(hit, analyzer, words), "")
    if hits:
        out.note(f"{counted(len(hits), 'message')}, the best first")
    elif words and whole:
        out.note("Nothing was found.")
    elif words:
        out.note("Nothing was found. `lix index` brings in what was archived lately, if anything was.")
    else:
        out.note("Nothing was found: the query has no word that tells something; words such as 'the' are not looked for.")


def _lines(hit: SearchHit, analyzer: Analyzer, words: Sequence[str]) -> Iterator[Text]:
    """A hit for people: who and when, which session; what stands before it, what was found, and what stands after it."""
    from rich.text import Text

    role = hit.message.role
    yield Text.assemble(
        (visible_line(role), ROLE_STYLES.get(role, "bold")),
        "  ",
        (minute(hit.message.timestamp), "dim"),
        "  ",
        (visible_line(hit.session.id), "cyan"),
        "  ",
        (f"{hit.score:.3f}", "dim"),
    )
    yield from (_beside(message) for message in hit.before)
    content = hit.message.content
    spans = analyzer.spans(content, words)
    if content:
        yield snippet(content, spans)
    if not spans and isinstance(hit.message.metadata, dict):
        yield from _in_metadata(hit.message.metadata, analyzer, words)
    yield from (_beside(message) for message in hit.after)


def _in_metadata(metadata: dict[str, Any], analyzer: Analyzer, words: Sequence[str]) -> Iterator[Text]:
    """What of the metadata the message was found by, where that was not what was said."""
    from rich.text import Text

    for name, value in metadata.items():
        if isinstance(value, str) and (spans := analyzer.spans(value, words)):
            yield Text.assemble((visible_line(name) + ": ", "dim"), snippet(value, spans))


def _beside(message: Message) -> Text:
    line = snippet(message.content, ())
    line.stylize("dim")
    return line
