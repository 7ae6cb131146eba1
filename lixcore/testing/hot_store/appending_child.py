"""A process of its own that appends to a hot store; started by the rules about processes and about one that is killed.

It prints the position of each append once the store has acknowledged it.
"""

from __future__ import annotations

from lixcore.domain.session import SessionKey
from lixcore.testing.ground.children import opened, ready, received, tell


def main() -> None:
    """Append ``count`` entries, each as ``<writer>:<number>``, restoring the session whenever it is absent."""
    task = received()
    store = opened(task)
    session = SessionKey(task["session"])
    ready()
    last = 0
    for number in range(task["count"]):
        while (answer := store.append(session, float(number), f"{task['writer']}:{number}".encode())) is None:
            if store.restore(session, (), next_after=last, ticket=store.ticket(session)):
                continue
        last = answer.position
        tell(last)
    store.close()


if __name__ == "__main__":
    main()
