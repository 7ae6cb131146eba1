"""Asking the redaction policy, on the way to every store."""

from __future__ import annotations

from functools import partial

from lixcore.domain.json_value import JsonValue
from lixcore.domain.message import Message
from lixcore.domain.redacted import is_clean, redacted_message
from lixcore.errors import InvalidInputError, PolicyFailedError
from lixcore.ports.policy import RedactionPolicy


class Redaction:
    """Takes out of messages what must not be kept, and tells whether something else has such a thing.

    Where the policy fails, nothing may be stored: every failure is a `PolicyFailedError`.

    Args:
        policy: Says what the texts may be; None leaves everything as it is.
    """

    def __init__(self, policy: RedactionPolicy | None) -> None:
        self._redact = None if policy is None else partial(_redacted, policy)

    def of(self, message: Message) -> Message:
        """The message as it may be stored; the very same one where there is nothing to remove.

        Raises:
            PolicyFailedError: The policy raised, or gave what cannot be stored.
        """
        if self._redact is None:
            return message
        try:
            return redacted_message(message, self._redact)
        except InvalidInputError as error:
            raise PolicyFailedError("the policy", "redaction", f"it made a message that cannot be stored: {error}") from error

    def allows(self, *values: JsonValue) -> bool:
        """Whether there is nothing to remove from any of some values.

        Raises:
            PolicyFailedError: The policy raised, or gave no text.
        """
        redact = self._redact
        return redact is None or all(is_clean(value, redact) for value in values)


def _redacted(policy: RedactionPolicy, text: str) -> str:
    name = type(policy).__name__
    try:
        redacted = policy.redact(text)
    except PolicyFailedError:
        raise
    except Exception as error:  # whatever it is, what it was asked about must not be stored
        # The error's own text may well quote what must not be kept.
        raise PolicyFailedError(name, "redaction", f"it raised {type(error).__name__}; nothing is stored") from error
    if not isinstance(redacted, str):  # a stranger's
        raise PolicyFailedError(name, "redaction", f"it returned {type(redacted).__name__} instead of text; nothing is stored")
    return text if redacted == text else redacted


NO_REDACTION = Redaction(None)
"""Leaves everything as it is."""
