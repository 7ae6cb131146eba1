"""How the demo looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lixcore_cli.commands.show import ROLE_STYLES, metadata_lines
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import counted, share, size
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from lixcore_cli.demo_acts import Claim, CodecSize, Overflow, Recalled
    from lixcore_cli.demo_reuse import Lookup, Reused


MAX_WIDTH = 88
"""Longer lines are hard to read."""


class DemoView:
    """Tells the story on standard output; nothing with ``--json``, which is given the facts at the end."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def begin(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Say what is played."""
        tools = sum(message["role"] == "tool" for message in messages)
        self._panel(
            "A conversation",
            f"{len(messages)} messages in three scripts, {tools} of them results of tools, go through the embedded stack: "
            "recent messages in an SQLite file, everything else in a .huff archive. No server is needed.",
        )

    def overflows(self, overflows: Sequence[Overflow]) -> None:
        """Show when messages moved."""
        numbers = ("after message", "moved to the archive", "hot", "archived")
        table = plain_table(*numbers, right=numbers)
        for each in overflows:
            table.add_row(str(each.after), str(each.moved), str(each.hot), str(each.archived))
        self._panel(
            "Overflow",
            "The hot store keeps the window and one batch. When that is full, the oldest batch moves to the archive.",
            table,
        )

    def window(self, context: Sequence[Mapping[str, Any]]) -> None:
        """Show the window."""
        from lixcore_cli.demo_acts import WINDOW

        why = "" if len(context) == WINDOW else f", not {WINDOW}: it never begins with a tool's result that lacks its call"
        self._panel("The window", f"What an LLM is given now: the last {len(context)} messages{why}.\n", *map(_in_short, context))

    def come_back(self, count: int, seconds: float) -> None:
        """Tell of the eviction and the return."""
        self._panel(
            "Eviction and return",
            "Idle for long, the session leaves the hot store; the archive has it all.\n"
            f"Asked for again, its {count} messages are back after {seconds * 1000:.1f} ms, the same as before.",
        )

    def recall(self, recalled: Recalled) -> None:
        """Show what was found of what was said long ago."""
        from rich.text import Text

        lines = [Text(visible_line(said), no_wrap=True, overflow="ellipsis") for said in recalled.relevant]
        self._panel("Recall", f"Asked: {visible_line(recalled.question)}\nFound, the best first:\n", *lines)

    def sizes(self, as_lines: int, stored: int, sizes: Sequence[CodecSize]) -> None:
        """Show what the history takes."""
        table = plain_table("the whole history", "size", "of JSON lines", right=("size", "of JSON lines"))
        table.add_row("as JSON lines", size(as_lines), share(as_lines, as_lines))
        table.add_row("archived as it was said (huffman)", size(stored), share(stored, as_lines))
        for each in sizes:
            if each.stored_bytes is None:
                table.add_row(f"archived at once, {each.codec}: {each.note}", "-", "-")
            else:
                table.add_row(f"archived at once, {each.codec}", size(each.stored_bytes), share(each.stored_bytes, as_lines))
        self._panel("Sizes", "Files as they are on disk, every header counted. Longer histories shrink more.", table)

    def reuse(self, lookups: Sequence[Lookup], reused: Reused) -> None:
        """Show what was answered from the caches, and what was not."""
        from rich.text import Text

        from lixcore_cli.demo_reuse import CACHED

        table = plain_table("asked about the same page", "cosine", "", right=("cosine",))
        for each in lookups:
            told = Text("answered from the cache", "green") if each.found else Text("not answered")
            table.add_row(each.what, f"{each.similarity:.2f}", told)
        self._panel(
            "Responses",
            f"Cached was the response to: {CACHED}\n"
            "Alike is 0.90 or more; then numbers, names and the order of words must agree as well.",
            table,
        )
        self._panel(
            "Embeddings",
            f"{reused.first} pages were embedded. Of {reused.again} URLs asked for later, one of them spelt otherwise, "
            f"{reused.computed - reused.first} was new: {reused.computed} embeddings in all.",
        )

    def removed(self, removed: Mapping[str, int] | None) -> None:
        """Tell what was forgotten; None when nothing was."""
        if removed is not None:
            self._panel(
                "Forget",
                f"Removed for good: {removed['hot']} messages from the hot store, {removed['archive']} from the archive, "
                f"and {counted(removed['semantic'], 'cached response')}.",
            )

    def conclude(self, claims: Sequence[Claim], *, seconds: float, session_id: str, directory: Path | None) -> None:
        """Show what was checked, and where to go from here."""
        from rich.text import Text

        marks = {True: ("✓ ", "green"), False: ("✗ ", "bold red")}
        self._panel("Checked", *(Text.assemble(marks[claim.holds], claim.text) for claim in claims))
        failed = sum(not claim.holds for claim in claims)
        if failed:
            self._out.warn(f"{failed} of {len(claims)} checks failed")
        else:
            self._out.show(Text(f"All {len(claims)} checks hold, after {seconds:.1f} s.", style="bold green"))
        if directory is not None:
            option = f"--config {visible_line(str(directory / 'lixcore.toml'))}"
            self._out.show(f"Look around:  lix show {session_id} {option}\n              lix sessions {option}")

    def _panel(self, title: str, *parts: RenderableType) -> None:
        if self._out.as_json:
            return
        from rich.console import Group
        from rich.panel import Panel

        self._out.show(Panel(Group(*parts), title=title, title_align="left", width=min(self._out.console.width, MAX_WIDTH)))


def _in_short(message: Mapping[str, Any]) -> Text:
    from rich.text import Text

    said = message["content"] or " ".join(metadata_lines(message["metadata"]))
    line = Text.assemble((f"{message['role']:<10}", ROLE_STYLES.get(message["role"], "")), visible_line(said), no_wrap=True)
    line.overflow = "ellipsis"
    return line
