"""A process of its own that adds to a similarity index: run as a script with one JSON argument.

It prints the number of each entry once the index has taken it. Not a test; started by `similarity_index_concurrency`.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from contract_child import tell
from contract_ground import SettableClock, open_adapter
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry


def main(argument: str) -> None:
    """Add ``count`` entries, each as ``<writer>:<number>``."""
    task: dict[str, Any] = json.loads(argument)
    adapter = getattr(importlib.import_module(task["module"]), task["name"])
    store = open_adapter(adapter, adapter.Options(**task["options"]), SettableClock(), Path(task["archive_dir"]))
    scope = Scope(SessionKey(task["session"]), url=task["url"])
    vector = np.array([1.0, task["writer"]], dtype=np.float32)
    tell("ready")
    sys.stdin.readline()  # all begin together
    for number in range(task["count"]):
        entry = IndexEntry(vector, f"{task['writer']}:{number}".encode())
        store.add(scope, entry, ttl=3600.0, capacity=task["capacity"])
        tell(number)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
