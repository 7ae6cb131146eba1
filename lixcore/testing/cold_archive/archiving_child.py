"""A process of its own that appends to an archive; started by the rules about processes and about one that is killed.

It prints the number of each append once the archive has acknowledged it.
"""

from __future__ import annotations

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.testing.ground.children import opened, ready, received, tell
from lixcore.testing.ground.entries import entry

TOGETHER = 3
"""How many entries are in one append."""


def written(number: int) -> list[Entry]:
    """The entries of the append of this number, counted from 0."""
    return [entry(number * TOGETHER + n, b"%d:%d " % (number, n) * 50) for n in range(1, TOGETHER + 1)]


def main() -> None:
    """Make ``count`` appends, of every ``step``-th number from ``first`` on."""
    task = received()
    archive = opened(task)
    ready()
    for number in range(task["first"], task["first"] + task["step"] * task["count"], task["step"]):
        archive.append(SessionKey(task["session"]), written(number))
        tell(number)
    archive.close()


if __name__ == "__main__":
    main()
