"""Commands where the caches' files are broken: sessions are shown, and what is not known or not done is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lix_command import LixCommand, conversation, lines_of
from lixcore_cli.exit_codes import ExitCode


def write_zeros(file: Path) -> None:
    file.write_bytes(bytes(8192))


@pytest.fixture(params=[write_zeros, Path.mkdir], ids=["zeros", "directory"])
def troubled(request: pytest.FixtureRequest, lix: LixCommand) -> LixCommand:
    """Two hot sessions, and no cache that can be used."""
    trouble: Callable[[Path], None] = request.param
    lix("import", "-", "--hot", stdin=lines_of([conversation("a", 4), conversation("b", 6)]))
    for cache in ("cache", "embeddings"):
        file = lix.home / f"hot-{cache}.sqlite3"
        assert not file.exists()
        trouble(file)
    return lix


def test_stats_show_sessions_and_say_what_is_not_known(troubled: LixCommand) -> None:
    shown = troubled("stats")
    assert shown.code == ExitCode.PARTLY
    rows = {line.split("  ")[0].strip(): line.split() for line in shown.out.splitlines() if line.strip()}
    assert rows["sessions"][-1] == "2"
    assert all(rows[figure][-2:] == ["-", "-"] for figure in ("entries", "size", "hits", "misses", "hit rate", "time saved"))
    for cache in ("cache", "embeddings"):
        assert f"hot-{cache}.sqlite3" in shown.err
    told = troubled("stats", "--json").document()
    assert (told["sessions"], told["messages"]) == (2, 10)
    for layer, cache in (("semantic_cache", "cache"), ("url_embedding_cache", "embeddings")):
        facts = told["caches"][layer]
        assert (facts["entries"], facts["size_bytes"], facts["totals"]) == (None, None, None)
        assert f"hot-{cache}.sqlite3" in facts["error"]


def test_forget_fails_visibly(troubled: LixCommand) -> None:
    result = troubled("forget", "a", "--yes")
    assert result.code in {ExitCode.CORRUPT, ExitCode.STORE_FAILED}
    assert "hot-cache.sqlite3" in result.err
    assert "Removed" not in result.out


def test_other_commands_need_no_cache(troubled: LixCommand) -> None:
    assert troubled("show", "a").code == 0
    assert troubled("evict", "--all").code == 0
