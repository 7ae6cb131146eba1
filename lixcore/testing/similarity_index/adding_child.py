"""A process of its own that adds to a similarity index; started by the rules about processes.

It prints the number of each entry once the index has taken it.
"""

from __future__ import annotations

import numpy as np

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.children import opened, ready, received, tell


def main() -> None:
    """Add ``count`` entries, each as ``<writer>:<number>``."""
    task = received()
    store = opened(task)
    scope = Scope(SessionKey(task["session"]), url=task["url"])
    vector = np.array([1.0, task["writer"]], dtype=np.float32)
    ready()
    for number in range(task["count"]):
        entry = IndexEntry(vector, f"{task['writer']}:{number}".encode())
        store.add(scope, entry, ttl=3600.0, capacity=task["capacity"])
        tell(number)
    store.close()


if __name__ == "__main__":
    main()
