"""What redis-py reports, said as lixcore's errors."""

from __future__ import annotations

import re
from typing import Final

import redis.exceptions as theirs

from lixcore.errors import StoreError, StoreFullError, StoreRefusedError, StoreUnavailableError

TRANSIENT: Final = (theirs.ConnectionError, theirs.TimeoutError, theirs.TryAgainError, theirs.ClusterDownError)
"""What may be over in a moment; `AuthenticationError` and its like are `ConnectionError`s by inheritance only."""

TRANSIENT_CODES: Final = ("NOREPLICAS ", "BUSY ", "TRYAGAIN ", "CLUSTERDOWN ", "MASTERDOWN ")
"""The same by the first word, for errors that redis-py, or an older one, has no class for."""

LASTING: Final = (theirs.AuthenticationError, theirs.AuthorizationError)

_WRONG_TYPE: Final = "WRONGTYPE"

_BAD_CERTIFICATE: Final = "certificate_verify_failed"

_IN_SCRIPT: Final = re.compile(r"@user_script: ?\d+: -?([A-Z]{3,}) (.*)", re.DOTALL)

_CODES: Final[dict[str, type[theirs.ResponseError]]] = {
    "OOM": theirs.OutOfMemoryError,
    "READONLY": theirs.ReadOnlyError,
    "NOPERM": theirs.NoPermissionError,
}

_BY_KIND: Final = (
    (LASTING, "check redis_username and redis_password, or those in redis_url"),
    (theirs.NoPermissionError, "allow the user all commands on the keys under redis_key_prefix (ACL SETUSER)"),
    (theirs.ReadOnlyError, "this is a replica: give the address of the primary"),
    (theirs.AskError, "this is a node of a Redis Cluster: give the address of a single server"),  # MOVED inherits from it
    (theirs.InvalidResponse, "what listens there is not a Redis or Valkey server"),
)

_BY_PHRASE: Final = (
    (_BAD_CERTIFICATE, "name the file of its certificate authority in redis_url: rediss://…?ssl_ca_certs=FILE"),
    (
        "wrongtype",
        "another program uses these keys: choose another redis_key_prefix or database (redis_session_db, redis_url_db, …)",
    ),
    ("user executing the script", "allow the user all commands on the keys under redis_key_prefix (ACL SETUSER)"),
    ("misconf", "the server cannot write to its disk: see its log"),
    ("moved ", "this is a node of a Redis Cluster: give the address of a single server"),
    ("db index", "set redis_session_db, redis_semantic_db and redis_url_db to databases that the server has"),
    (
        "select is not allowed",
        "set redis_session_db to 0, as redis_semantic_db and redis_url_db: a cluster has no other database",
    ),
    ("invalid stream id", "lixcore needs Redis 6.2 or newer, or Valkey"),
    ("unknown command", "lixcore needs Redis 6.2 or newer, or Valkey"),
    ("syntax error", "lixcore needs Redis 6.2 or newer, or Valkey"),
)


def is_transient(error: Exception) -> bool:
    """Whether the same command may succeed a moment later."""
    if isinstance(error, LASTING) or _BAD_CERTIFICATE in str(error).lower():
        return False
    return isinstance(error, TRANSIENT) or str(error).startswith(TRANSIENT_CODES)


class WrongTypeError(theirs.ResponseError):
    """A key holds another kind of value than lixcore's; redis-py has no class of its own for it."""


def told_apart(error: theirs.ResponseError) -> theirs.ResponseError:
    """The same error by its own class; one that a command within a script met is wrapped by servers before 7.0."""
    code, _, text = str(error).partition(" ")
    if found := _IN_SCRIPT.search(str(error)):
        code, text = found.groups()
    elif code != _WRONG_TYPE:
        return error
    kind = _CODES.get(code)
    if code == _WRONG_TYPE:
        return WrongTypeError(f"{code} {text}")
    return kind(text) if kind else theirs.ResponseError(f"{code} {text}")


def store_error(where: str, error: Exception, *, outcome_unknown: bool = False) -> StoreError:
    """The error of lixcore that says what redis-py's error says, and what to do about it.

    Args:
        where: The server's address.
        error: Any error of redis-py, or an error reply.
        outcome_unknown: Whether a write had been sent.
    """
    text = _text(error)
    if is_transient(error):
        return StoreUnavailableError(where, text, outcome_unknown=outcome_unknown)
    if isinstance(error, theirs.OutOfMemoryError):
        return StoreFullError(where, f"the server is out of memory ({text}); raise its maxmemory, or evict sessions")
    return StoreRefusedError(where, f"{text}; {_advice(error, text)}")


def _text(error: Exception) -> str:
    text = str(error).strip().rstrip(".") or type(error).__name__
    if isinstance(error, theirs.BusyLoadingError):
        return f"the server is still loading its data ({text})"
    return text


def _advice(error: Exception, text: str) -> str:
    for kind, advice in _BY_KIND:
        if isinstance(error, kind):
            return advice
    for phrase, advice in _BY_PHRASE:
        if phrase in text.lower():
            return advice
    return "the server refused the command"
