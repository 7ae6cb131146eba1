"""Reading a range of entries from a file, newest frames first, around whatever is damaged."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore_huffman.format.frame import Frame
from lixcore_huffman.format.scan import Damage, payload_damage
from lixcore_huffman.format.stored_codecs import CodecNamed
from lixcore_huffman.session_file import DamagedBlockError, SessionFile


@attrs.frozen
class Range:
    """Which entries are asked for.

    Attributes:
        last: Only the newest so many; None for all.
        after: Only positions above this one.
        before: Only positions below this one; None for no bound.
    """

    last: int | None = None
    after: Position | None = None
    before: Position | None = None


@attrs.frozen
class Found:
    """What a range holds.

    Attributes:
        entries: All that could be read, in order.
        damages: The damaged places where more of the range may have been.
    """

    entries: Sequence[Entry]
    damages: Sequence[Damage]


class _Gathering:
    """Runs of entries, from the newest frame back."""

    def __init__(self, wanted: Range) -> None:
        self.after = wanted.after or 0
        self.before = MAX_POSITION + 1 if wanted.before is None else wanted.before
        self.runs: list[list[Entry]] = []
        self.lowest = MAX_POSITION + 1
        self.sorted = True
        self.count = 0

    def add(self, run: list[Entry]) -> None:
        if run[0].position <= self.after or run[-1].position >= self.before:
            run = [entry for entry in run if self.after < entry.position < self.before]
        if run:
            self.sorted = self.sorted and run[-1].position < self.lowest
            self.lowest = min(self.lowest, run[0].position)
            self.runs.append(run)
            self.count += len(run)

    def above(self, floor: Position) -> int:
        """How many entries have a position above ``floor``."""
        if self.lowest > floor:
            return self.count
        return sum(entry.position > floor for run in self.runs for entry in run)

    def merged(self) -> list[Entry]:
        if not self.sorted:
            # An entry that stands in two frames counts once, as it was first written.
            held = {entry.position: entry for run in self.runs for entry in run}
            return [held[position] for position in sorted(held)]
        if len(self.runs) == 1:
            return self.runs[0]
        return [entry for run in reversed(self.runs) for entry in run]


def found_in(file: SessionFile, wanted: Range, codec_named: CodecNamed) -> Found:
    """The entries of ``file`` in a range; no more of it is read than they need.

    Raises:
        UnknownAdapterError: A frame's codec is not installed.
    """
    last = wanted.last
    if last is not None and last <= 0:
        return Found([], [])
    gathering = _Gathering(wanted)
    damages: list[Damage] = []
    for part in file.newest_first():
        if isinstance(part, Damage):
            damages.append(part)
            continue
        head = part.head
        if head.count and head.last > gathering.after and head.first < gathering.before:
            try:
                gathering.add(file.entries(part, codec_named, keep=_needed(part, gathering, last)))
            except DamagedBlockError as error:
                damages.append(payload_damage(part, str(error)))
        if wanted.after is not None and head.before.last <= wanted.after:
            break
        if last is not None and gathering.above(head.before.last) >= last:
            break
    entries = gathering.merged()
    lowest = gathering.after + 1
    if last is not None and len(entries) >= last:
        entries = entries[-last:]
        lowest = entries[0].position
    touching = [damage for damage in damages if damage.highest >= lowest and damage.lowest < gathering.before]
    return Found(entries, touching)


def _needed(frame: Frame, gathering: _Gathering, last: int | None) -> int | None:
    """How many entries at the end of ``frame`` can matter; None for all."""
    in_order = frame.head.last < gathering.lowest and frame.head.first > frame.head.before.last
    if last is None or not in_order or frame.head.last >= gathering.before:
        return None
    return last - gathering.count
