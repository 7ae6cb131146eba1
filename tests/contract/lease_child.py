"""A process of its own that takes a lease again and again: run as a script with one JSON argument.

While it has the lease it is in a room for one, a file that must not be there when it comes. Not a test; started by
`hot_store_leases`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from contract_child import tell
from contract_ground import SettableClock, open_adapter


def main(argument: str) -> None:
    """Have the lease ``rounds`` times; a second one in the room is an error that ends the process."""
    task: dict[str, Any] = json.loads(argument)
    adapter = getattr(importlib.import_module(task["module"]), task["name"])
    store = open_adapter(adapter, adapter.Options(**task["options"]), SettableClock(), Path(task["archive_dir"]))
    tell("ready")
    sys.stdin.readline()  # all begin together
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
    main(sys.argv[1])
