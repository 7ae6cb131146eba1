"""Asking a plugin: its failures and its answers become what the core can go by."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import update_wrapper
from typing import Any

from lixcore.errors import PolicyFailedError
from lixcore.hooks.answers import checked
from lixcore.hooks.catalogue import HOOKS
from lixcore.hooks.plugins import Implementation
from lixcore.hooks.tracing import Trace

Arguments = Mapping[str, Any]


def asked(implementation: Implementation, trace: Trace | None) -> Callable[..., Any]:
    """A function that takes all arguments of the hook, asks an implementation, and checks its answer.

    It, and what pluggy makes of it, raises `PolicyFailedError` for whatever the plugin does wrong.
    """
    hook = HOOKS[implementation.hook]
    names = hook.arguments

    def ask(*values: Any) -> Any:
        arguments = dict(zip(names, values, strict=True))
        try:
            answer = implementation.call(arguments)
        except Exception as error:
            raise _failed(implementation, _raised(implementation, error), arguments, error, trace) from error
        answer = _accepted(implementation, answer, arguments, trace)
        if trace is not None:
            trace.tell(implementation, arguments, "answered", answer)
        return answer

    def wrap(*values: Any) -> Generator[None, Any, Any]:
        arguments = dict(zip(names, values, strict=True))
        answer = yield from _wrapped(implementation, arguments, trace)
        if answer is None:
            reason = "it answered None, where what its yield gave, or something in its place, is due"
            raise _failed(implementation, reason, arguments, None, trace)
        answer = _accepted(implementation, answer, arguments, trace)
        if trace is not None:
            trace.tell(implementation, arguments, "made of it", answer)
        return answer

    # By the specification's signature pluggy knows what to give; the plugin's own was checked when it was loaded.
    return update_wrapper(wrap if implementation.wraps else ask, hook.specification, updated=())


def _wrapped(implementation: Implementation, arguments: Arguments, trace: Trace | None) -> Generator[None, Any, Any]:
    """Run a wrapper. What comes from within and passes through it is not its failure."""

    def failed(error: Exception) -> PolicyFailedError:
        return _failed(implementation, _raised(implementation, error), arguments, error, trace)

    wrapper = implementation.call(arguments)
    try:
        _begin(wrapper)
    except Exception as error:
        raise failed(error) from error
    try:
        inner = yield
    except BaseException as within:  # noqa: BLE001  # the wrapper sees it, as pluggy has it, and passes it on
        try:
            wrapper.throw(within)
        except StopIteration as end:
            return end.value
        except Exception as error:
            if error is within:
                raise
            raise failed(error) from error
    else:
        try:
            wrapper.send(inner)
        except StopIteration as end:
            return end.value
        except Exception as error:
            raise failed(error) from error
    wrapper.close()
    raise _failed(implementation, "it yielded more than once", arguments, None, trace)


def _begin(wrapper: Generator[None, Any, Any]) -> None:
    try:
        next(wrapper)
    except StopIteration:
        raise RuntimeError("it ended without a yield") from None


def _accepted(implementation: Implementation, answer: Any, arguments: Arguments, trace: Trace | None) -> Any:
    if answer is None:
        return None
    try:
        return checked(implementation.hook, answer, arguments)
    except ValueError as error:
        raise _failed(implementation, f"it {error}", arguments, answer, trace) from None


def _raised(implementation: Implementation, error: Exception) -> str:
    # What a redaction says of its text may hold what it should remove.
    said = "" if implementation.hook == "lixcore_redact" else f": {error}"
    return f"it raised {type(error).__name__}{said}"


def _failed(
    implementation: Implementation, reason: str, arguments: Arguments, answer: object, trace: Trace | None
) -> PolicyFailedError:
    if trace is not None:
        trace.tell(implementation, arguments, "failed with", answer)
    return PolicyFailedError(f"plugin {implementation.plugin!r}", implementation.hook, reason)
