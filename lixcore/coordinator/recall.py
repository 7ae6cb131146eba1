"""The calls of a coordinator that find what was said."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from lixcore.bootstrap import Wiring
from lixcore.config import CacheConfig
from lixcore.domain.session import SessionKey
from lixcore.services.searching.query import MOST_NEIGHBOURS, Narrowing, Query, checked_count

if TYPE_CHECKING:
    from lixcore.services.answers.semantic_query import Embedding


class Recall(ABC):
    """What `CacheCoordinator` offers of search: everything that was said in the session is found, archived or hot.

    With an archive index (``archive_index``) it is found faster. Without one, and while it cannot be used, the whole history is
    read, and ranked alike.
    """

    session: SessionKey

    @property
    @abstractmethod
    def _wiring(self) -> Wiring: ...

    @property
    @abstractmethod
    def _config(self) -> CacheConfig: ...

    def smart_context(
        self,
        query: str | None,
        query_embedding: Embedding | None = None,
        recent_k: int = 10,
        disk_k: int = 5,
        *,
        neighbours: int = 0,
        max_tokens: int | None = None,
    ) -> Mapping[str, list[dict[str, Any]]]:
        """Recent messages, and older ones that the query is about.

        What was said before `CacheCoordinator.clear_context` is not recent, and can be relevant. All of the history can be, the
        part of the context that ``recent_k`` leaves out as well.

        Args:
            query: Text of up to 16,384 UTF-8 bytes, such as what the user has just asked; may be empty or None with an embedding.
            query_embedding: Finite numbers, not all zero, of the model that made the messages' embeddings.
            recent_k: How many of the newest messages of the context, at most, in whole turns; 0 for none.
            disk_k: How many relevant ones at most; 0 for none, and the query is then not looked at.
            neighbours: With how many messages on either side each relevant one comes, in its ``neighbours``: ``before`` and
                ``after``, oldest first. They may be relevant ones themselves, and are no recent ones.
            max_tokens: A budget for all of them. Recent messages come first, the newest of all; of the relevant ones, the best
                that fit in the rest, with their neighbours. None for no budget.

        Returns:
            ``{"recent": […], "relevant": […]}``: dicts as `CacheCoordinator.get_context_messages` gives them. Recent ones are
            oldest first. Relevant ones are best first, have ``score`` and ``position``, and are never recent ones.

        Raises:
            InvalidInputError: An argument is refused.
            StoreError: The archive or the hot store cannot be used.
        """
        checked_count(recent_k, "recent_k")
        checked_count(disk_k, "disk_k")
        checked_count(neighbours, "neighbours", at_most=MOST_NEIGHBOURS)
        if max_tokens is not None:
            checked_count(max_tokens, "max_tokens", at_most=1_000_000_000)
        asked = self._query(query, query_embedding) if disk_k else None
        wiring = self._wiring
        wiring.in_use()
        found = wiring.searches.smart_contexts.of(
            self.session, asked, recent_k=recent_k, disk_k=disk_k, neighbours=neighbours, max_tokens=max_tokens
        )
        return {
            "recent": [message.for_context() for message in found.recent],
            "relevant": [hit.to_dict(neighbours=neighbours > 0) for hit in found.relevant],
        }

    def search(
        self,
        query: str | None,
        *,
        query_embedding: Embedding | None = None,
        k: int = 10,
        roles: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        fields: Mapping[str, Any] | None = None,
        neighbours: int = 0,
        catch_up: bool = False,
    ) -> list[dict[str, Any]]:
        """The messages of the session's whole history that a query is about, best first.

        Args:
            query: Text of up to 16,384 UTF-8 bytes; no character of it has a meaning. May be empty or None with an embedding.
            query_embedding: Finite numbers, not all zero.
            k: How many at most, 1 to 10,000.
            roles: Only what these said, such as ``["user"]``.
            since: Only what was said at this time or later, in seconds since the epoch.
            until: Only what was said before this time.
            fields: Only messages whose metadata says this at its top level.
            neighbours: As for `smart_context`.
            catch_up: Bring what was archived into the index first; what is not in it is found all the same, more slowly.

        Returns:
            Dicts of role, content, timestamp, metadata, score and position; with ``neighbours`` where those were asked for.

        Raises:
            InvalidInputError: An argument is refused.
            StoreError: The archive or the hot store cannot be used.
        """
        checked_count(k, "k", at_least=1)
        checked_count(neighbours, "neighbours", at_most=MOST_NEIGHBOURS)
        asked = self._query(query, query_embedding)
        narrowing = Narrowing.checked(roles=roles, since=since, until=until, fields=fields)
        wiring = self._wiring
        wiring.in_use()
        if catch_up:
            wiring.searches.catch_up_with([self.session])
        hits = wiring.searches.searching.in_session(self.session, asked, k=k, narrowing=narrowing, neighbours=neighbours)
        return [hit.to_dict(neighbours=neighbours > 0) for hit in hits]

    def _query(self, query: str | None, query_embedding: Embedding | None) -> Query:
        return Query.checked(query, query_embedding, dimension=self._config.embedding_dimension)
