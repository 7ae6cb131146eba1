"""The settings of the core, one attribute each: what `CacheConfig` is made of."""

from __future__ import annotations

from typing import Final

import attrs

from lixcore.ports.options import option

_CENTURY_DAYS: Final = 36_500
_CENTURY_MINUTES: Final = _CENTURY_DAYS * 24 * 60
_CENTURY_SECONDS: Final = _CENTURY_MINUTES * 60


@attrs.frozen(kw_only=True)
class CoreSettings:
    """Every setting that is not an adapter's, with its default, its bounds and its meaning."""

    hot_window_size: int = option(
        20, "How many of the newest messages of a session are its context and stay in the hot store.", at_least=0, at_most=10_000
    )
    spill_batch_size: int = option(
        20,
        "How many messages beyond the window may wait in the hot store before they move to the archive.",
        at_least=1,
        at_most=10_000,
    )
    session_ttl_seconds: int = option(
        86_400,
        "After how many seconds without use a session moves to the archive, whatever the eviction policy says.",
        at_least=1,
        at_most=_CENTURY_SECONDS,
    )
    session_max_tokens: int | None = option(
        None, "How many tokens a context may have at most; none sets no budget.", at_least=0, at_most=1_000_000_000
    )
    evict_after_minutes: int = option(
        120,
        "After how many minutes without use a session moves to the archive, if the eviction policy says so.",
        at_least=0,
        at_most=_CENTURY_MINUTES,
    )
    disk_ttl_days: int | None = option(
        None,
        "After how many days without a new message the janitor removes a history from the archive; none keeps it for ever.",
        at_least=1,
        at_most=_CENTURY_DAYS,
    )
    hot_max_sessions: int | None = option(
        None,
        "How many sessions may be hot before the janitor moves more of them to the archive; none sets no limit.",
        at_least=0,
        at_most=1_000_000_000,
    )
    hot_max_bytes: int | None = option(
        None,
        "How many bytes the sessions may take in the hot store before the janitor moves more of them to the archive; none sets no"
        " limit.",
        at_least=0,
        at_most=1 << 50,
    )
    janitor: bool = option(
        True, "Whether the janitor runs on a thread of every process that uses sessions; switched off, run ``lix janitor``."
    )
    janitor_interval_seconds: float = option(
        60.0, "How many seconds the janitor waits between two rounds.", at_least=0.1, at_most=_CENTURY_SECONDS
    )
    index_interval_seconds: float = option(
        60.0,
        "How many seconds pass at least between two rounds of bringing what was archived into the archive index.",
        at_least=0.1,
        at_most=_CENTURY_SECONDS,
    )
    write_mode: str = option(
        "overflow",
        "When a message is archived: overflow, once it leaves the window; or through, before its add returns.",
        choices=("overflow", "through"),
    )
    on_hot_store_failure: str = option(
        "archive",
        "What happens while the hot store is away: archive, sessions are served from the archive; or raise, calls fail.",
        choices=("archive", "raise"),
    )
    archive_dir: str = option("./data/conversations", "The directory where the archive keeps its files.")
    on_damage: str = option(
        "raise",
        "What reading a damaged part of an archive does: raise an error, or skip that part and return the rest.",
        choices=("raise", "skip"),
    )
    tenant: str = option("default", "Whose sessions these are; sessions of different tenants never meet.")
    semantic_ttl_seconds: int = option(
        300,
        "For how many seconds a cached response may be returned.",
        at_least=1,
        at_most=_CENTURY_SECONDS,
    )
    semantic_similarity_threshold: float = option(
        0.90,
        "How similar a query must be to a cached one to get its response, as the cosine of their embeddings.",
        at_least=-1,
        at_most=1,
    )
    semantic_max_items_per_url: int = option(
        50,
        "How many responses are cached at once for one session and URL.",
        at_least=1,
        at_most=1_000_000,
    )
    url_cache_ttl_seconds: int = option(
        86_400,
        "For how many seconds the embedding of a URL is kept.",
        at_least=1,
        at_most=_CENTURY_SECONDS,
    )
    url_cache_batch_size: int = option(
        100,
        "How many embeddings of URLs are read or written in one round trip.",
        at_least=1,
        at_most=10_000,
    )
    url_cache_max_entries: int = option(
        1_000_000,
        "How many embeddings of URLs are kept at once; those that expire first make room.",
        at_least=1,
        at_most=1_000_000_000,
    )
    url_cache_dtype: str = option(
        "float32",
        "How new embeddings of URLs are stored: float32, as they are given; or float16, in half the room with three digits.",
        choices=("float32", "float16"),
    )
    embedding_model: str = option("", "Which model makes the embeddings; those that were cached under another name are not used.")
    embedding_dimension: int | None = option(
        None, "How many numbers an embedding has; others are refused. None accepts any.", at_least=1, at_most=65_536
    )
    call_wait_seconds: float = option(
        30.0,
        "How many seconds get_or_call waits for another caller that is making the same response, before it makes one itself.",
        at_least=0,
        at_most=_CENTURY_SECONDS,
    )
    on_cache_failure: str = option(
        "miss",
        "What a cache that cannot be reached does: miss, nothing is found or cached, which is counted and logged once; or raise.",
        choices=("miss", "raise"),
    )
    hot_store: str = option("redis", "The adapter that keeps the newest messages of live sessions.")
    cold_archive: str = option("huffman", "The adapter that keeps whole histories.")
    codec: str = option("huffman", "The adapter that compresses what is newly archived.")
    similarity_index: str | None = option(
        "auto",
        "The adapter that keeps cached responses; auto takes the one called like the hot store, if any; none caches none.",
    )
    embedding_store: str | None = option(
        "auto",
        "The adapter that keeps embeddings of URLs; auto takes the one called like the hot store, if any; none keeps none.",
    )
    archive_index: str | None = option(
        None,
        "The adapter that finds messages in histories; none searches one session at a time, without an index.",
    )
    eviction_policy: str = option("lru", "The policy that chooses the sessions that leave the hot store.")
    match_policy: str = option("guarded", "The policy that says whether a cached response may answer a query.")
    admission_policy: str = option("any", "The policy that says which responses are cached.")
    window_policy: str = option("whole-turns", "The policy that says which of the newest messages make up a context.")
    token_counter: str = option("approximate", "What counts the tokens of messages.")
    retention_policy: str = option("age", "The policy that says which histories the janitor removes from the archive.")
    expiry_policy: str = option("fixed", "The policy that says how long what is cached lives.")
    analyzer: str = option("snowball", "What turns texts and queries into the words that messages are found by.")
    ranking_policy: str = option("hybrid", "The policy that says in which order what a search found is given.")
    redaction_policy: str | None = option(
        None, "The policy that removes from texts what must not be stored, before anything is; none stores them as they are."
    )
    plugins: str = option("all", "The installed plugins whose hooks are called: all, none, or some by name, separated by commas.")
