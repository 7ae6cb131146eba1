"""The ranking finds what LoCoMo's questions are about, also in the conversations that its weights were not chosen by.

The data is no part of the repository. It is looked for in ``../shared/data`` beside the checkout, or where ``LIXCORE_DATA`` says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from lixcore_policies import HybridRanking
from lixcore_snowball import SnowballAnalyzer
from locomo import FILES, MODES, Recall, load_conversations, mean_recalls, ranked_in_memory

DATA = Path(os.environ.get("LIXCORE_DATA", Path(__file__).parents[2] / "shared" / "data"))
MISSING = [name for name in FILES if not (DATA / name).exists()]

pytestmark = [
    pytest.mark.skipif(
        bool(MISSING), reason=f"no {' and '.join(MISSING)} in {DATA}; LIXCORE_DATA=DIR pytest tests/test_locomo.py runs it"
    ),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def recalls() -> Mapping[str, Mapping[str, Recall]]:
    """By what is searched by, then by the part of the conversations."""
    conversations = load_conversations(DATA)
    return {mode: mean_recalls(conversations, ranked_in_memory(SnowballAnalyzer(), HybridRanking(), mode)) for mode in MODES}


def test_words_and_meaning_together_find_more_than_the_reference(recalls: Mapping[str, Mapping[str, Recall]]) -> None:
    """The reference, with neighbours, is 0.65 / 0.74 over all."""
    assert recalls["hybrid"]["all"].at_5 >= 0.67
    assert recalls["hybrid"]["all"].at_10 >= 0.77
    assert recalls["hybrid"]["held back"].at_5 >= 0.65
    assert recalls["hybrid"]["held back"].at_10 >= 0.74


def test_each_alone_finds_what_it_did_in_the_reference_and_less_than_both(recalls: Mapping[str, Mapping[str, Recall]]) -> None:
    text, vector, hybrid = (recalls[mode]["all"] for mode in MODES)
    assert text.at_5 >= 0.56
    assert text.at_10 >= 0.64
    assert vector.at_5 == pytest.approx(0.33, abs=0.01)
    assert vector.at_10 == pytest.approx(0.41, abs=0.01)
    assert hybrid.at_5 > text.at_5 + 0.05
    assert hybrid.at_10 > text.at_10 + 0.05
