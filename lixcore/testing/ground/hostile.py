"""Ids, names, times and payloads that find bugs: each was chosen for a way in which a store may mistake it for another."""

from __future__ import annotations

from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.testing.ground.profiles import left_out

_HOSTILE_KEYS = st.builds(
    SessionKey, id=st.text("aA:/*é\0 ", min_size=1, max_size=4), tenant=st.sampled_from(["a", "A", "a:", "*"])
)
_PLAIN_KEYS = st.builds(SessionKey, id=st.sampled_from([f"session-{number}" for number in range(50)]))

_COLLIDING = [
    (SessionKey("a"), SessionKey("A")),
    (SessionKey("a"), SessionKey("a ")),
    (SessionKey("a"), SessionKey("a\0")),
    (SessionKey("a\0b"), SessionKey("a\0c")),
    (SessionKey("u*"), SessionKey("user")),
    (SessionKey("u_er"), SessionKey("user")),
    (SessionKey("é"), SessionKey("e\u0301")),
    (SessionKey("b:c", tenant="a"), SessionKey("c", tenant="a:b")),
    (SessionKey("b/c", tenant="a"), SessionKey("c", tenant="a/b")),
    (SessionKey("bc", tenant="a"), SessionKey("c", tenant="ab")),
    (SessionKey("a", tenant="x"), SessionKey("a", tenant="X")),
    (SessionKey("a", tenant="x"), SessionKey("a", tenant="y")),
    (SessionKey("../x"), SessionKey("x")),
    (SessionKey("%61"), SessionKey("a")),
    (SessionKey("' OR 1=1 --"), SessionKey("one")),
    (SessionKey("é" * 2047 + "a"), SessionKey("é" * 2047 + "b")),
]

KEYS = _PLAIN_KEYS if left_out("hostile-ids") else _HOSTILE_KEYS
"""Few characters, chosen to meet each other: case pairs, separators, patterns, NUL, bytes beyond ASCII."""

KEYS_THAT_COLLIDE = [(SessionKey("one"), SessionKey("two"))] if left_out("hostile-ids") else _COLLIDING
"""Pairs that a store mixes up when it folds case, cuts at NUL, joins with a separator, matches patterns or shortens ids."""

NAMES = (
    ["one", "two"]
    if left_out("hostile-ids")
    else ["", " ", "*", "a", "A", "é", "e\u0301", "\0", "a\0b", "\r\n$1\r\nx", "%61", "x" * 10_000, "' OR 1=1 --", "\udcff"]
)
"""Names of holders that a store mixes up when it interprets, folds, cuts or normalises them."""

TIMESTAMPS = st.floats(min_value=0, max_value=253_402_300_799) | st.sampled_from([-0.0, 5e-324, 0.1 + 0.2, 1e9 + 2**-20])
"""Seconds since the epoch, to the last bit."""

PAYLOADS = st.binary(max_size=40) | st.sampled_from([b"", b"\0", b"\xff" * 3, b"x" * 5000])
"""Bytes of any kind."""
