"""A process of its own that puts into an embedding store: run as a script with one JSON argument.

Not a test; started by `embedding_store_concurrency`.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from contract_child import tell
from contract_ground import SettableClock, open_adapter
from embedding_store_concurrency import COMMON, ROUNDS, SIZE, TTL, key


def main(argument: str) -> None:
    """Put keys of its own, and its value under those that all have in common."""
    task: dict[str, Any] = json.loads(argument)
    adapter = getattr(importlib.import_module(task["module"]), task["name"])
    store = open_adapter(adapter, adapter.Options(**task["options"]), SettableClock(), Path(task["archive_dir"]))
    writer: int = task["writer"]
    tell("ready")
    sys.stdin.readline()  # all begin together
    for number in range(ROUNDS):
        own = (key(f"{writer}:{number}"), b"own")
        store.put([own, *((each, bytes([writer]) * SIZE) for each in COMMON)], ttl=TTL, capacity=10_000)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
