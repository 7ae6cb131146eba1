"""What only a process of its own shows: signals, pipes, limits of the system, missing libraries."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lix_command import LixCommand, conversation, finished, lines_of, start

pytestmark = pytest.mark.share(2)

ROOT = Path(__file__).resolve().parents[3]
MANY = [conversation(f"s{index:04}", 20) for index in range(1000)]


def test_an_import_that_is_interrupted_tells_how_far_it_got_and_continues_when_run_again(lix: LixCommand) -> None:
    """The pipe's capacity synchronises: when all was written, the process has read all but what the pipe holds."""
    process = lix.start("import", "-", "--json", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(lines_of(MANY[:500]))
    process.stdin.flush()
    in_pipe = fcntl.fcntl(process.stdin, fcntl.F_GETPIPE_SZ)
    process.send_signal(signal.SIGINT)
    result = finished(process)
    assert result.code == 130, result.err
    told = result.document()
    assert told["complete"] is False
    # A second pipe's worth may have been read and not looked at yet.
    assert told["messages"] > 10_000 - 20 * 2 * in_pipe / len(lines_of(MANY[:1])) > 0
    assert sum(each["messages"] for each in lix("sessions", "--json").lines()) == told["messages"], "nothing is half stored"
    rest = lix("import", str(lix.write("many.jsonl", MANY)), "--json").document()
    assert rest["already_there"] == {"sessions": told["sessions"], "messages": told["messages"]}
    assert rest["messages"] + told["messages"] == 20_000
    assert lix("export").lines() == MANY


def test_an_interrupted_import_says_for_people_that_it_continues(lix: LixCommand) -> None:
    process = lix.start("import", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(lines_of(MANY[:500]))
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    result = finished(process)
    assert result.code == 130
    assert "Run the same command again: it continues." in result.err
    assert "error: interrupted" in result.err
    assert "Traceback" not in result.err


def test_a_killed_import_continues_when_run_again(lix: LixCommand) -> None:
    process = lix.start("import", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(lines_of(MANY[:700]))
    process.stdin.flush()
    process.kill()
    finished(process)
    assert lix("import", str(lix.write("many.jsonl", MANY))).code == 0
    assert lix("export").lines() == MANY


@pytest.mark.share(3)
@pytest.mark.parametrize(
    "command",
    [["export"], ["sessions", "--limit", "400"], ["sessions", "--json"], ["show", "long"], ["show", "long", "--json"], ["demo"]],
)
def test_a_reader_that_goes_away_ends_the_command_quietly(lix: LixCommand, command: list[str]) -> None:
    """The pipe holds less than what there is to say, so the command is writing, or has yet to, when its reader leaves."""
    if command != ["demo"]:
        lix("import", "-", stdin=lines_of([*MANY[:400], conversation("long", 400)]))
    with lix.start(*command) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        os.read(process.stdout.fileno(), 1)
        process.stdout.close()
        assert (process.wait(timeout=100), process.stderr.read()) == (141, b"")


@pytest.mark.share(3)
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "command", [["export"], ["sessions"], ["sessions", "--json"], ["show", "s0001"], ["config"], ["evict", "--all"]]
)
def test_output_that_cannot_be_written_is_an_error(lix: LixCommand, command: list[str], unbuffered: str) -> None:
    """`/dev/full` takes nothing, as a full disk does. An unbuffered stream would write a part and say nothing."""
    lix("import", "-", stdin=lines_of(MANY[:10]))
    with Path("/dev/full").open("wb") as full:
        result = finished(lix.start(*command, stdout=full, env={**os.environ, "PYTHONUNBUFFERED": unbuffered}))
    assert result.code == 74
    assert "standard output: No space left on device" in result.err
    assert "Traceback" not in result.err


def test_a_full_disk_is_told_what_is_stored_stays_and_a_rerun_completes(lix: LixCommand) -> None:
    """A limit on file sizes stands for the full disk: of the large session, nothing may be stored."""
    noise = os.urandom(200_000).hex()
    large = conversation("large", 2, text=noise)
    path = str(lix.write("all.jsonl", [*MANY[:300], large]))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    result = lix.run("import", path, "--set", "hot_store=memory", preexec_fn=limited)
    assert result.code == 74, result.err
    assert str(lix.archive_dir) in result.err
    assert "Run the same command again" in result.err
    stored = lix("sessions", "--json").lines()
    assert {each["messages"] for each in stored} == {20}
    assert len(stored) >= 200
    assert lix("import", path).code == 0
    assert lix("export").lines() == sorted([*MANY[:300], large], key=lambda each: str(each["session_id"]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; any other user runs this")
def test_a_directory_without_rights_is_named(lix: LixCommand) -> None:
    lix.archive_dir.mkdir()
    lix.archive_dir.chmod(0o500)
    result = lix("import", "-", stdin=lines_of(MANY[:1]))
    assert result.code == 74
    assert str(lix.archive_dir) in result.err


def test_an_archive_directory_that_is_a_file_is_named(lix: LixCommand) -> None:
    lix.archive_dir.write_text("")
    result = lix.run("import", str(lix.write("one.jsonl", MANY[:1])))
    assert result.code in {69, 74, 80}
    assert str(lix.archive_dir) in result.err
    assert "Traceback" not in result.err


def test_a_full_disk_under_an_export_leaves_the_old_file(lix: LixCommand) -> None:
    lix("import", "-", stdin=lines_of(MANY[:300]))
    Path("out.jsonl").write_text("old")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    result = lix.run("export", "-o", "out.jsonl", preexec_fn=limited)
    assert result.code == 74
    assert "out.jsonl: File too large" in result.err
    assert Path("out.jsonl").read_text() == "old"
    assert not list(lix.home.glob(".*partial*"))


WITHOUT_SITE = [
    sys.executable,
    "-S",
    "-c",
    f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'adapters')!r}]; " + ("from lixcore_cli import main; main()"),
]


def test_without_the_extra_the_command_says_which_one_to_install() -> None:
    """An interpreter without site-packages has none of our dependencies."""
    result = finished(start("sessions", program=WITHOUT_SITE))
    assert result.code == 78
    assert result.err == "error: the lix command needs the module 'typer'; install it with: pip install 'lixcore[cli]'\n"


def test_the_version_is_told_also_without_the_extra() -> None:
    import lixcore

    result = finished(start("--version", program=WITHOUT_SITE))
    assert (result.code, result.out) == (0, f"lix {lixcore.__version__}\n")


def test_a_defect_keeps_its_traceback() -> None:
    broken = "import lixcore.registry as r\ndef scan(): raise ZeroDivisionError\nr.Registry.scan = scan\n"
    program = [sys.executable, "-c", broken + "from lixcore_cli import main; main()"]
    result = finished(start("plugins", program=program))
    assert result.code == 70
    assert "Traceback" in result.err
    assert "ZeroDivisionError" in result.err


def test_an_ascii_terminal_gets_other_scripts_written_out(lix: LixCommand) -> None:
    lix("import", "-", stdin=lines_of([conversation("δοκιμή", 1)]))
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = lix.run("sessions", env=environ)
    assert result.code == 0
    assert "\\u03b4" in result.out


def test_the_demo_runs_where_there_is_no_terminal(tmp_path: Path) -> None:
    environ = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "TMPDIR": str(tmp_path)}
    result = finished(start("demo", env=environ, cwd=tmp_path))
    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert "✗" not in result.out
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_unreachable_redis_is_named_with_its_error(lix: LixCommand) -> None:
    from redis_process import free_port

    port = free_port()
    result = lix.run("sessions", "--json", "--set", "hot_store=redis", "--set", f"redis_port={port}")
    assert result.code == 69
    error = json.loads(result.err)["error"]
    assert str(port) in error["where"]
    assert "refused" in error["reason"].lower()
