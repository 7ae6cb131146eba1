"""Match policies: how often an answer to a similar question is the right one, on labelled pairs; and how long they take."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.reuse_policy import MatchCandidate
from lixcore_policies import GuardedMatch
from lixcore_policies.texts.kept_readings import KEPT_READINGS
from tests.benchmarks.measuring import interleaved
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

THRESHOLDS = (0.80, 0.85, 0.88, 0.90, 0.92, 0.95)
_HALVES = {"tuned": False, "held back": True}
_SOURCES = {"all": "", "QQP": "qqp", "PAWS": "paws"}
_SCOPE = Scope(SessionKey("somebody"))


def match(settings: Settings) -> list[Table]:
    """Precision and coverage by threshold, what each rule refuses, and the time of a comparison."""
    pairs, missing = _pairs(settings.data)
    speed = _speed(settings.seconds)
    if missing:
        speed.notes.append(missing)
        return [speed]
    return [_quality(pairs), _by_rule([pair for pair in pairs if not pair.is_held_back]), speed]


def _pairs(directory: Path) -> tuple[Sequence[Any], str]:
    support = str(Path(__file__).parents[1] / "support")
    if support not in sys.path:
        sys.path.append(support)
    question_pairs = importlib.import_module("question_pairs")
    names = (question_pairs.PAIRS_FILE, question_pairs.EMBEDDINGS_FILE)
    if not all((directory / name).is_file() for name in names):
        return [], f"without precision and coverage: no {' and '.join(names)} in {directory} (--data DIR names another place)"
    return question_pairs.load_pairs(directory), ""


def _permitted(a: str, b: str) -> bool:
    return GuardedMatch().may_answer(a, MatchCandidate(b, 1.0, 0.0, _SCOPE))


def _quality(pairs: Sequence[Any]) -> Table:
    score: Callable[..., Any] = importlib.import_module("question_pairs").score
    table = Table(
        "match: labelled pairs of questions by the cosine of their MiniLM embeddings",
        (
            "pairs",
            "half",
            "cosine >=",
            "threshold precision",
            "threshold coverage",
            "guarded precision",
            "guarded coverage",
            "accepted",
            "of same",
        ),
        notes=[
            f"{len(pairs):,} pairs",
            "precision: the share of the accepted that ask the same; coverage: of those that ask the same, the share accepted",
            "the rules of guarded were chosen by the tuned half, without the other",
        ],
    )
    for source, prefix in _SOURCES.items():
        for half, held_back in _HALVES.items():
            chosen = [pair for pair in pairs if pair.is_held_back == held_back and pair.source.startswith(prefix)]
            for threshold in THRESHOLDS if source == "all" else (0.90,):
                bare, guarded = (score(chosen, threshold, permits) for permits in (lambda _a, _b: True, _permitted))
                table.add(
                    source, half, f"{threshold:.2f}", *_shares(bare), *_shares(guarded), guarded.accepted, guarded.same
                )  # fmt: skip
    return table


def _shares(found: Any) -> tuple[str, str]:
    return f"{found.precision:.3f}", f"{found.coverage:.3f}"


def _by_rule(pairs: Sequence[Any]) -> Table:
    table = Table(
        "match: what guarded refuses of the tuned half at 0.90, by the first rule that does",
        ("the two texts", "refused, do not ask the same", "refused, ask the same"),
    )
    refused: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for pair in pairs:
        if pair.similarity >= 0.90:
            why = GuardedMatch().refusal(pair.a, MatchCandidate(pair.b, pair.similarity, 0.0, _SCOPE))
            refused[pair.same][why or "(accepted)"] += 1
    for why in sorted({*refused[True], *refused[False]}, key=lambda why: -refused[False][why]):
        table.add(why, refused[False][why], refused[True][why])
    return table


def _speed(seconds: float) -> Table:
    policy = GuardedMatch()
    pairs = {
        "same question": ("How do I reset my password in Berlin?", "How can I reset my password in Berlin?"),
        "another name": ("How do I reset my password in Berlin?", "How can I reset my password in London?"),
        "another order": ("Which trains go from Oslo to Bergen today?", "Which trains go from Bergen to Oslo today?"),
    }

    def case(query: str, cached: str, *, known: bool) -> Callable[[], object]:
        candidate = MatchCandidate(cached, 0.95, 1.0, _SCOPE)

        def call() -> object:
            if not known:
                KEPT_READINGS.forget()
            return policy.may_answer(query, candidate)

        return call

    cases = {
        f"{name}, {state}": case(*texts, known=known)
        for name, texts in pairs.items()
        for state, known in (("texts seen before", True), ("both texts new", False))
    }
    table = Table("match: one may_answer of guarded", ("case", "p50 us", "p99 us"))
    for name, timing in interleaved(cases, seconds=seconds).items():
        table.add(name, timing.p50 * 1e6, timing.p99 * 1e6)
    return table
