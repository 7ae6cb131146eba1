"""With the package installed, other sessions make room than without it."""

from pathlib import Path

import lixcore
import pytest
from lixcore import CacheConfig

from lixcore_toy.plugin import ToyPlugin

_ROOM_FOR_ONE = 'cold_archive = "memory"\nhot_max_sessions = 1\njanitor = false\n'


def leaving(config: CacheConfig, *plugins: object) -> list[str]:
    """Who has to make room: a long conversation was used before a short one."""
    with lixcore.open(config, plugins=plugins) as stack:
        for name, remarks in ("chatty", 12), ("quiet", 2):
            for number in range(remarks):
                stack.session(name).add_message_to_context("user", f"remark {number}")
        stack.janitor_round()
        return [each.session.id for each in stack.sessions() if not each.hot]


def configured(directory: Path, text: str) -> CacheConfig:
    """What lixcore.toml says, and nothing else."""
    file = directory / "lixcore.toml"
    file.write_text(_ROOM_FOR_ONE + text)
    return CacheConfig.load(file, environ={})


@pytest.mark.parametrize(
    ("settings", "victim"),
    [
        pytest.param("", "quiet", id="being-installed-is-enough"),
        pytest.param('plugins = "none"', "chatty", id="without-plugins-it-is-as-ever"),
        pytest.param(
            'plugins = "none"\neviction_policy = "chatty-last"',
            "quiet",
            id="the-policy-by-its-name",
        ),
        pytest.param(
            'plugins = "none"\neviction_policy = "chatty-last"\n'
            "[chatty-last]\nmessages = 13",
            "chatty",
            id="its-option-is-a-setting",
        ),
    ],
)
def test_who_makes_room(tmp_path: Path, settings: str, victim: str) -> None:
    text = f'hot_store = "memory"\n{settings}'

    assert leaving(configured(tmp_path, text)) == [victim]


def test_on_the_toy_store_it_is_the_same(tmp_path: Path) -> None:
    text = f'hot_store = "toy"\nplugins = "toy"\n[toy]\npath = "{tmp_path}/hot"\n'

    assert leaving(configured(tmp_path, text)) == ["quiet"]
    assert len(list((tmp_path / "hot").glob("*/*.jsonl"))) == 1


def test_evictions_are_counted(tmp_path: Path) -> None:
    plugin = ToyPlugin()

    leaving(configured(tmp_path, 'hot_store = "memory"\nplugins = "none"'), plugin)

    assert plugin.evictions == {"default": 1}
