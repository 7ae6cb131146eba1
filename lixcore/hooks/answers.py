"""What an answer to a decision must be. A plugin's mistake is told where it is made, not where something breaks by it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from lixcore.domain.session import SessionKey

Arguments = Mapping[str, Any]


def checked(hook: str, answer: Any, arguments: Arguments) -> Any:
    """An answer as the core takes it.

    Args:
        hook: The hook that was called.
        answer: What it answered; not None.
        arguments: What it was called with.

    Raises:
        ValueError: It cannot be one; the message says why as the rest of a sentence that begins with the plugin.
    """
    return _CHECKS[hook](answer, arguments)


def _victims(answer: Any, arguments: Arguments) -> Sequence[SessionKey]:
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        raise ValueError(f"answered {_named(answer)}, where a sequence of session keys is due")  # noqa: TRY004  # as all of them
    candidates = {candidate.session for candidate in arguments["candidates"]}
    for each in answer:
        if not isinstance(each, SessionKey):
            raise ValueError(f"answered {_named(each)} among the victims, where a session key is due")  # noqa: TRY004
        if each not in candidates:
            raise ValueError("answered a session that is none of the candidates")
    return list(answer)


def _start(answer: Any, arguments: Arguments) -> int:
    count = len(arguments["messages"])
    start = _whole(answer)
    if start is None or not 0 <= start <= count:
        raise ValueError(f"answered {_named(answer)}, where a whole number from 0 to {count} is due")
    return start


def _counts(answer: Any, arguments: Arguments) -> Sequence[int]:
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        raise ValueError(f"answered {_named(answer)}, where a sequence of whole numbers is due")  # noqa: TRY004
    due = len(arguments["messages"])
    if len(answer) != due:
        raise ValueError(f"answered {len(answer):,} numbers for {due:,} messages")
    counts = [_whole(each) for each in answer]
    for each, count in zip(answer, counts, strict=True):
        if count is None or count < 0:
            raise ValueError(f"answered {_named(each)} for a message, where a whole number of at least 0 is due")
    return [count for count in counts if count is not None]


def _truth(answer: Any, _: Arguments) -> bool:
    if not isinstance(answer, bool):
        raise ValueError(f"answered {_named(answer)}, where True, False or None is due")  # noqa: TRY004
    return answer


def _seconds(answer: Any, _: Arguments) -> float:
    seconds = _number(answer)
    if not 0 < seconds < math.inf:
        raise ValueError(f"answered {_named(answer)}, where a finite number of seconds above 0 is due")
    return seconds


def _ranks(answer: Any, arguments: Arguments) -> Sequence[float]:
    count = len(arguments["findings"])
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        raise ValueError(f"answered {_named(answer)}, where a sequence of numbers is due")  # noqa: TRY004  # as all of them
    if len(answer) != count:
        raise ValueError(f"answered {len(answer)} numbers for {count} findings")
    scores = [_number(each) for each in answer]
    for each, score in zip(answer, scores, strict=True):
        if not math.isfinite(score):
            raise ValueError(f"answered {_named(each)} for a finding, where a finite number is due")
    return scores


def _text(answer: Any, _: Arguments) -> str:
    if not isinstance(answer, str):
        raise ValueError(f"answered {_named(answer)}, where text or None is due")  # noqa: TRY004
    return answer


def _number(value: Any) -> float:
    """A number as a float, infinity where it is too large; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _whole(value: Any) -> int | None:
    """A whole number, also one of numpy's; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _named(value: Any) -> str:
    """A number as it is; of anything else, which may hold what nobody should read, the class."""
    if isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= 64):  # noqa: PLR2004
        return repr(value)
    return f"a value of type {type(value).__name__}"


_CHECKS: Final[Mapping[str, Callable[[Any, Arguments], Any]]] = {
    "lixcore_evict": _victims,
    "lixcore_window_start": _start,
    "lixcore_count_tokens": _counts,
    "lixcore_retire": _truth,
    "lixcore_admit": _truth,
    "lixcore_may_answer": _truth,
    "lixcore_cache_seconds": _seconds,
    "lixcore_rank": _ranks,
    "lixcore_redact": _text,
}
