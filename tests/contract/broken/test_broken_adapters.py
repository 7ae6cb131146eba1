"""The contracts find what they are for: each wrong adapter is caught by the rule named beside it, which says so and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from broken.cases import Case, Port
from broken.indexes_that_find_wrongly import CutsBeforeItSorts, IsApproximate
from broken.ports import PORTS
from broken.trying import try_rule
from lixcore.testing import SimilarityIndexContract
from lixcore.testing.ground import profiles

CASES = [
    pytest.param(port, case, test.__name__, id=f"{port.name}-{case.adapter.__name__}-{test.__name__.removeprefix('test_')}")
    for port in PORTS
    for case in port.cases
    for test in case.tests
]
RULES = sorted({(port.name, test.__name__) for port in PORTS for case in port.cases for test in case.tests})


@pytest.fixture(autouse=True)
def no_shrinking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Which example fails is of no interest."""
    before = settings.get_current_profile_name()
    settings.register_profile("no shrinking", phases=[Phase.generate], report_multiple_bugs=False, database=None)
    settings.load_profile("no shrinking")
    monkeypatch.setitem(profiles._SHRINKING, profiles.profile(), 0.0)  # type: ignore[misc]  # a constant, to all others
    yield
    settings.load_profile(before)


@pytest.fixture(autouse=True)
def impatient_threads() -> Iterator[None]:
    """Threads take turns so often that what can go wrong between them does."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize(("port", "case", "test"), CASES)
def test_a_wrong_adapter_is_caught(port: Port, case: Case, test: str, tmp_path: Path) -> None:
    error = try_rule(port.contract, case.adapter, test, tmp_path)
    assert error is not None, f"{test} finds nothing wrong with it"
    [rule] = [rule for rule in port.contract.rules() if rule.test == test]
    lesson = "\n".join(error.__notes__)
    assert f"{case.adapter.__name__} breaks the rule {rule.name}" in lesson
    assert rule.why in lesson
    assert rule.anchor in lesson


@pytest.mark.parametrize(("name", "test"), RULES)
def test_a_right_adapter_is_not(name: str, test: str, tmp_path: Path) -> None:
    """What does not apply to one of them, such as a rule for stores of several processes, does to another."""
    [port] = [port for port in PORTS if port.name == name]
    applied = 0
    for right in port.right:
        try:
            error = try_rule(port.contract, right, test, tmp_path / right.__name__)
        except pytest.skip.Exception:
            continue
        applied += 1
        if error is not None:
            raise error
    assert applied, "it applies to none of the right adapters"


def test_each_has_a_name_and_a_line_of_its_own() -> None:
    for port in PORTS:
        names = [case.adapter.__name__ for case in port.cases]
        assert len(set(names)) == len(names)
        assert all(case.tests for case in port.cases)


APPROXIMATE = [
    "test_with_labels_it_finds_what_a_brute_force_finds",
    "test_a_larger_scope",
    "test_near_parallel_vectors_are_told_apart",
    "test_the_length_of_a_vector_does_not_count",
    "test_of_equals_the_one_that_was_added_last_comes_first",
    "test_no_more_than_k_are_found",
    "test_a_label_is_found_first_however_dissimilar_its_entry_is",
    "test_among_many_it_finds_the_best",
]


@pytest.mark.parametrize("test", APPROXIMATE)
def test_an_approximate_index_that_says_so_passes(test: str, tmp_path: Path) -> None:
    error = try_rule(SimilarityIndexContract, IsApproximate, test, tmp_path, tolerance=0.002, recall=0.9)
    if error is not None:
        raise error


def test_an_approximate_index_may_not_be_wrong_by_more_than_it_says(tmp_path: Path) -> None:
    for number, (adapter, tolerance, test) in enumerate(
        [(IsApproximate, 1e-6, "test_a_larger_scope"), (CutsBeforeItSorts, 0.002, "test_among_many_it_finds_the_best")]
    ):
        assert try_rule(SimilarityIndexContract, adapter, test, tmp_path / str(number), tolerance=tolerance) is not None
