"""What has to happen around a fork, in an order that does not depend on who was imported first.

A child has a copy of its parent's memory and none of its threads, so a lock that another thread held at that moment stays held
there for ever. Whoever works on a thread of its own finishes its step first; then stores, which that step may have needed, put
their handles in order.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import IntEnum

import attrs


class ForkStage(IntEnum):
    """Who goes first before a fork; afterwards it is the other way round."""

    WORKERS = 1
    """Threads that use stores: they stop between two steps."""
    STORES = 2
    """Adapters: they give up handles and locks that a child must not inherit."""


def _nothing() -> None:
    pass


@attrs.frozen
class ForkHooks:
    """What one module does around every fork of the process. None of it may raise.

    Attributes:
        stage: When.
        before: In the parent, before.
        after_in_parent: In the parent, after.
        after_in_child: In the child; it must not wait for a lock that ``before`` did not take.
    """

    stage: ForkStage
    before: Callable[[], None] = _nothing
    after_in_parent: Callable[[], None] = _nothing
    after_in_child: Callable[[], None] = _nothing


_hooks: list[ForkHooks] = []


def register_at_fork(hooks: ForkHooks) -> None:
    """Have this done around every fork from now on: once for each module, like `os.register_at_fork`."""
    _hooks.append(hooks)
    _hooks.sort(key=lambda each: each.stage)


def _before() -> None:
    for hooks in _hooks:
        hooks.before()


def _after_in_parent() -> None:
    for hooks in reversed(_hooks):
        hooks.after_in_parent()


def _after_in_child() -> None:
    for hooks in reversed(_hooks):
        hooks.after_in_child()


os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
