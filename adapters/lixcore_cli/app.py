"""The command line itself: which commands there are, and how any of them ends."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from lixcore import __version__
from lixcore_cli.commands.calibrate import calibrate
from lixcore_cli.commands.configuration import configuration
from lixcore_cli.commands.contract import contract
from lixcore_cli.commands.demo import demo
from lixcore_cli.commands.doctor import doctor
from lixcore_cli.commands.evict import evict
from lixcore_cli.commands.exporting import exporting
from lixcore_cli.commands.forget import forget
from lixcore_cli.commands.importing import importing
from lixcore_cli.commands.indexing import indexing
from lixcore_cli.commands.janitor import janitor
from lixcore_cli.commands.new_adapter import new_adapter
from lixcore_cli.commands.new_policy import new_policy
from lixcore_cli.commands.plugins import plugins
from lixcore_cli.commands.searching import searching
from lixcore_cli.commands.sessions import sessions
from lixcore_cli.commands.show import show
from lixcore_cli.commands.sql import sql
from lixcore_cli.commands.stats import stats
from lixcore_cli.commands.train_dictionary import train_dictionary
from lixcore_cli.commands.verify import verify
from lixcore_cli.common_options import examples
from lixcore_cli.exit_codes import ExitCode

_CODES = "\n".join(["[bold]Exit codes[/bold]", *(f"  {code.value:>3}  {code.meaning}" for code in ExitCode)])

app = typer.Typer(
    name="lix",
    help="The memory of a conversational AI application: recent turns hot, whole histories compressed.",
    epilog=examples(
        ("lix demo", "see it work; needs no server"),
        ("lix import conversations.jsonl.gz", "bring histories in"),
        ("lix sessions --sort messages", "the longest conversations"),
        ("lix show user-abc --context", "what an LLM would be given"),
        ("lix search 'hotel in Lisbon'", "who said that, and when"),
        ("lix config --changed", "what is set, and where"),
    )
    + "\n\n"
    + _CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # called by typer
    if wanted:
        typer.echo(f"lix {__version__}")
        raise typer.Exit


@app.callback()
def lix(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The memory of a conversational AI application: recent turns hot, whole histories compressed."""
    del version


EXAMPLES = {
    "demo": (
        ("lix demo", "in a temporary directory, removed at the end"),
        ("lix demo --dir trial", "keep it, to look around with the other commands"),
    ),
    "import": (
        ("lix import conversations.jsonl.gz", "a file, gzip or not"),
        ("zstdcat old.jsonl.zst | lix import -", "from a pipe"),
        ("lix import --skip-bad *.jsonl", "all files, whatever is wrong with some lines"),
        ("lix import --set archive_dir=/var/lib/lix a.jsonl", "into another archive"),
    ),
    "export": (
        ("lix export -o backup.jsonl.gz", "everything, compressed"),
        ("lix export --session user-abc | jq .", "one session, to look into"),
    ),
    "sessions": (
        ("lix sessions", "the last used first"),
        ("lix sessions --sort size --limit 10", "the ten largest"),
        ("lix sessions --json | jq -r .session_id", "all ids"),
    ),
    "show": (
        ("lix show user-abc", "the whole history"),
        ("lix show user-abc --last 5", "its end"),
        ("lix show user-abc --context", "what an LLM would be given now"),
    ),
    "search": (
        ("lix search 'hotel in Lisbon'", "in all sessions, the best first"),
        ("lix search dinner --role user --since 2026-01-01", "only what users said this year"),
        ("lix search invoice --session user-abc --neighbours 2", "one session, with what stands around"),
        ("lix search invoice --json | jq -r .session_id", "for a program"),
    ),
    "index": (
        ("lix index", "bring in what was archived"),
        ("lix index status", "what it holds, and what it lacks"),
        ("lix index rebuild", "begin from nothing"),
    ),
    "sql": (
        ('lix sql "select role, count(*) from messages group by role"', "who said how much"),
        ('lix sql "select session, max(timestamp) from messages group by all" --json', "for a program"),
    ),
    "stats": (("lix stats", "of the configured tenant"), ("lix stats --tenant acme --json", "of another one, for a program")),
    "config": (
        ("lix config --changed", "what differs from the defaults"),
        ("lix config --explain --set hot_store=sqlite", "what can be set with that store"),
    ),
    "plugins": (("lix plugins", "what is installed, and whether it loads"),),
    "evict": (
        ("lix evict user-abc", "one session"),
        ("lix evict --idle 30", "what nobody used for half an hour"),
        ("lix evict --all", "every hot session of the tenant"),
    ),
    "janitor": (
        ("lix janitor", "until it is told to end"),
        ("lix janitor --once", "one round, for cron"),
        ("lix janitor --interval 10 --json", "a JSON line for each round, every ten seconds"),
    ),
    "forget": (("lix forget user-abc", "asks first"), ("lix forget user-abc --yes", "does not ask")),
    "verify": (
        ("lix verify", "every file, both stores, all tenants"),
        ("lix verify --repair", "and mend what can be mended; asks first"),
        ("lix verify --session user-abc", "one session"),
        ("lix verify --archive-only --json", "the files only, for a program"),
    ),
    "doctor": (
        ("lix doctor", "before you go live, and when something is odd"),
        ("lix doctor --strict", "for a deployment script: no warnings either"),
        ("lix doctor --json | jq 'select(.severity != \"ok\")'", "what is not well, for a program"),
    ),
    "train-dictionary": (
        ("lix train-dictionary talk.zdict", "from what the archive holds"),
        ("lix train-dictionary talk.zdict --from a.jsonl.gz", "from a file"),
    ),
    "calibrate": (
        ("lix calibrate pairs.jsonl", "by the similarities in the file"),
        ("lix calibrate pairs.jsonl.gz --embeddings rows.npy", "by embeddings in an array"),
        ("lix calibrate pairs.jsonl --precision 0.95", "for 19 right answers of 20"),
        ("lix calibrate pairs.jsonl --set match_policy=threshold", "without comparing the texts"),
    ),
    "contract": (
        ("lix contract redis", "every rule, for each port that it serves"),
        ("lix contract mine --port hot-store --profile dev", "quick, while you write it"),
        ("lix contract mine --rule hostile", "some rules only"),
    ),
    "new-adapter": (
        ("lix new-adapter mine --port hot-store", "a package lixcore-mine, that passes its contract"),
        ("lix new-adapter mine --port codec --into ~/src", "somewhere else"),
    ),
    "new-policy": (
        ("lix new-policy mine", "an eviction policy"),
        ("lix new-policy mine --kind redaction", "what must not be stored"),
        ("lix new-policy mine --kind plugin", "installed and asked, without any configuration"),
    ),
}


def _flowing(docstring: str) -> str:
    """Paragraphs without the line breaks of the source: a terminal has its own width."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in docstring.split("\n\n"))


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "import": importing,
    "export": exporting,
    "sessions": sessions,
    "show": show,
    "search": searching,
    "index": indexing,
    "sql": sql,
    "stats": stats,
    "config": configuration,
    "plugins": plugins,
    "evict": evict,
    "janitor": janitor,
    "forget": forget,
    "verify": verify,
    "doctor": doctor,
    "train-dictionary": train_dictionary,
    "calibrate": calibrate,
    "contract": contract,
    "new-adapter": new_adapter,
    "new-policy": new_policy,
}

for _name, _function in COMMANDS.items():
    app.command(_name, help=_flowing(_function.__doc__ or ""), epilog=examples(*EXAMPLES[_name]))(_function)


def _prepare_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without a character shows it written out, instead of failing
            stream.reconfigure(errors="backslashreplace")
    raw: object = getattr(sys.stdout, "buffer", None)
    if isinstance(raw, io.RawIOBase):
        # PYTHONUNBUFFERED: such a stream may write a part of what it is given, and say nothing.
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=sys.stdout.encoding, errors="backslashreplace", line_buffering=sys.stdout.isatty()
        )


def run() -> int:
    """Run the command line of this process; returns the exit code, or ends the process with that of a defect."""
    _prepare_streams()
    try:
        app(prog_name="lix")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.PARTLY
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001  # a defect: it is shown whole, and the process ends
        traceback.print_exc()
        raise SystemExit(ExitCode.DEFECT) from None
    return ExitCode.OK
