"""The options of the Redis adapters, and where they lead to."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs

from lixcore.errors import InvalidConfigError
from lixcore.ports.options import option

QUERY_OPTIONS: Final = frozenset({"db", "username", "password", "ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_keyfile"})
"""What a URL may carry after its question mark; the ``ssl_`` ones mean what they mean to redis-py."""

MAX_PREFIX_BYTES: Final = 256


@attrs.frozen(kw_only=True)
class RedisServerOptions:
    """How to reach the server, and under which keys: the same for all that lixcore keeps there."""

    url: str | None = option(
        None,
        "Address as redis://, rediss:// or unix://, with user, password and database if needed; wins over the single options.",
        secret=True,
    )
    host: str = option("localhost", "Name or address of the server.")
    port: int = option(6379, "Port of the server.", at_least=1, at_most=65535)
    username: str | None = option(None, "User to log in as; none means the server's default user.")
    password: str | None = option(None, "Password to log in with.", secret=True)
    key_prefix: str = option("lix", "What all keys begin with; braces are not accepted.", place="name")
    socket_connect_timeout: float = option(5.0, "Seconds to wait for a connection.", at_least=0.001)
    socket_timeout: float = option(5.0, "Seconds to wait for an answer.", at_least=0.001)
    socket_keepalive: bool = option(True, "Whether TCP checks that idle connections are alive.")
    pool_size: int = option(50, "Connections per process at most; who finds none free waits for one.", at_least=1)
    retries: int = option(3, "How often a command is sent again after its connection failed.", at_least=0)


@attrs.frozen(kw_only=True)
class RedisOptions(RedisServerOptions):
    """The options of `RedisHotStore`."""

    session_db: int = option(
        2, "Logical database of the sessions, unless the URL names one; 0 on a cluster.", at_least=0, alias="session_redis_db"
    )


@attrs.frozen(kw_only=True)
class RedisSimilarityOptions(RedisServerOptions):
    """The options of `RedisSimilarityIndex`."""

    semantic_db: int = option(
        0,
        "Logical database of cached responses, unless the URL names one; 0 on a cluster.",
        at_least=0,
        alias="semantic_redis_db",
    )
    index_cache_bytes: int = option(
        64 * 1024 * 1024,
        "How many bytes of the index a process keeps ready for searching; a search asks whether they are still valid.",
        at_least=0,
    )


@attrs.frozen(kw_only=True)
class RedisEmbeddingOptions(RedisServerOptions):
    """The options of `RedisEmbeddingStore`."""

    url_db: int = option(
        1,
        "Logical database of the embeddings of URLs, unless the URL names one; 0 on a cluster.",
        at_least=0,
        alias="url_cache_redis_db",
    )


@attrs.frozen
class Destination:
    """What the options come to.

    Attributes:
        where: The address for people: never with a password.
        scheme: ``redis``, ``rediss`` or ``unix``.
        arguments: What redis-py's connection class of that scheme is made with.
    """

    where: str
    scheme: str
    arguments: dict[str, Any] = attrs.field(repr=False)


def destination(options: RedisServerOptions, database: int) -> Destination:
    """Read the URL and the single options.

    Args:
        options: The URL and the single options.
        database: The logical database, unless the URL names one.

    Raises:
        InvalidConfigError: The URL or the key prefix cannot be used. The URL is not quoted in it: it may hold a password.
    """
    problems = list(_prefix_problems(options.key_prefix))
    arguments: dict[str, Any] = {
        "db": database,
        "username": options.username,
        "password": options.password,
        "socket_timeout": options.socket_timeout,
        "socket_connect_timeout": options.socket_connect_timeout,
        "protocol": 2,  # fewer kinds of answers to parse, and no pushes between them
    }
    scheme = "redis"
    address: dict[str, Any] = {"host": options.host, "port": options.port}
    if options.url is not None:
        try:
            scheme, address, more = _from_url(options.url)
        except ValueError as error:
            problems.append(f"redis_url {error}")
        else:
            arguments |= more
    if problems:
        raise InvalidConfigError(problems)
    if scheme != "unix":
        address["socket_keepalive"] = options.socket_keepalive
        where = f"{scheme}://{_bracketed(address['host'])}:{address['port']}/{arguments['db']}"
    else:
        where = f"unix://{address['path']}?db={arguments['db']}"
    return Destination(where, scheme, arguments | address)


def _prefix_problems(prefix: str) -> list[str]:
    if "{" in prefix or "}" in prefix:
        return [f"redis_key_prefix {prefix!r} has a brace; braces say which part of a key decides its place in a cluster"]
    if not 1 <= len(prefix.encode(errors="surrogatepass")) <= MAX_PREFIX_BYTES or not prefix.isprintable():
        return [f"redis_key_prefix must be 1 to {MAX_PREFIX_BYTES} bytes of printable text"]
    return []


def _from_url(url: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Scheme, address and the other arguments; raises ValueError with the rest of a sentence that begins with ``redis_url``."""
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:  # its text may quote the URL
        raise ValueError("cannot be read as a URL; percent-encode special characters of the password") from None
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    if parts.scheme == "unix" and not parts.path:
        raise ValueError("names no socket file")
    if parts.fragment:
        raise ValueError("has a '#'; write it as %23 in a password")
    login = {"username": parts.username, "password": parts.password}
    more: dict[str, Any] = {name: unquote(value) for name, value in login.items() if value} | _from_query(query, parts.scheme)
    address: dict[str, Any]
    if parts.scheme == "unix":
        address = {"path": unquote((parts.hostname or "") + parts.path)}
    else:
        address = {"host": unquote(parts.hostname or "localhost"), "port": port}
        if parts.path.strip("/"):
            more.setdefault("db", parts.path.strip("/"))
    if "db" in more:
        if not (more["db"].isascii() and more["db"].isdigit()):
            raise ValueError("names a database that is not a number")
        more["db"] = int(more["db"])
    return parts.scheme, address, more


def _from_query(query: list[tuple[str, str]], scheme: str) -> dict[str, str]:
    accepted = sorted(name for name in QUERY_OPTIONS if scheme == "rediss" or not name.startswith("ssl_"))
    for name, _ in query:
        if name not in accepted:
            raise ValueError(f"has the option {name!r}; a {scheme}:// URL takes {', '.join(accepted)}")
    return dict(query)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
