"""What ``pytest -p`` imports in the process that tries a contract; the file that pytest collects takes the contract from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lixcore.testing.running.recorder import recorder_of_this_process

if TYPE_CHECKING:
    import pytest

_recorder = recorder_of_this_process()
TestContract = _recorder.contract


def pytest_configure(config: pytest.Config) -> None:
    """Have the recorder told everything."""
    config.pluginmanager.register(_recorder)
