"""A process of its own that appends to a hot store: run as a script with one JSON argument, ends with its standard input.

It prints the position of each append once the store has acknowledged it. Not a test; started by `hot_store_concurrency`.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from contract_ground import SettableClock, open_adapter
from lixcore.domain.session import SessionKey


def tell(fact: object) -> None:
    """Write a line to the process that waits for it."""
    sys.stdout.write(f"{fact}\n")
    sys.stdout.flush()


def main(argument: str) -> None:
    """Append ``count`` entries, each as ``<writer>:<number>``, restoring the session whenever it is absent."""
    task: dict[str, Any] = json.loads(argument)
    adapter = getattr(importlib.import_module(task["module"]), task["name"])
    store = open_adapter(adapter, adapter.Options(**task["options"]), SettableClock(), Path(task["archive_dir"]))
    session = SessionKey(task["session"], tenant=task["tenant"])
    tell("ready")
    sys.stdin.readline()  # all begin together
    last = 0
    for number in range(task["count"]):
        while (answer := store.append(session, float(number), f"{task['writer']}:{number}".encode())) is None:
            if store.restore(session, (), next_after=last, ticket=store.ticket(session)):
                continue
        last = answer.position
        tell(last)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
