"""The tutorials, followed to the letter: their files are written, their commands run, and what they say comes out does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from hand_installed import LIX, install, run
from shares import is_thorough

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorial"
FENCE = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"([A-Z_]+)=(\S*)")


@attrs.frozen
class Block:
    """A block of a page: a file, commands, or what they show."""

    language: str
    title: str | None
    body: str


def blocks(page: str) -> Iterator[Block]:
    for found in FENCE.finditer((TUTORIALS / page).read_text(encoding="utf-8")):
        yield Block(found["language"], found["title"], found["body"])


class Follower:
    """Does what a page says, in a directory."""

    def __init__(self, home: Path) -> None:
        self.cwd = home
        self.shown = ""
        self.package = home

    def follow(self, block: Block) -> None:
        if block.title is not None:
            path = self.cwd / block.title
            assert path.parent.is_dir(), f"the page never made {path.parent}"
            path.write_text(block.body, encoding="utf-8")
        elif block.language == "console":
            self.shown = ""
            for line in block.body.splitlines():
                self.command(line)
        elif block.language == "text":
            shown = " ".join(self.shown.split())
            for line in block.body.splitlines():
                assert " ".join(line.split()) in shown, self.shown

    def command(self, line: str) -> None:
        assert not re.search(r"""['"]~""", line), f"a shell does not know a home in quotes: {line}"
        words = shlex.split(line, comments=True)
        variables = {}
        while found := VARIABLE.fullmatch(words[0]):
            variables[found[1]] = found[2]
            words = words[1:]
        match words:
            case ["python", "-m", "venv", *_] | ["pip", "install", "~/lixcore[all,testing]"]:
                pass  # this environment is one
            case ["pip", "install", "-e", ".[test]"]:
                self.package = self.cwd
                install(self.cwd)
            case ["mkdir", "-p", *names]:
                for name in names:
                    (self.cwd / name).mkdir(parents=True, exist_ok=True)
            case ["cd", name]:
                self.cwd /= name
                assert self.cwd.is_dir()
            case ["pytest", *arguments]:
                self.show("-m", "pytest", *arguments, variables=variables)
            case ["lix", *arguments]:
                self.show(*LIX, *arguments, variables=variables)
            case ["python", *arguments]:
                self.show(*arguments, variables=variables)
            case _:
                pytest.fail(f"this test does not know how to follow: {line}")

    def show(self, *command: str, variables: dict[str, str]) -> None:
        thoroughly = {} if is_thorough() else {"LIXCORE_PROFILE": "dev"}
        ended = run(self.package, *command, cwd=self.cwd, variables={**thoroughly, **variables})
        assert ended.returncode in {0, 1}, ended.stdout
        self.shown += ended.stdout


@pytest.mark.timeout(900)  # contracts are tried, some with processes of their own
@pytest.mark.parametrize("page", ["write-an-adapter.md", "write-a-policy.md"])
def test_who_follows_the_page_sees_what_it_says(page: str, tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    for block in blocks(page):
        follower.follow(block)
    assert " failed" not in follower.shown


def test_what_is_not_shown_is_noticed(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    follower.follow(Block("console", None, "python -c \"print('one  two')\"\n"))
    follower.follow(Block("text", None, "one two\n"))
    with pytest.raises(AssertionError):
        follower.follow(Block("text", None, "three\n"))
