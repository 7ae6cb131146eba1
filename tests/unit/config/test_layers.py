from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lixcore.config import CacheConfig, Layer
from lixcore.errors import InvalidConfigError
from lixcore.registry import Registry

VALUES: Mapping[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "hot_window_size": (20, st.integers(0, 10_000)),
    "disk_ttl_days": (None, st.integers(1, 36_500)),
    "semantic_similarity_threshold": (0.9, st.floats(-1, 1)),
    "on_damage": ("raise", st.sampled_from(["raise", "skip"])),
    "archive_dir": ("./data/conversations", st.text("abc /é\"\\'#=", min_size=1)),
    "redis_host": ("localhost", st.text("abc.é", min_size=1)),
    "redis_port": (6379, st.integers(1, 65_535)),
    "redis_keepalive": (True, st.booleans()),
    "redis_password": (None, st.text("abcXYZ'\"", min_size=20)),
    "huffman_level": (6, st.integers(0, 9)),
}
SOME = st.fixed_dictionaries({}, optional={name: strategy for name, (_, strategy) in VALUES.items()})


def toml(values: Mapping[str, Any]) -> str:
    """The text of a file: settings of the core first, then a table for each adapter."""
    lines: list[str] = []
    for table in ("", "redis", "huffman"):
        lines += [f"[{table}]"] if table else []
        for name, value in values.items():
            adapter, _, rest = name.partition("_")
            key = rest if adapter in {"redis", "huffman"} else name
            if (adapter if key == rest else "") == table:
                lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines)


def environment(values: Mapping[str, Any], prefix: str = "LIX_") -> dict[str, str]:
    return {f"{prefix}{name.upper()}": str(value) for name, value in values.items()}


def loaded(tmp_path: Path, text: str, registry: Registry, **environ: str) -> CacheConfig:
    path = tmp_path / "lixcore.toml"
    path.write_text(text, encoding="utf-8")
    return CacheConfig.load(path, environ=environ, registry=registry)


def problems_of(tmp_path: Path, text: str, registry: Registry, **environ: str) -> tuple[str, ...]:
    with pytest.raises(InvalidConfigError) as caught:
        loaded(tmp_path, text, registry, **environ)
    return tuple(problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the directory is written anew by each example
@given(in_file=SOME, in_environment=SOME, in_call=SOME)
def test_the_highest_layer_that_has_a_value_wins(
    tmp_path: Path, registry: Registry, in_file: dict[str, Any], in_environment: dict[str, Any], in_call: dict[str, Any]
) -> None:
    path = tmp_path / "lixcore.toml"
    path.write_text(toml(in_file), encoding="utf-8")
    config = CacheConfig.load(path, environ=environment(in_environment), registry=registry, **in_call)
    layers = [(Layer.ARGUMENT, in_call), (Layer.ENVIRONMENT, in_environment), (Layer.FILE, in_file)]
    for name, (default, _) in VALUES.items():
        layer, value = next(((layer, values[name]) for layer, values in layers if name in values), (Layer.DEFAULT, default))
        assert getattr(config, name) == value
        assert type(getattr(config, name)) is type(value)
        assert config.origin(name).layer is layer
    effective = {name: getattr(config, name) for name in VALUES}
    assert config == CacheConfig(registry=registry, **effective)


def test_every_value_knows_where_it_stands(tmp_path: Path, registry: Registry) -> None:
    config = loaded(tmp_path, "hot_window_size = 7\n[redis]\nhost = 'h'", registry, LIX_REDIS_PORT="1234")
    assert config.origin("hot_window_size").where == f"{tmp_path}/lixcore.toml: hot_window_size"
    assert config.origin("redis_host").where == f"{tmp_path}/lixcore.toml: [redis] host"
    assert config.origin("redis_port").where == "environment LIX_REDIS_PORT"
    assert str(config.origin("redis_db")) == "default"


def test_problems_of_all_layers_are_told_together(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "lixcore.toml"
    path.write_text("hot_window_size = 'x'\n[redis]\nhots = 'x'\n[rediss]\nhost = 'x'\n", encoding="utf-8")
    environ = {"LIX_REDIS_PORT": "tcp://10.0.0.1", "LIX_REDIS_HOTS": "x"}
    with pytest.raises(InvalidConfigError) as caught:
        CacheConfig.load(path, environ=environ, registry=registry, redis_db=-1)
    told = "\n".join(caught.value.problems).replace(f"{tmp_path}/", "")
    assert len(caught.value.problems) == 6
    assert "[rediss] (lixcore.toml): no installed adapter is called 'rediss'; did you mean [redis]?" in told
    assert "hot_window_size = 'x' (lixcore.toml: hot_window_size): accepted is a whole number from 0 to 10,000." in told
    assert "redis_port = 'tcp://10.0.0.1' (environment LIX_REDIS_PORT): accepted is a whole number from 1 to 65,535." in told
    assert "redis_hots (lixcore.toml: [redis] hots): there is no such setting; did you mean [redis] host?" in told
    assert "redis_hots (environment LIX_REDIS_HOTS): there is no such setting; did you mean LIX_REDIS_HOST?" in told
    assert "redis_db = -1 (argument redis_db): accepted is a whole number of at least 0." in told
    assert str(caught.value).startswith("6 settings are wrong:\n  - ")


def test_a_wrong_value_is_told_also_where_it_is_overruled(tmp_path: Path, registry: Registry) -> None:
    (problem,) = problems_of(tmp_path, "hot_window_size = -5", registry, LIX_HOT_WINDOW_SIZE="5")
    assert problem.startswith("hot_window_size = -5 (lixcore.toml: hot_window_size)")


def test_an_adapter_that_is_overruled_need_not_be_installed(tmp_path: Path, registry: Registry) -> None:
    config = loaded(tmp_path, "hot_store = 'mongo'", registry, LIX_HOT_STORE="memory")
    assert config.hot_store == "memory"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hot_window_size = ", "lixcore.toml: the file is not TOML: Invalid value"),
        ("a = 1\nhot_window_size 3", "at line 2"),
        ("a = " + "[" * 100_000, "lixcore.toml: the file is nested too deeply"),
        ("hot_window_size = " + "9" * 5000, "lixcore.toml: the file is not TOML: "),
        ("#" * 1_048_577, "lixcore.toml: the file is longer than 1,048,576 bytes"),
    ],
)
def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path: Path, registry: Registry, text: str, said: str) -> None:
    (problem, *_) = problems_of(tmp_path, text, registry)
    assert said in problem


def test_a_file_that_is_not_text_is_named(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "lixcore.toml"
    path.write_bytes(b"tenant = '\xff'")
    with pytest.raises(InvalidConfigError, match=r"lixcore.toml: the file is not UTF-8 \(byte 10\)"):
        CacheConfig.load(path, environ={}, registry=registry)


def test_a_file_that_cannot_be_read_is_named_among_the_other_problems(tmp_path: Path, registry: Registry) -> None:
    for path, reason in [(tmp_path, "Is a directory"), (tmp_path / "absent.toml", "No such file or directory")]:
        with pytest.raises(InvalidConfigError) as caught:
            CacheConfig.load(path, environ={"LIX_HOT_WINDOW_SIZE": "many"}, registry=registry)
        assert caught.value.problems[0] == f"{path}: the file cannot be read: {reason}"
        assert len(caught.value.problems) == 2


def test_the_file_is_the_named_one_or_the_one_here_or_none(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CacheConfig.load(environ={}, registry=registry).hot_window_size == 20
    Path("lixcore.toml").write_text("hot_window_size = 1", encoding="utf-8")
    Path("other.toml").write_text("hot_window_size = 2", encoding="utf-8")
    Path("third.toml").write_text("hot_window_size = 3", encoding="utf-8")
    here = CacheConfig.load(environ={}, registry=registry)
    assert (here.hot_window_size, here.origin("hot_window_size").where) == (1, "lixcore.toml: hot_window_size")
    assert CacheConfig.load(environ={"LIX_CONFIG": "other.toml"}, registry=registry).hot_window_size == 2
    assert CacheConfig.load(environ={"APP_CONFIG": "other.toml"}, prefix="app", registry=registry).hot_window_size == 2
    assert CacheConfig.load("third.toml", environ={"LIX_CONFIG": "other.toml"}, registry=registry).hot_window_size == 3
    assert CacheConfig.from_env(environ={"LIX_CONFIG": "other.toml"}, registry=registry).hot_window_size == 20


def test_a_link_to_nowhere_is_not_taken_for_no_file(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lixcore.toml").symlink_to("gone.toml")
    with pytest.raises(InvalidConfigError, match=r"lixcore\.toml: the file cannot be read"):
        CacheConfig.load(environ={}, registry=registry)


@pytest.mark.parametrize(
    "line", ["hot_window_size = true", "hot_window_size = 3.0", "tenant = 3", "hot_window_size = [1]", "tenant = 2020-01-01"]
)
def test_values_of_a_file_are_not_coerced(tmp_path: Path, registry: Registry, line: str) -> None:
    (problem,) = problems_of(tmp_path, line, registry)
    assert f"(lixcore.toml: {line.split(' ', 1)[0]}): accepted is" in problem


def test_a_table_of_an_adapter_may_be_spelt_with_hyphens(tmp_path: Path, crowded: Registry) -> None:
    assert loaded(tmp_path, "[my-store]\nport = 7", crowded).my_store_port == 7


def test_an_option_written_twice_in_one_file_is_an_error(tmp_path: Path, registry: Registry) -> None:
    (problem,) = problems_of(tmp_path, "session_redis_db = 1\n[redis]\ndb = 3", registry)
    assert problem == "redis_db is given twice, differently: lixcore.toml: session_redis_db and lixcore.toml: [redis] db"
