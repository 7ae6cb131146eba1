"""Checking everything that both tiers hold, and that they agree.

Results are given one by one as they are found, so checking takes the memory of one session at a time, however many there are.
Others may use the stores meanwhile. What looks wrong is looked at again before it is called a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, PositionConflictError, StoreBusyError
from lixcore.ports.cold_archive import ArchiveInfo, ColdArchive, Salvages
from lixcore.ports.events import Damaged, Events, Evicted
from lixcore.ports.hot_store import HotStore
from lixcore.ports.verification import Finding, Verified, Verifies
from lixcore.services.checks.tier_comparison import Differences, differences, parted
from lixcore.services.events.telling import SILENT, teller
from lixcore.services.tiers.tiering import ATTEMPTS

LOOKS: Final = 3
"""How often something that seems wrong is looked at before it is a finding."""

_FULL = 2**31


class Stage(Enum):
    """What was checked."""

    ARCHIVE = "archive"
    HOT_STORE = "hot store"
    COMPARISON = "comparison"
    """Whether the two agree on a hot session."""


@attrs.frozen
class Checked:
    """The result of one step.

    Attributes:
        stage: What was checked.
        verified: Where, whose, how many messages, and the findings.
        notes: What is good to know, and no finding.
    """

    stage: Stage
    verified: Verified
    notes: Sequence[str] = ()


class Verification:
    """Checks both stores and compares them; with ``repair``, also mends what can be mended without losing anything.

    Args:
        archive: The archive; one that cannot check itself is read as a whole.
        hot: The hot store; None when only the archive is to be checked.
        places: How many messages a session may have in the hot store: the window and one batch.
        events: Told of each finding, repaired or not, and of sessions that repairing evicts.
    """

    def __init__(self, archive: ColdArchive, hot: HotStore | None, *, places: int, events: Events = SILENT) -> None:
        self._archive = archive
        self._hot = hot
        self._places = places
        self._damaged: set[SessionKey] = set()
        self._tell_damaged = teller(events, Damaged)
        self._tell_evicted = teller(events, Evicted)

    def run(self, *, repair: bool = False) -> Iterator[Checked]:
        """Check everything of all tenants.

        Args:
            repair: Mend what can be mended; see `lixcore.ports.verification.Verifies` and `comparison`.

        Raises:
            StoreError: A store as a whole cannot be read, or what is to be mended cannot be written.
        """
        yield from self.archive(repair=repair)
        yield from self.hot_store(repair=repair)
        yield from self.comparison(repair=repair)

    def archive(self, *, repair: bool = False) -> Iterator[Checked]:
        """Check every session of the archive, and that its counts are what can be read."""
        every = self._archive.verify(repair=repair) if isinstance(self._archive, Verifies) else self._all_read()
        for verified in every:
            yield self._counted(verified)

    def hot_store(self, *, repair: bool = False) -> Iterator[Checked]:
        """Have the hot store check itself, if it can."""
        hot = self._hot
        if hot is not None and isinstance(hot, Verifies):
            for verified in hot.verify(repair=repair):
                self._note_damage(verified)
                yield self._checked(Stage.HOT_STORE, verified)

    def comparison(self, *, repair: bool = False) -> Iterator[Checked]:
        """Compare each hot session with its archive.

        Args:
            repair: Where the two hold different messages at one position, or the hot store lacks archived ones, archive what
                is hot, a message whose position is taken right behind that one, and evict the session: its next use
                restores it from the archive, which then has everything in order.
        """
        if self._hot is not None:
            for activity in self._hot.sessions():
                yield self._compared(self._hot, activity.session, repair=repair)

    def session(self, session: SessionKey, *, repair: bool = False) -> Iterator[Checked]:
        """Check one session. Damage of its archive is found, and mended only when everything is checked."""
        yield self._counted(self._read(session))
        if self._hot is not None and self._hot.describe(session) is not None:
            yield self._compared(self._hot, session, repair=repair)

    def knows(self, session: SessionKey) -> bool:
        """Whether there is such a session; one whose facts are damaged counts."""
        try:
            archived = _messages(self._archive.describe(session)) > 0
        except CorruptDataError:
            return True
        return archived or (self._hot is not None and self._hot.describe(session) is not None)

    def _note_damage(self, verified: Verified) -> None:
        if verified.session is not None and not all(finding.is_repaired for finding in verified.findings):
            self._damaged.add(verified.session)

    def _counted(self, verified: Verified) -> Checked:
        if verified.session is not None and not verified.findings:
            verified = attrs.evolve(verified, findings=self._miscounts(verified.session, verified.messages))
        self._note_damage(verified)
        return self._checked(Stage.ARCHIVE, verified)

    def _checked(self, stage: Stage, verified: Verified, notes: Sequence[str] = ()) -> Checked:
        if self._tell_damaged is not None:
            store = Stage.ARCHIVE if stage is Stage.ARCHIVE else Stage.HOT_STORE  # which deviates from what is archived
            for finding in verified.findings:
                self._tell_damaged(Damaged(store.value, f"{finding.where}: {finding.reason}", verified.session))
        return Checked(stage, verified, notes)

    def _all_read(self) -> Iterator[Verified]:
        try:
            for info in self._archive.sessions():
                yield self._read(info.session)
        except CorruptDataError as error:
            yield Verified(error.where, None, 0, [Finding(error.where, error.reason)])

    def _read(self, session: SessionKey) -> Verified:
        """What reading a whole history says of it."""
        where = _label(session)
        try:
            if isinstance(self._archive, Salvages):
                salvage = self._archive.salvage(session)
                entries, damage = salvage.entries, salvage.damage
            else:
                entries, damage = self._archive.read(session), ()
        except CorruptDataError as error:
            return Verified(where, session, 0, [Finding(error.where, error.reason)])
        findings = [Finding(where, f"is damaged: {place}", "lix verify --repair, without --session") for place in damage]
        return Verified(where, session, len(entries), findings)

    def _miscounts(self, session: SessionKey, messages: int) -> Sequence[Finding]:
        """Whether the archive says that it holds another number of messages than can be read."""
        try:
            info = self._archive.describe(session)
            if _messages(info) == messages:
                return ()
            for _ in range(LOOKS):
                before, entries = self._archive.describe(session), self._archive.read(session)
                if _messages(before) == len(entries):
                    return ()
                if before == self._archive.describe(session):
                    fact = f"says that it holds {_messages(before):,} messages, and {len(entries):,} can be read"
                    return [Finding(f"the archive of {_label(session)}", fact)]
        except CorruptDataError as error:
            return [Finding(error.where, error.reason)]
        return ()  # it changes all the time: it is written and read

    def _compared(self, hot: HotStore, session: SessionKey, *, repair: bool) -> Checked:
        where = _label(session)
        try:
            found, held = self._looked_at(hot, session)
            repaired = repair and self._mended(hot, session, found)
        except CorruptDataError as error:
            # Said already, by the store that is damaged.
            known = session in self._damaged
            reason = f"cannot be compared with its archive: {error}"
            unknown = () if known else [Finding(where, reason)]
            return self._checked(Stage.COMPARISON, Verified(where, session, 0, unknown), [f"{where} {reason}"] if known else ())
        notes = []
        if held > 2 * self._places:
            notes.append(
                f"{where} has {held:,} messages in the hot store, where window and batch make {self._places:,}: unless another"
                " process has a larger window, the archive does not take them, and the application's log says why"
            )
        findings = _findings(where, found, repair=repair, repaired=repaired)
        return self._checked(Stage.COMPARISON, Verified(where, session, held, findings), notes)

    def _looked_at(self, hot: HotStore, session: SessionKey) -> tuple[Differences, int]:
        """In what the tiers disagree each time they are looked at, and how many entries are hot."""
        settled: Differences | None = None
        held: Sequence[Entry] = ()
        for _ in range(LOOKS):
            facts = hot.describe(session)
            if facts is None or facts.first_position is None:
                return Differences(), 0
            info = self._archive.describe(session)
            # The archive first: what moves there in between is then hot still, or below the oldest hot entry.
            archived = self._archive.read(session, after=Position(facts.first_position - 1))
            held = hot.oldest(session, limit=_FULL)
            found = differences(held, archived, forgotten_through=info.forgotten_through if info else ORIGIN)
            settled = found if settled is None else settled.also_in(found)
            if not settled:
                break
        return settled or Differences(), len(held)

    def _mended(self, hot: HotStore, session: SessionKey, found: Differences) -> bool:
        """Whether the session was merged into the archive, and the tiers agree since.

        What is no message, or was forgotten, is not archived for anybody: such a session is left alone.
        """
        if not (found.conflicts or found.missing) or found.unreadable or found.forgotten or found.unordered:
            return False
        self._merge(hot, session)
        left, _ = self._looked_at(hot, session)
        return not left

    def _merge(self, hot: HotStore, session: SessionKey) -> None:
        """Archive all that is hot and make the session absent; a kill between any two calls loses and doubles nothing.

        The copy of a message whose position is taken is archived before the hot one goes, at a position that the next
        attempt finds again.
        """
        for _ in range(ATTEMPTS):
            held = hot.oldest(session, limit=_FULL)
            if held:
                archived = self._archive.read(session, after=Position(held[0].position - 1))
                try:
                    self._archive.append(session, parted(held, archived))
                except PositionConflictError:  # somebody archived one of them meanwhile, as an eviction does
                    continue
            if hot.evict(session, through=held[-1].position if held else ORIGIN):
                if self._tell_evicted is not None and held:
                    self._tell_evicted(Evicted(session))
                return
        raise StoreBusyError("hot store", f"messages were added {ATTEMPTS} times while a session was being repaired")


def _label(session: SessionKey) -> str:
    return f"session {session.id!r} of tenant {session.tenant!r}"


def _messages(info: ArchiveInfo | None) -> int:
    return info.messages if info else 0


def _findings(where: str, found: Differences, *, repair: bool, repaired: bool) -> Sequence[Finding]:
    """A finding for each way in which the tiers disagree."""
    merging = "lix verify --repair archives what is hot, and evicts the session"
    if repaired:
        merging = "what is hot was archived, and the session evicted; its next use restores it in order"
    elif repair:
        merging = "not repaired: see the other findings of this session; or it is much in use, and repairing it again helps"
    result = []
    if found.conflicts:
        reason = f"has other messages in the hot store than in the archive at {_shown(found.conflicts)}"
        result.append(Finding(where, reason, merging, is_repaired=repaired))
    if found.missing:
        reason = f"is hot without {len(found.missing):,} of its newer archived messages, at {_shown(found.missing)}"
        result.append(Finding(where, reason, merging, is_repaired=repaired))
    if found.unordered:
        result.append(Finding(where, f"is out of order in the hot store at {_shown(found.unordered)}"))
    if found.unreadable:
        remedy = "it was not written by lixcore, or by a newer version; look at what it is before it is removed"
        result.append(Finding(where, f"holds in the hot store what is no message, at {_shown(found.unreadable)}", remedy))
    if found.forgotten:
        reason = f"was being removed: the archive has forgotten what is still hot at {_shown(found.forgotten)}"
        result.append(Finding(where, reason, "lix forget completes it"))
    return result


def _shown(positions: frozenset[Position]) -> str:
    """Some positions in words, the lowest first."""
    listed = sorted(positions)
    more = f" and {len(listed) - 3:,} more" if len(listed) > 3 else ""  # noqa: PLR2004  # enough to look at
    return f"position{'s' if len(listed) > 1 else ''} {', '.join(map(str, listed[:3]))}{more}"
