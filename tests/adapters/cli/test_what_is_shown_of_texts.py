"""What is shown of a text that was found, and of a value that SQL gave."""

from __future__ import annotations

import json

from lixcore_cli.snippets import best_window, snippet
from lixcore_cli.sql_values import cell, names_apart, plain_value


def test_a_snippet_is_one_line_around_what_was_found() -> None:
    text = "x " * 500 + "needle" + " y" * 500
    at = text.index("needle")
    line = snippet(text, [(at, at + 6)])
    assert line.plain.startswith("…")
    assert line.plain.endswith("…")
    assert len(line.plain) <= 242
    assert [(line.plain[span.start : span.end], str(span.style)) for span in line.spans] == [("needle", "bold yellow")]


def test_a_snippet_shows_the_part_with_the_most_that_was_found() -> None:
    spans = [(0, 3), (1000, 1003), (1010, 1013), (1100, 1103)]
    begin, end = best_window(2000, spans)
    assert begin <= 1000
    assert end >= 1103
    assert best_window(100, [(0, 3)]) == (0, 100)
    assert best_window(2000, []) == (0, 240)


def test_a_snippet_of_a_long_find_is_cut() -> None:
    assert len(snippet("z" * 5000, [(0, 5000)]).plain) == 241


def test_values_of_sql_have_a_form_in_json() -> None:
    from datetime import UTC, date, datetime, timedelta
    from decimal import Decimal

    given = [None, True, 2**70, 1.5, float("nan"), date(2026, 1, 2), timedelta(minutes=1), Decimal("1.10"), b"\0\xff", {"a": [1]}]
    plain = [plain_value(value) for value in given]
    assert plain == [None, True, 2**70, 1.5, "nan", "2026-01-02", 60.0, "1.10", "00ff", {"a": [1]}]
    assert json.loads(json.dumps(plain)) == plain
    assert [cell(value) for value in (None, 1.23456789, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "a\nb", {"é": 1})] == [
        "-", "1.23457", "2026-01-02 03:04:05+00:00", "a\\nb", '{"é": 1}',
    ]  # fmt: skip
    assert names_apart(["a", "b", "a", "a"]) == ["a", "b", "a_2", "a_3"]
