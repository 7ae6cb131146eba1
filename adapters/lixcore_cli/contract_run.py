"""Which contracts ``lix contract`` runs, and on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.errors import UnknownAdapterError
from lixcore.registry import Group, nearest
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError

if TYPE_CHECKING:
    from lixcore.config import CacheConfig
    from lixcore.testing import Contract
    from lixcore.testing.runner import ContractReport, Progress


class ContractPort(Enum):
    """What has a contract, as the command line says it."""

    HOT_STORE = "hot-store"
    COLD_ARCHIVE = "cold-archive"
    CODEC = "codec"
    SIMILARITY_INDEX = "similarity-index"
    EMBEDDING_STORE = "embedding-store"
    ARCHIVE_INDEX = "archive-index"
    EVICTION_POLICY = "eviction-policy"

    @property
    def group(self) -> Group:
        """Where its adapters are registered."""
        return Group(f"lixcore.{self.value.replace('-', '_')}")


_CONTRACTS: Final[Mapping[Group, str]] = MappingProxyType(
    {port.group: "".join(part.capitalize() for part in port.value.split("-")) + "Contract" for port in ContractPort}
)


@attrs.frozen(kw_only=True)
class Trial:
    """An adapter to be tried by a contract, as a configuration would open it, but in a place of its own.

    Attributes:
        group: What it is for.
        name: What a configuration calls it.
        provider: Who registers it, to be shown.
        adapter: Its class.
        options: Its configured options, without those that tell a place.
    """

    group: Group
    name: str
    provider: str
    adapter: type[Any]
    options: Mapping[str, Any]

    def run(self, *, profile: str, rules: Sequence[str], progress: Progress | None) -> ContractReport:
        """Try it.

        Raises:
            InvalidInputError: There is no such rule.
            StopError: Where it keeps things is not known.
        """
        from lixcore.testing.runner import run_contract

        contract = contract_of(self.group)
        if not _has_place(contract, self.adapter):
            raise StopError(ExitCode.USAGE, _where_is_not_known(f"{self.group.label} {self.name!r}", contract.__name__))
        return run_contract(contract, self.adapter, options=self.options, profile=profile, only=rules, progress=progress)


def trials(config: CacheConfig, name: str, port: ContractPort | None) -> Sequence[Trial]:
    """One trial for each port that has an adapter of this name; each is imported.

    Raises:
        UnknownAdapterError: There is none.
        BrokenAdapterError: One cannot be used.
    """
    registry = config.registry
    groups = [each.group for each in ContractPort] if port is None else [port.group]
    found = [group for group in groups if name in registry.names(group)]
    if not found:
        known = sorted({each for group in groups for each in registry.names(group)})
        group_name = "lixcore" if port is None else port.group.value
        raise UnknownAdapterError(group_name, name, known=known, nearest=nearest(name, known), origin="the command line")
    return [_trial(config, group, name) for group in found]


def contract_of(group: Group) -> type[Contract]:
    """The contract's class.

    Raises:
        MissingExtraError: pytest or Hypothesis is not installed.
    """
    from lixcore import testing

    contract: type[Contract] = getattr(testing, _CONTRACTS[group])
    return contract


def _trial(config: CacheConfig, group: Group, name: str) -> Trial:
    from lixcore.ports.options import KEY, OptionFacts

    configured = config.adapter_options(name, group)
    facts = {field.name: field.metadata.get(KEY) for field in attrs.fields(type(configured))}
    told = {key for key, each in facts.items() if isinstance(each, OptionFacts) and not each.place}
    return Trial(
        group=group,
        name=name,
        provider=config.registry.provider(group, name),
        adapter=config.registry.load(group, name, origin="the command line"),
        options={key: value for key, value in attrs.asdict(configured).items() if key in told},
    )


def _has_place(contract: type[Contract], adapter: Any) -> bool:
    from lixcore.ports.adapter import Capability
    from lixcore.testing.ground.places import capabilities_of, place_options

    kept = capabilities_of(adapter) & {Capability.PERSISTENT, Capability.SHARED}
    return not kept or contract.placed_by != "options" or bool(place_options(adapter.Options))


def _where_is_not_known(what: str, contract: str) -> str:
    return (
        f"where the {what} keeps things is not known, and it must not be tried where somebody's data may be. Its author can"
        ' declare the option that tells it, as in `path: str = option(…, place="path")`, or say'
        " `capabilities = frozenset()` if it keeps nothing beyond its own object. A test of your own can give it an empty place:"
        f" it subclasses {contract} and overrides the fixture `options`"
    )
