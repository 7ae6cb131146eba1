from __future__ import annotations

from pathlib import Path

import pytest

from lix_command import LixCommand


@pytest.fixture
def lix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LixCommand:
    """The command on an embedded stack in a new directory, which is the working directory as well."""
    monkeypatch.chdir(tmp_path)
    return LixCommand(tmp_path)
