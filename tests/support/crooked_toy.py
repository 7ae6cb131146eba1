"""A contract of a few rules, and an adapter that keeps some of them: what the runner of contracts is tried with."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.errors import StoreUnavailableError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.options import option
from lixcore.testing import Contract, rule
from lixcore.testing.ground.profiles import examples

Open = Callable[[], Any]


class Toy:
    """Counts up to ``limit``, in a file."""

    @attrs.frozen
    class Options:
        path: str = option("toy.txt", "Where it is kept.", place="path")
        limit: int = option(100, "How far it counts.", at_least=0)
        gone: str = option("", "Where a file tells that it cannot be reached; empty for nowhere.")

    def __init__(self, options: Options) -> None:
        self.options = options

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> Self:
        del context
        return cls(options)

    def measure(self) -> int:
        """Ask it something."""
        if self.options.gone and Path(self.options.gone).exists():
            raise StoreUnavailableError("toy://host", "connection refused")
        return 0

    def count(self, number: int) -> int:
        """Keep a number."""
        self.measure()
        Path(self.options.path).write_text(str(number), encoding="ascii")
        return min(number, self.options.limit)


class NamedToy:
    """Keeps files of its own somewhere, which only `erase` finds again: like a server's databases."""

    capabilities: ClassVar[Collection[Capability]] = frozenset({Capability.PERSISTENT})

    @attrs.frozen
    class Options:
        root: str = option("", "The server, so to speak.")
        path: str = option("mine", "The database.", place="name")

    def __init__(self, options: Options) -> None:
        self.options = options

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> Self:
        del context
        return cls(options)

    def count(self, number: int) -> int:
        (Path(self.options.root) / self.options.path).write_text(str(number), encoding="ascii")
        return number

    @staticmethod
    def erase(options: Any, context: AdapterContext) -> None:
        del context
        (Path(options.root) / options.path).unlink(missing_ok=True)


class ToyContract(Contract):
    """Rules that hold, rules that do not, and rules that bring the process down."""

    prefix = "toy"
    adapter = Toy

    @rule("It must count.")
    def test_it_counts(self, open_adapter: Open) -> None:
        sys.stdout.write("an adapter may print\n")
        sys.stderr.write("wherever it likes\n")
        os.write(1, b"and past Python\n")
        assert open_adapter().count(3) == 3

    @rule("Numbers may be large.")
    def test_it_counts_far(self, open_adapter: Open) -> None:
        toy = open_adapter()

        @given(st.integers(min_value=0, max_value=1000))
        @examples(200)
        def check(number: int) -> None:
            assert toy.count(number) == number

        check()

    @rule("Each case counts.")
    @pytest.mark.parametrize("number", [1, 101, 102])
    def test_of_several_cases_each_is_tried(self, open_adapter: Open, number: int) -> None:
        assert open_adapter().count(number) == number

    @rule("It does not always apply.")
    def test_what_does_not_apply_is_skipped(self) -> None:
        pytest.skip("it does not apply here")

    @rule("Many adapters are written in C.")
    def test_a_crash_is_survived(self, open_adapter: Open) -> None:
        toy = open_adapter()
        if os.environ.get("TOY_CRASHES"):
            toy.count(1)
            os.kill(os.getpid(), signal.SIGSEGV)

    @rule("Some never answer.")
    def test_silence_is_survived(self) -> None:
        if os.environ.get("TOY_HANGS"):
            signal.pause()

    @rule("A program may be told to end.")
    def test_an_end_is_survived(self) -> None:
        if os.environ.get("TOY_ENDS"):
            os._exit(0)

    @rule("A server may go away.")
    def test_its_server_goes_away(self, open_adapter: Open) -> None:
        toy = open_adapter()
        if toy_gone := getattr(toy.options, "gone", ""):
            Path(toy_gone).touch()
        toy.count(1)

    @rule("What comes last is tried as well.")
    def test_the_last_one_is_tried(self, open_adapter: Open) -> None:
        assert open_adapter().count(1) == 1


class Misplaced:
    """Holds what cannot be found from outside."""

    @staticmethod
    def contract() -> type[Contract]:
        class Hidden(ToyContract):
            pass

        return Hidden
