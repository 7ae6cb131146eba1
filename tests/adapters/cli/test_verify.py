"""``lix verify`` on real files: what it finds, what it mends, and how it ends."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lix_command import LixCommand, conversation, findings_and_summary, finished, lines_of
from lixcore import SessionKey
from redis_process import free_port

SKIP = ("--set", "on_damage=skip")


@pytest.fixture
def stored(lix: LixCommand) -> LixCommand:
    """Three sessions, archived; ``b`` is the largest."""
    assert lix("import", "-", stdin=lines_of([conversation("a", 4), conversation("b", 30), conversation("c", 2)])).code == 0
    return lix


def file_of(lix: LixCommand, session: str = "b") -> Path:
    digest = SessionKey(session).digest.hex()
    [path] = [path for path in lix.archive_dir.glob("*/*.huff") if path.stem in digest]
    return path


def contents(lix: LixCommand, session: str) -> list[str]:
    result = lix("show", session, "--json", *SKIP)
    return [message["content"] for message in result.document()["messages"]] if result.code != 66 else []


def test_a_clean_archive_is_counted(stored: LixCommand) -> None:
    result = stored("verify")
    assert (result.code, result.err) == (0, "")
    assert "3 sessions and 36 messages" in result.out
    assert "Found nothing wrong." in result.out
    assert findings_and_summary(stored("verify", "--json"))[1]["archived_messages"] == 36
    quiet = stored("verify", "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def flipped(position: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(position * (len(content) - 1))] ^= 0xFF
        path.write_bytes(content)

    return damage


def cut(position: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(position * path.stat().st_size))


def written(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return damage


def as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "first byte": flipped(0),
    "header": flipped(0.05),
    "a third": flipped(0.33),
    "middle": flipped(0.5),
    "two thirds": flipped(0.67),
    "last byte": flipped(1),
    "cut to a tenth": cut(0.1),
    "cut in half": cut(0.5),
    "cut near the end": cut(0.95),
    "empty": cut(0),
    "zeros": written(lambda content: bytes(len(content))),
    "longer": written(lambda content: content + b"more"),
    "another file": written(lambda _: b"hello"),
    "directory": as_directory,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_is_found_and_a_repair_keeps_what_is_readable_and_a_copy(stored: LixCommand, how: str) -> None:
    """The other sessions lose nothing, nothing that can be read before is lost, and the next check finds nothing."""
    path = file_of(stored)
    DAMAGE[how](path)
    before = path.read_bytes() if path.is_file() else None
    readable = contents(stored, "b") if before is not None else []
    code = stored("verify", "--archive-only").code
    assert code == 1, "the damage is found"
    assert path.is_dir() or path.read_bytes() == before, "without --repair nothing changes"

    result = stored("verify", "--repair", "--yes", "--json")
    findings, summary = findings_and_summary(result)
    assert result.code == 1
    assert findings
    assert all(finding["repaired"] for finding in findings), findings
    if before:
        kept = [Path(copy).read_bytes() for copy in summary["copies"]]
        assert any(copy and before.endswith(copy) for copy in kept), "the file, or the unfinished end that was cut off"
    again = stored("verify", "--json")
    assert (again.code, findings_and_summary(again)[0]) == (0, [])
    assert contents(stored, "b") == readable
    assert contents(stored, "a") == [message["content"] for message in conversation("a", 4)["messages"]]


def test_findings_are_told_to_people_with_their_place_and_remedy(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    result = stored("verify")
    assert result.code == 1
    assert result.out.startswith(f"finding: {file_of(stored)}")
    assert "lix verify --repair" in result.out
    assert "Found 1 finding, 0 of them repaired." in result.out
    repaired = stored("verify", "--repair", "--yes")
    assert "what was there before: " in repaired.out
    assert "1 of them repaired; copies in the quarantine: 1." in repaired.out
    assert stored("verify", "--quiet", *SKIP).out == ""


def test_one_session_is_checked_alone(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    assert stored("verify", "--session", "a", "--session", "c").code == 0
    result = stored("verify", "--session", "b", "--json")
    assert result.code == 1
    assert findings_and_summary(result)[0][0]["session_id"] == "b"
    assert stored("verify", "--session", "b", "--repair", "--yes").code == 1
    assert stored("verify").code == 1, "a repair of one session leaves files alone"


def test_a_session_that_is_not_there_is_told(stored: LixCommand) -> None:
    assert stored("verify", "--session", "a", "--session", "nobody").code == 66
    assert stored("verify", "--session", "a", "--tenant", "acme").code == 66
    assert stored("verify", "--tenant", "acme").code == 2


def test_a_repair_asks_nobody_when_nobody_is_there(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    before = file_of(stored).read_bytes()
    result = stored("verify", "--repair")
    assert result.code == 2
    assert "--yes" in result.err
    assert file_of(stored).read_bytes() == before


@pytest.mark.parametrize(("answer", "left"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_a_repair_asks_at_a_terminal(stored: LixCommand, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    from lixcore_cli.commands import verify

    class Answering:
        @staticmethod
        def isatty() -> bool:
            return True

    class System:
        stdin = Answering

    flipped(0.5)(file_of(stored))
    monkeypatch.setattr(verify, "sys", System)
    assert stored("verify", "--repair", stdin=answer.encode()).code == 1
    assert stored("verify").code == left


def test_an_interrupt_ends_it_between_two_sessions_with_what_was_found(lix: LixCommand) -> None:
    """The first finding synchronises: when it is written, the check is under way."""
    many = lines_of([conversation(f"s{number:04}", 20) for number in range(2000)])
    assert lix("import", "-", "--set", "huffman_sync=false", stdin=many).code == 0
    first = min(lix.archive_dir.glob("*/*.huff"))
    flipped(0.5)(first)
    process = lix.start("verify", "--repair", "--yes", "--json", bufsize=0)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    result = finished(process)
    assert json.loads(line)["repaired"]
    assert result.code == 130, result.err
    assert result.lines()[-1]["complete"] is False
    assert "Traceback" not in result.err
    assert lix("verify").code == 0


def test_without_its_hot_store_the_archive_is_checked_and_the_exit_code_says_so(stored: LixCommand) -> None:
    flipped(0.5)(file_of(stored))
    away = ("--set", "hot_store=redis", "--set", f"redis_port={free_port()}")
    result = stored("verify", "--json", *away)
    findings, summary = findings_and_summary(result)
    assert (result.code, len(findings), summary["complete"]) == (69, 1, False)
    assert json.loads(result.err)["error"]["kind"] == "StoreUnavailableError"
    assert "Not everything was checked." in stored("verify", *away).err
    assert stored("verify", "--archive-only", *away).code == 1


def test_a_hot_store_that_cannot_be_opened_does_not_hide_the_archive(stored: LixCommand) -> None:
    broken = stored.home / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    result = stored("verify", "--json", "--set", f"sqlite_path={broken}")
    assert result.code >= 69
    assert findings_and_summary(result)[1]["archived_sessions"] == 3
    assert not findings_and_summary(result)[1]["complete"]
