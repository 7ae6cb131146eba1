"""What a benchmark found, as a table and as JSON."""

from __future__ import annotations

from typing import Any

import attrs

Cell = str | int | float | None


@attrs.define
class Table:
    """Rows under named columns.

    Attributes:
        title: What was measured.
        columns: Their names, with units.
        rows: A cell for each column; None where there is nothing to say.
        notes: What a reader must know to trust it: where data came from, what was left out, and why.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def add(self, *cells: Cell) -> None:
        """Append a row."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{self.title} has {len(self.columns)} columns, not {len(cells)}")
        self.rows.append(cells)

    def text(self) -> str:
        """The table in columns of plain text."""
        lines = [self.columns, *(tuple(map(_shown, row)) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        aligned = [
            "  ".join(_aligned(cell, width, at) for at, (cell, width) in enumerate(zip(line, widths, strict=True)))
            for line in lines
        ]
        rule = "-" * len(aligned[0])
        return "\n".join([self.title, rule, aligned[0], rule, *aligned[1:], *(f"* {note}" for note in self.notes), ""])

    def plain(self) -> dict[str, Any]:
        """The table as values for JSON."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": self.notes}


def _aligned(cell: str, width: int, at: int) -> str:
    return cell.ljust(width) if at == 0 else cell.rjust(width)


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell
