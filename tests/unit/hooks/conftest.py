from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lixcore.hooks.choosing import chosen_plugins
from lixcore.hooks.plugins import Plugins
from site_packages import SitePackages, site_packages


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIX_TRACE_HOOKS", raising=False)
    monkeypatch.delenv("LIX_PLUGINS", raising=False)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[SitePackages]:
    with site_packages(tmp_path_factory.mktemp("site-packages"), monkeypatch) as site:
        yield site


@pytest.fixture(scope="session")
def plugins() -> Callable[..., Plugins]:
    """Plugins that are given, none installed."""

    def given(*objects: object) -> Plugins:
        return chosen_plugins("none", objects, origin="a test", problems=[])

    return given
