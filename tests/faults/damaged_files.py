"""(e) Files of the archive that are damaged while everything goes on: a flipped byte, zeros, a lost end, a directory instead.

The workers stand still for the moment of the damage, so that it is known what could be read before and after. Only what one
damage takes at once is excused; nothing more may be missing later, and no reading that did not raise may lack even that, unless
the end of a file was cut off, which can look like a write that a crash interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from fault_ground import Ground, Site
from fault_rows import Result, Scenario
from history_checker import Verdict
from lixcore import SessionKey

MIX = {"add": 40, "context": 6, "history": 4, "evict": 2, "compact": 1, "flush": 1}
END_BYTES = 8  # of the last frame, which says by them that it was written as a whole
SESSIONS = [f"session {number}" for number in range(6)]


def flipped(path: Path, chance: Random) -> None:
    """One byte is another."""
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    data[at] ^= chance.randrange(1, 256)
    _put(path, at, bytes(data[at : at + 1]))


def zeroed(path: Path, chance: Random) -> None:
    """A stretch of it is zeros, as after a sector that could not be read; not its very end, which a crash can leave so."""
    size = path.stat().st_size - END_BYTES
    at = chance.randrange(size)
    _put(path, at, bytes(min(size - at, chance.randrange(1, 600))))


def all_zeros(path: Path, _: Random) -> None:
    """All of it is zeros."""
    _put(path, 0, bytes(path.stat().st_size))


def cut(path: Path, chance: Random) -> None:
    """Its end is gone."""
    with path.open("r+b") as file:
        file.truncate(chance.randrange(path.stat().st_size))


def _put(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def damaged(
    ground: Ground, seed: int, size: Mapping[str, Any], *, damage: Callable[[Path, Random], None], hot: str, strict: bool
) -> Result:
    """Random files are damaged at random places."""
    with ground.site(hot, seed) as site:
        site.sessions = SESSIONS
        site.crew.start(*(site.task(f"w{number}", mix=MIX) for number in range(size["workers"])))
        excused: set[str] = set()
        for _ in range(size["strikes"]):
            site.crew.wait_for_lines(site.chance.randrange(60, 300))
            with site.crew.stopped():
                before = site.archived(on_damage="skip")
                damage(site.chance.choice(_files(site)), site.chance)
                excused |= before - site.archived(on_damage="skip")
        site.crew.wait_for_lines(300)
        site.crew.finish()
        account = site.crew.account()
        if strict:
            account.excuse_no_reading()
        return site.judge(runs=size["strikes"], excused=excused, unbroken=False, evicts=False, account=account, on_damage="skip")


def directory_instead(ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str) -> Result:
    """A file is moved away, and a directory stands there; later it is put back. Nothing may be missing."""
    with ground.site(hot, seed) as site:
        site.sessions = SESSIONS
        site.crew.start(*(site.task(f"w{number}", mix=MIX) for number in range(size["workers"])))
        for _ in range(size["strikes"]):
            site.crew.wait_for_lines(site.chance.randrange(60, 300))
            with site.crew.stopped():
                path = site.chance.choice(_files(site))
                away = path.rename(site.directory / path.name)
                path.mkdir()
            site.crew.wait_for_lines(200)
            with site.crew.stopped():
                path.rmdir()
                away.rename(path)
        site.crew.wait_for_lines(300)
        site.crew.finish()
        return site.judge(runs=size["strikes"], unbroken=False)


def one_byte_takes_one_frame(ground: Ground, seed: int, size: Mapping[str, Any]) -> Result:
    """Of a history at rest, a flipped byte takes nothing, or neighbours that fit into one block; then appends go on."""
    with ground.site("sqlite", seed) as site:
        site.crew.start(site.task("w", adds=size["adds"], mix={"add": 20, "flush": 1, "compact": 1}))
        site.crew.finish()
        session = site.sessions[0]
        with site.stack() as stack:
            stack.wiring.tiering.evict(SessionKey(session))
        order = site.archive_order(session)
        flipped(_files(site)[0], site.chance)
        left = set(site.archive_order(session, on_damage="skip"))
        gone = [place for place, text in enumerate(order) if text not in left]
        words = _not_one_frame(gone)
        site.crew.start(site.task("after", adds=30, mix={"add": 20, "flush": 1, "compact": 1}, settings=_skipping(site)))
        site.crew.finish()
        excused = {order[place] for place in gone}
        result = site.judge(runs=1, excused=excused, unbroken=False, evicts=False, on_damage="skip")
        return result + Result(Verdict(lost=len(words), examples=tuple(words)))


def _not_one_frame(gone: Sequence[int]) -> list[str]:
    if gone and gone[-1] - gone[0] + 1 != len(gone):
        return [f"lost: one flipped byte took messages in several places: {gone}"]
    return []


def _skipping(site: Site) -> dict[str, Any]:
    return {**site.settings, "on_damage": "skip"}


def _files(site: Site) -> list[Path]:
    return sorted(path for path in site.archive_dir.glob("??/*.huff") if path.is_file())


KINDS = [
    ("flipped", "a byte of an archive file flipped", flipped, True),
    ("zeroed", "a stretch of an archive file zeroed", zeroed, True),
    ("all-zeros", "an archive file all zeros", all_zeros, True),
    ("cut", "an archive file cut off", cut, False),
]

SCENARIOS = [
    *(
        Scenario(
            name=f"file-{name}-{hot}",
            fault=f"{fault} ({hot})",
            letter="e",
            play=partial(damaged, damage=damage, hot=hot, strict=strict),
            ci={"workers": 3, "strikes": 3},
            nightly={"workers": 3, "strikes": 6},
            ci_rounds=2,
            nightly_rounds=30,
        )
        for name, fault, damage, strict in KINDS
        for hot in ("redis", "sqlite")
    ),
    *(
        Scenario(
            name=f"file-directory-{hot}",
            fault=f"a directory in place of an archive file ({hot})",
            letter="e",
            play=partial(directory_instead, hot=hot),
            ci={"workers": 3, "strikes": 3},
            nightly={"workers": 3, "strikes": 60},
        )
        for hot in ("redis", "sqlite")
    ),
    Scenario(
        name="file-one-byte",
        fault="one byte of a whole history flipped",
        letter="e",
        play=one_byte_takes_one_frame,
        ci={"adds": 150},
        nightly={"adds": 400},
        ci_rounds=4,
        nightly_rounds=200,
    ),
]
