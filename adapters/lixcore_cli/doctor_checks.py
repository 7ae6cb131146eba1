"""What ``lix doctor`` looks at: Python, the configuration, what is installed, and each store in use.

Whatever is broken is a result; nothing that is found keeps the other checks from being made.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import attrs

from lixcore import __version__
from lixcore.errors import (
    BrokenAdapterError,
    BrokenPluginError,
    ConfigError,
    CorruptDataError,
    InvalidConfigError,
    LixError,
    MissingExtraError,
    StoreBusyError,
    StoreError,
    StoreRefusedError,
    StoreUnavailableError,
)
from lixcore.ports.diagnosis import Diagnoses, Diagnosis, Severity
from lixcore_cli.config_checks import configuration_checks, masked
from lixcore_cli.quantities import counted

if TYPE_CHECKING:
    from lixcore.bootstrap import Opener
    from lixcore.config import CacheConfig
    from lixcore.registry import Group, InstalledAdapter, Registry


@attrs.frozen
class Check:
    """One check.

    Attributes:
        area: What it belongs to, such as "hot store redis".
        diagnosis: What came of it.
    """

    area: str
    diagnosis: Diagnosis


def checks(load: Callable[[], CacheConfig]) -> Iterator[Check]:
    """Make all checks, one after the other.

    Args:
        load: Gives the configuration, or raises.
    """
    yield Check("installation", Diagnosis("Python", Severity.OK, f"{platform.python_version()} on {sys.platform}"))
    yield Check("installation", Diagnosis("lixcore", Severity.OK, __version__))
    config: CacheConfig | None = None
    try:
        config = load()
    except InvalidConfigError as error:
        for problem in error.problems:
            yield Check(
                "configuration",
                Diagnosis(
                    "settings",
                    Severity.PROBLEM,
                    problem,
                    "correct it where it stands; nothing that has this configuration starts before",
                ),
            )
        unknown = "not checked: which ones are meant is not known while settings are wrong"
        yield Check("configuration", Diagnosis("stores", Severity.WARNING, unknown, "mend the settings and ask again"))
    except (BrokenPluginError, MissingExtraError) as error:
        for fact in (str(error), *getattr(error, "__notes__", ())):
            remedy = "leave it out of the setting plugins, or uninstall it; nothing that has this configuration starts before"
            yield Check("configuration", Diagnosis("plugins", Severity.PROBLEM, fact, remedy))
    else:
        for diagnosis in configuration_checks(config):
            yield Check("configuration", diagnosis)
    for diagnosis in _adapter_checks(config):
        yield Check("adapters", diagnosis)
    if config is not None:
        yield from _store_checks(config)


def _adapter_checks(config: CacheConfig | None) -> Iterator[Diagnosis]:
    """Whether everything that is registered loads."""
    from lixcore.registry import Registry

    registry = config.registry if config is not None else Registry.scan()
    good = lacking = 0
    for adapter in registry.installed():
        chosen = config is not None and config.chosen(adapter.group) == adapter.name
        check = f"{adapter.group.label} {adapter.name}"
        try:
            _try_loading(registry, adapter)
        except MissingExtraError as error:
            lacking += 1
            if chosen:
                yield Diagnosis(check, Severity.PROBLEM, str(error), "install the extra, or choose another one")
        except BrokenAdapterError as error:
            remedy = f"mend or uninstall {adapter.provider}"
            yield Diagnosis(check, Severity.PROBLEM if chosen else Severity.WARNING, str(error), remedy)
        else:
            good += 1
    more = f"; {lacking} more would need an extra of lixcore" if lacking else ""
    yield Diagnosis("registered adapters", Severity.OK, f"{good} load{more}; `lix plugins` lists them")


def _try_loading(registry: Registry, adapter: InstalledAdapter) -> None:
    from lixcore.ports.adapter import ChecksDriver

    found: object = registry.load(adapter.group, adapter.name, origin="lix doctor")
    if isinstance(found, ChecksDriver):
        found.check_driver()


def _store_checks(config: CacheConfig) -> Iterator[Check]:
    """Open what the configuration chooses, each by itself, and have it check itself."""
    from lixcore.bootstrap import Opener
    from lixcore.registry import Group

    opener = Opener(config)
    stores = (Group.HOT_STORE, Group.COLD_ARCHIVE, Group.CODEC, Group.EVICTION_POLICY)
    policies = (Group.MATCH_POLICY, Group.ADMISSION_POLICY)
    for group in (*stores, Group.SIMILARITY_INDEX, Group.EMBEDDING_STORE, Group.ARCHIVE_INDEX, *policies):
        name = config.chosen(group)
        if name is not None:
            for diagnosis in _checks_of(opener, group, name, config.registry.provider(group, name)):
                yield Check(f"{group.label} {name}", masked(_weighed(diagnosis, group, config), config))


def _weighed(diagnosis: Diagnosis, group: Group, config: CacheConfig) -> Diagnosis:
    """A problem of a cache is a warning where its failure is a miss: the application works without it.

    So with an archive index that opens; where it does not, neither does a stack that names it.
    """
    from lixcore.registry import Group

    if group is Group.ARCHIVE_INDEX and diagnosis.severity is Severity.PROBLEM and diagnosis.check != "opening":
        fact = f"{diagnosis.fact}; one session at a time is searched without it"
        return attrs.evolve(diagnosis, severity=Severity.WARNING, fact=fact)
    is_cache = group in {Group.SIMILARITY_INDEX, Group.EMBEDDING_STORE}
    if diagnosis.severity is not Severity.PROBLEM or not is_cache or config.on_cache_failure != "miss":
        return diagnosis
    fact = f"{diagnosis.fact}; nothing is found or cached until it works"
    return attrs.evolve(diagnosis, severity=Severity.WARNING, fact=fact)


def _checks_of(opener: Opener, group: Group, name: str, provider: str) -> Iterator[Diagnosis]:
    check = "opening"
    try:
        with ExitStack() as closing, _blamed(name, provider):
            adapter = opener.open(group, name)
            if callable(close := getattr(adapter, "close", None)):
                closing.callback(close)
            check = "checking itself"
            yield from _asked(adapter, group)
    except LixError as error:
        yield Diagnosis(check, Severity.PROBLEM, str(error), _remedy(error, group))


@contextmanager
def _blamed(name: str, provider: str) -> Iterator[None]:
    """Whatever a stranger's adapter raises, the user learns whose it is."""
    try:
        yield
    except LixError:
        raise
    except Exception as error:
        raise BrokenAdapterError(name, provider, f"its check failed: {type(error).__name__}: {error}") from error


def _asked(adapter: Any, group: Group) -> Iterator[Diagnosis]:
    """What the adapter says of itself; one that cannot is asked for something small instead."""
    from lixcore.domain.scope import Scope
    from lixcore.domain.session import SessionKey
    from lixcore.ports.embedding_store import KEY_BYTES
    from lixcore.ports.similarity_index import LABEL_BYTES
    from lixcore.registry import Group

    if isinstance(adapter, Diagnoses):
        yield from adapter.diagnose()
    elif callable(sessions := getattr(adapter, "sessions", None)):
        next(iter(sessions()), None)
        yield Diagnosis("answering", Severity.OK, "it opens and lists sessions; it has no checks of its own")
    elif group is Group.SIMILARITY_INDEX:
        adapter.search(Scope(SessionKey("lix doctor")), None, label=bytes(LABEL_BYTES), k=1, at_least=1.0)
        yield Diagnosis("answering", Severity.OK, "it opens and can be searched; it has no checks of its own")
    elif group is Group.EMBEDDING_STORE:
        adapter.get([bytes(KEY_BYTES)])
        yield Diagnosis("answering", Severity.OK, "it opens and can be read; it has no checks of its own")
    elif group is Group.ARCHIVE_INDEX:
        size = adapter.measure()
        held = f"{counted(size.messages, 'message')} of {counted(size.sessions, 'session')}"
        yield Diagnosis("answering", Severity.OK, f"it opens and holds {held}; `lix index status` tells what it lacks")
    else:
        yield Diagnosis("opening", Severity.OK, "it opens; it has no checks of its own")


def _remedy(error: LixError, group: Group) -> str:
    from lixcore.registry import Group

    derived = {
        Group.SIMILARITY_INDEX: "remove it, as it says: all that a cache holds can be made again",
        Group.EMBEDDING_STORE: "remove it, as it says: all that a cache holds can be made again",
        Group.ARCHIVE_INDEX: "run lix index, which makes it anew of the archive; applications do so by themselves",
    }
    if isinstance(error, CorruptDataError) and group in derived:
        return derived[group]
    if isinstance(error, StoreBusyError):
        return "ask again; if it stays so, see what keeps it busy"
    if isinstance(error, StoreUnavailableError):
        return "start it, or correct its address; `lix config` shows where each setting stands"
    if isinstance(error, StoreRefusedError):
        return "correct the password or the rights"
    if isinstance(error, StoreError):
        return "see that there is room, and that the path is right; for damaged data, run lix verify"
    return "install what is missing, or choose another one" if isinstance(error, ConfigError) else ""
