"""Optional powers of an archive index, each declared by having its methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import attrs


@attrs.frozen
class Table:
    """What an SQL query gave.

    Attributes:
        columns: Their names, in order.
        rows: Of each row, the values in that order.
        more: Whether rows were left off.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    more: bool = False


@runtime_checkable
class AnswersSql(Protocol):
    """An optional power of an index: SQL over its messages, for people who are curious."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        """Run one statement that reads.

        It sees one view, ``messages``, of one tenant, with the columns ``session``, ``position``, ``timestamp`` (UTC), ``role``,
        ``text`` and ``fields`` (a map of texts). It cannot change anything, and can reach no file, network, setting or other
        tenant, whatever it says.

        Args:
            statement: One SQL statement.
            tenant: Whose messages it sees.
            most: How many rows at most.

        Raises:
            InvalidInputError: It is no such statement, or cannot be answered; with the reason.
        """
        ...


@runtime_checkable
class Merges(Protocol):
    """An optional power of an index: putting together what was written in small pieces."""

    def merge(self) -> bool:
        """Rewrite what gains by it, without what was forgotten; searches go on meanwhile, and find the same.

        The process that may add calls it, after catching up and after somebody was forgotten.

        Returns:
            False when there was nothing to gain.
        """
        ...
