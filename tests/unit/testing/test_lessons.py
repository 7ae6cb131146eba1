"""What somebody reads whose adapter breaks a rule: real runs of pytest, in a project of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.share(3)

Project = Callable[..., tuple[int, str]]

SUBCLASS = """
class TestToy(ToyContract):
    adapter = Toy
"""


@pytest.mark.share(2)
@pytest.mark.parametrize(
    "arguments",
    [[], ["--import-mode=importlib"], ["-n", "2"], ["--import-mode=append", "-p", "no:randomly"]],
    ids=["plain", "importlib", "xdist", "append"],
)
def test_a_failure_says_what_was_seen_which_rule_why_and_where_to_read_on(project: Project, arguments: list[str]) -> None:
    code, said = project(SUBCLASS, *arguments)
    assert code == 1
    assert "2 failed, 2 passed" in said
    assert "Toy breaks the rule toy/it-is-small\n" in said
    assert "Why it matters: Because numbers matter.\n" in said
    assert "Read on: docs/reference/contract-rules.md#toy-it-is-small" in said
    assert "number=100" in said, "the shortest example"
    assert "assert 100 < 100" in said, "the values"
    # An assertion within lixcore.testing itself shows its values as well, because pytest rewrites it.
    assert re.search(r"AssertionError: the session is absent\nE +assert None is not None", said)
    assert "in tried" not in said, "the decorator's own frame"


def test_the_conftest_of_a_third_party_stays_theirs(project: Project, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(autouse=True)\ndef theirs(): yield\n@pytest.fixture\ndef clock(): return 'theirs'\n"
    )
    body = SUBCLASS + "\n    def test_own(self, clock): assert clock.now()\n\ndef test_theirs(clock): assert clock == 'theirs'\n"
    code, said = project(body, "-k", "own or theirs")
    assert code == 0, said


def test_what_is_waived_is_skipped_and_shows_the_reason(project: Project) -> None:
    body = (
        SUBCLASS
        + '\n    test_it_is_small = waived("numbers are large here")\n    test_it_gives_entries = waived("it has none")\n'
    )
    code, said = project(body, "-rs")
    assert code == 0, said
    assert "2 passed, 2 skipped" in said
    assert "waived: numbers are large here" in said


def test_an_override_with_a_reason_shows_it_when_it_fails(project: Project) -> None:
    body = SUBCLASS + '\n    @overridden("one is enough here")\n    def test_two_is_enough(self):\n        assert 2 < 2\n'
    code, said = project(body, "-k", "enough")
    assert code == 1
    assert "In the place of the contract's own: one is enough here" in said


@pytest.mark.share(2)
@pytest.mark.parametrize(
    "override",
    [
        "    def test_two_is_enough(self): ...",
        "    test_two_is_enough = None",
        "    test_two_is_enough = pytest.mark.skip(lambda self: None)",
    ],
)
def test_an_override_without_a_reason_is_refused(project: Project, override: str) -> None:
    code, said = project(f"{SUBCLASS}\n{override}\n")
    assert code == 2
    assert "TypeError: TestToy.test_two_is_enough replaces a rule of its contract. Say why" in said


def test_nor_can_a_class_beside_it_override_in_silence(project: Project) -> None:
    code, said = project(
        "class Mixed:\n    def test_two_is_enough(self): ...\nclass TestToy(Mixed, ToyContract):\n    adapter = Toy\n"
    )
    assert code == 2
    assert "replaces a rule of its contract" in said


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_more_than_nothing(project: Project, reason: str) -> None:
    code, said = project(f"{SUBCLASS}\n    test_two_is_enough = waived({reason!r})\n")
    assert code == 2
    assert "a reason is a sentence" in said


def test_a_profile_that_is_none_is_an_error(project: Project) -> None:
    code, said = project(SUBCLASS, "-k", "small", LIXCORE_PROFILE="weekly")
    assert code == 1
    assert "LIXCORE_PROFILE is 'weekly'; the profiles are dev, ci, nightly" in said
