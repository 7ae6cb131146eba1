"""A process of its own that takes a lease again and again; started by `lixcore.testing.powers.leases`.

While it has the lease it is in a room for one, a file that must not be there when it comes.
"""

from __future__ import annotations

import os
from pathlib import Path

from lixcore.testing.ground.children import opened, ready, received, tell


def main() -> None:
    """Have the lease ``rounds`` times; a second one in the room is an error that ends the process."""
    task = received()
    store = opened(task)
    ready()
    for _ in range(task["rounds"]):
        while not store.lease("janitor", holder=task["holder"], seconds=60):
            pass
        os.close(os.open(task["room"], os.O_CREAT | os.O_EXCL))
        assert store.lease("janitor", holder=task["holder"], seconds=60)
        Path(task["room"]).unlink()
        store.end_lease("janitor", holder=task["holder"])
    tell(f"alone {task['rounds']} times")
    store.close()


if __name__ == "__main__":
    main()
