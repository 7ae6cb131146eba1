"""A process of its own that puts into an embedding store; started by the rules about processes.

It prints the number of each round once the store has taken it.
"""

from __future__ import annotations

from lixcore.testing.embedding_store.stores import COMMON, HOUR, SIZE, key
from lixcore.testing.ground.children import opened, ready, received, tell


def main() -> None:
    """Put ``rounds`` keys of its own, and each time its value under those that all have in common."""
    task = received()
    store = opened(task)
    writer: int = task["writer"]
    ready()
    for number in range(task["rounds"]):
        own = (key(f"{writer}:{number}"), b"own")
        store.put([own, *((each, bytes([writer]) * SIZE) for each in COMMON)], ttl=HOUR, capacity=10_000_000)
        tell(number)
    store.close()


if __name__ == "__main__":
    main()
