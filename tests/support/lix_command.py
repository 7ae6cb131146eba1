"""The ``lix`` command as tests run it: inside this process, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from typer.testing import CliRunner

from lixcore_cli.app import app

PROGRAM = [sys.executable, "-c", "from lixcore_cli import main; main()"]
EMBEDDED = {"hot_store": "sqlite", "cold_archive": "huffman"}


@attrs.frozen
class Ran:
    """How a command ended.

    Attributes:
        code: Its exit code.
        out: What it wrote to standard output.
        err: What it wrote to standard error.
    """

    code: int
    out: str
    err: str

    def document(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]


class LixCommand:
    """Runs commands on the embedded stack in a directory of its own.

    Args:
        home: Where sessions are kept, and the configuration file is.
    """

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.archive_dir = home / "conversations"
        stores = {**EMBEDDED, "archive_dir": str(self.archive_dir), "sqlite_path": str(home / "hot.sqlite3"), **settings}
        self._settings = [part for name, value in stores.items() for part in ("--set", f"{name}={value}")]

    def arguments(self, command: str, *arguments: str) -> list[str]:
        """The arguments of a command on these stores; a setting among them wins over these."""
        without_stores = {"demo", "plugins", "new-adapter", "new-policy"}
        return [command, *([] if command in without_stores else self._settings), *arguments]

    def __call__(self, command: str, *arguments: str, stdin: bytes | None = None) -> Ran:
        """Run it inside this process."""
        result = CliRunner().invoke(
            app, self.arguments(command, *arguments), input=stdin, prog_name="lix", env={"COLUMNS": "200"}
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def start(self, command: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start it as a process of its own, with pipes for standard output and error."""
        return start(*self.arguments(command, *arguments), **options)

    def run(self, command: str, *arguments: str, **options: Any) -> Ran:
        """Run it as a process of its own."""
        return finished(self.start(command, *arguments, **options))

    def write(self, name: str, conversations: Sequence[Mapping[str, Any]]) -> Path:
        """Write a file of conversations."""
        path = self.home / name
        path.write_bytes(lines_of(conversations))
        return path


def start(*arguments: str, program: Sequence[str] = PROGRAM, **options: Any) -> subprocess.Popen[bytes]:
    """Start ``lix`` with nothing set in its environment."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LIX_")}
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environ, **options}
    return subprocess.Popen([*program, *arguments], **options)  # noqa: S603  # our own command


def finished(process: subprocess.Popen[bytes]) -> Ran:
    """Wait for the end of a process."""
    out, err = process.communicate(timeout=100)
    return Ran(process.returncode, (out or b"").decode(), (err or b"").decode())


def lines_of(conversations: Sequence[Mapping[str, Any]]) -> bytes:
    """Conversations as the lines that are imported."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in conversations)


def conversation(session_id: str, count: int = 4, *, text: str = "message") -> dict[str, Any]:
    """A conversation of some messages, each with every field but an embedding."""
    return {
        "session_id": session_id,
        "messages": [
            {
                "role": ("user", "assistant")[index % 2],
                "content": f"{text} {index} of {session_id}",
                "timestamp": 1_700_000_000.5 + index,
                "metadata": {"index": index},
            }
            for index in range(count)
        ],
    }


def findings_and_summary(result: Ran) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings and the summary of a ``lix verify`` with ``--json``."""
    *findings, summary = result.lines()
    assert all(finding["kind"] == "finding" for finding in findings)
    assert summary["kind"] == "summary"
    assert summary["findings"] == len(findings)
    assert summary["repaired"] == sum(finding["repaired"] for finding in findings)
    return findings, summary
