"""What all contracts have in common: an adapter, a place of its own, a clock, and rules that nobody overrides in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import context_for
from lixcore.testing.ground.places import Place, PlacedBy, capabilities_of
from lixcore.testing.ground.rules import Rule, RuleMark, mark_of, rule_name


class Contract:
    """What an adapter of a port promises, as tests. A subclass named ``Test…`` sets ``adapter``, and pytest runs its rules.

    What the store is like comes from the adapter's ``capabilities``, and its optional powers from its methods. Where it is tried
    is the fixture `options`: a new place of the suite's own, made from the options that the adapter declares with ``place=``. A
    subclass overrides it to set other options, as in ``return place.options(url=url)``.

    A rule that does not hold for an adapter is replaced with ``@overridden("why")`` or ``test_x = waived("why")``; a subclass
    that just defines a method or an attribute of that name is refused with a TypeError.

    Attributes:
        adapter: The class behind the entry point.
        prefix: What the names of a contract's rules begin with; set by each contract.
        placed_by: What tells where such an adapter keeps things; set by each contract.
    """

    adapter: ClassVar[Any]
    prefix: ClassVar[str] = ""
    placed_by: ClassVar[PlacedBy] = "options"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, mark in _marks(cls).items():
            if mark is None:
                raise TypeError(
                    f"{cls.__name__}.{name} replaces a rule of its contract. Say why: put @overridden('…') over the method, or,"
                    f" if the adapter can do without the rule, write {name} = waived('…'); both are in lixcore.testing"
                )

    @classmethod
    def rules(cls) -> Sequence[Rule]:
        """All rules in the order of their definition, with the reasons of those that were replaced."""
        stated = {name: mark for name, mark in _marks(cls).items() if mark is not None}
        own = {name: _original(cls, name) for name in stated}
        return [
            Rule(rule_name(cls.prefix, name), name, own[name].why, mark.instead, mark.is_waived) for name, mark in stated.items()
        ]

    @property
    def persistent(self) -> bool:
        """Whether a store that is closed and opened again holds what it held."""
        return Capability.PERSISTENT in capabilities_of(self.adapter)

    @property
    def shared(self) -> bool:
        """Whether several processes may have the same place open at once."""
        return Capability.SHARED in capabilities_of(self.adapter)

    @property
    def own_clock(self) -> bool:
        """Whether leases end by a clock of the store's own."""
        return Capability.OWN_CLOCK in capabilities_of(self.adapter)

    def needs(self, capability: Capability) -> None:
        """Skip the test unless the adapter declares this."""
        if capability not in capabilities_of(self.adapter):
            pytest.skip(f"{self.adapter.__name__} does not declare Capability.{capability.name}")

    @pytest.fixture
    def clock(self) -> SettableClock:
        """The clock of all stores of a test."""
        return SettableClock()

    @pytest.fixture
    def archive_dir(self, tmp_path: Path) -> Path:
        """Where an archive that is made of files keeps them; nothing is there yet."""
        return tmp_path / "archive"

    @pytest.fixture
    def context(self, clock: SettableClock, archive_dir: Path) -> AdapterContext:
        """What the core gives the adapter."""
        return context_for(clock, archive_dir)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        """Makes options of places where nothing is stored yet, and erases what it made when the test is over."""
        return Place(self.adapter, tmp_path, self.placed_by)

    @pytest.fixture
    def options(self, place: Place) -> Any:
        """Options of a place where nothing is stored yet: the one thing that a subclass may have to override."""
        return place.options()

    @pytest.fixture
    def open_adapter(self, options: Any, context: AdapterContext, place: Place) -> Iterator[Callable[[], Any]]:
        """Opens the same place again and again; what was opened is closed when the test is over."""
        with ExitStack() as stack:
            stack.callback(place.erase, context)

            def open_one() -> Any:
                opened = self.adapter.open(options, context)
                if hasattr(opened, "close"):
                    stack.callback(opened.close)
                return opened

            yield open_one


def _marks(cls: type) -> dict[str, RuleMark | None]:
    """For each test that is a rule anywhere in the class, what stands in its place; None for what gives no reason."""
    names = {
        name: None
        for base in reversed(cls.__mro__)
        for name, value in vars(base).items()
        if name.startswith("test_") and mark_of(value)
    }
    found: dict[str, RuleMark | None] = {}
    for name in names:
        first = next(base for base in cls.__mro__ if name in vars(base))
        mark = mark_of(vars(first)[name])
        replaces = any(mark_of(vars(base).get(name)) for base in cls.__mro__[cls.__mro__.index(first) + 1 :])
        found[name] = mark if mark is not None and (mark.instead or not replaces) else None
    return found


def _original(cls: type, name: str) -> RuleMark:
    """The rule that a test was at first."""
    marks = (mark_of(vars(base).get(name)) for base in reversed(cls.__mro__))
    return next(mark for mark in marks if mark is not None)
