"""Settings that are legal and yet may cause trouble, alone or together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import attrs

from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore.ports.hot_store_powers import MeasuresSessions
from lixcore.ports.leases import GrantsLeases

if TYPE_CHECKING:
    from lixcore.config import CacheConfig

_PATH_OPTION: Final = re.compile(r"(^|_)(path|dir|file)$")
_SHORTEST_SECRET: Final = 3  # shorter secrets would mask parts of words


def configuration_checks(config: CacheConfig) -> Iterator[Diagnosis]:
    """What can be said of the settings without opening anything."""
    yield _in_use(config)
    for check, is_so, fact, advice in _oddities(config):
        if is_so:
            yield Diagnosis(check, Severity.WARNING, fact, advice)
    yield from _powers(config)
    yield from _places(config)


def _in_use(config: CacheConfig) -> Diagnosis:
    from lixcore.config import Layer

    changed = [each for each in config.settings() if each.origin.layer is not Layer.DEFAULT]
    if not changed:
        return Diagnosis("settings", Severity.OK, "all at their defaults: no file, no LIX_ variable, no --set was found")
    listed = "; ".join(f"{each.name} = {each.value} ({each.origin})" for each in changed)
    return Diagnosis("settings", Severity.OK, f"{len(changed)} given: {listed}")


def _oddities(config: CacheConfig) -> Iterator[tuple[str, bool, str, str]]:
    """Name, whether it is so, the fact, the advice."""
    yield (
        "janitor",
        not config.janitor,
        "it is off: idle sessions stay in the hot store until somebody moves them",
        "run `lix janitor` as a process of its own, or set janitor = true",
    )
    yield (
        "disk_ttl_days",
        config.disk_ttl_days is not None and not config.janitor,
        "histories are to be removed after a time, and the janitor that does it is off",
        "run `lix janitor` as a process of its own, or set janitor = true",
    )
    yield (
        "on_damage",
        config.on_damage == "skip",
        "'skip': what is damaged is left out of every answer, with a warning in the log only",
        "use 'raise' for applications, and skip only to save what is left",
    )
    yield (
        "hot_window_size",
        config.hot_window_size == 0,
        "0: every context is empty",
        "set it to how many messages an LLM is to be given",
    )
    yield (
        "session_max_tokens",
        config.session_max_tokens == 0,
        "0: every context is empty",
        "set it to what an LLM takes, or leave it out",
    )
    yield (
        "session_ttl_seconds",
        config.session_ttl_seconds < config.evict_after_minutes * 60,
        f"{config.session_ttl_seconds:,} s is less than evict_after_minutes = {config.evict_after_minutes:,}: it decides alone",
        "make it longer, or evict_after_minutes shorter",
    )
    yield (
        "hot_store",
        config.hot_store == "memory",
        "'memory': messages that are not archived yet end with the process, and other processes do not see them",
        "use sqlite on one host, redis on several",
    )
    yield (
        "archive_index",
        config.archive_index is not None and not config.janitor,
        "what is archived is not brought into the index by itself, because the janitor is off",
        "run `lix index` from time to time, or set janitor = true",
    )
    yield (
        "archive_index",
        config.archive_index == "memory",
        "'memory': the index ends with the process, and each process makes one of its own",
        "use duckdb, which keeps files that all processes search",
    )
    yield (
        "cold_archive",
        config.cold_archive == "memory",
        "'memory': histories end with the process",
        "use huffman, which keeps files",
    )


def _powers(config: CacheConfig) -> Iterator[Diagnosis]:
    """Settings that ask for what the chosen hot store cannot do."""
    from lixcore.registry import Group

    store: Any = config.registry.load(Group.HOT_STORE, config.hot_store, origin=str(config.origin("hot_store")))
    if config.hot_max_bytes is not None and not isinstance(store, MeasuresSessions):
        fact = f"the hot store {config.hot_store} cannot tell how much room sessions take: no application starts so"
        yield Diagnosis("hot_max_bytes", Severity.PROBLEM, fact, "set hot_max_sessions instead, or use another store")
    if config.janitor and not isinstance(store, GrantsLeases):
        fact = f"the hot store {config.hot_store} grants no leases: the janitors of all processes do the same work"
        yield Diagnosis("janitor", Severity.WARNING, fact, "it does no harm; set janitor = false in all processes but one")


def _places(config: CacheConfig) -> Iterator[Diagnosis]:
    archive = Path(config.archive_dir).expanduser().absolute()
    if not Path(config.archive_dir).expanduser().is_absolute():
        fact = f"{config.archive_dir!r} is relative, and is {str(archive)!r} in this working directory"
        advice = "where processes start in different directories, set an absolute path"
        yield Diagnosis("archive_dir", Severity.OK, fact, advice)
    names = [each.name for each in config.settings() if each.name.startswith(f"{config.hot_store.replace('-', '_')}_")]
    for name in names:
        value = getattr(config, name)
        if _PATH_OPTION.search(name) and isinstance(value, str) and value:
            place = Path(value).expanduser().absolute()
            if place == archive or archive in place.parents:
                fact = f"{str(place)!r} lies in the directory of the archive, {str(archive)!r}"
                yield Diagnosis(
                    name, Severity.WARNING, fact, "keep the two apart: copies and removals of one then spare the other"
                )


def masked(diagnosis: Diagnosis, config: CacheConfig) -> Diagnosis:
    """The diagnosis without any secret of the configuration, whoever wrote it in."""
    from lixcore.config.setting import MASK

    fact, advice = diagnosis.fact, diagnosis.advice
    for secret in _secrets(config):
        fact, advice = fact.replace(secret, MASK), advice.replace(secret, MASK)
    return attrs.evolve(diagnosis, fact=fact, advice=advice)


def _secrets(config: CacheConfig) -> Iterator[str]:
    from lixcore.config.setting import MASK

    for each in config.settings():
        value = getattr(config, each.name)
        if not isinstance(value, str) or MASK not in each.value:
            continue
        found = [value] if each.value == MASK else []
        if not found:  # a URL with a password in it
            try:
                password = urlsplit(value).password
            except ValueError:
                password = value
            found = [password, unquote(password)] if password else []
        yield from (secret for secret in found if len(secret) >= _SHORTEST_SECRET)
