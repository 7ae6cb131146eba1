"""Values of an SQL query, for people and for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from lixcore_cli.safe_text import visible_line


def cell(value: object) -> str:
    """A value in a table: what is missing as a dash, lists and maps as JSON; control characters are written out."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    plain = plain_value(value)
    return visible_line(plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False))


def plain_value(value: object) -> Any:
    """A value as JSON has it: times as ISO 8601, bytes in hex, and as text what JSON has no number for."""
    match value:
        case None | bool() | int() | str():
            plain: Any = value
        case float():
            plain = value if math.isfinite(value) else str(value)
        case datetime() | date() | time():
            plain = value.isoformat()
        case timedelta():
            plain = value.total_seconds()
        case Decimal():
            plain = str(value)  # no digit is lost
        case bytes() | bytearray() | memoryview():
            plain = bytes(value).hex()
        case Mapping():
            plain = {str(name): plain_value(each) for name, each in value.items()}
        case Sequence():
            plain = [plain_value(each) for each in value]
        case _:
            plain = str(value)
    return plain


def names_apart(columns: Sequence[str]) -> list[str]:
    """The names of columns, those that occur again with a number behind them: keys of a JSON object."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names
