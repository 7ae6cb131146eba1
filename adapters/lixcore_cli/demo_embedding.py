"""A stand-in for an embedding model, so that the demo needs none: texts that share words and parts of words are similar.

It knows nothing of meanings. Real models put paraphrases close together; this one sees spelling only.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMENSION: Final = 256
_PART: Final = 4
_WORD_WEIGHT: Final = 2.0


def embedded(text: str) -> NDArray[np.float32]:
    """The text as float32 of shape (256,): each of its words, and each run of four characters, counted at a place of its own."""
    import numpy as np

    vector = np.zeros(DIMENSION, dtype=np.float32)
    words = "".join(char if char.isalnum() else " " for char in text.casefold()).split()
    line = f" {' '.join(words)} "
    for feature in words:
        vector[zlib.crc32(feature.encode()) % DIMENSION] += _WORD_WEIGHT
    for start in range(len(line) - _PART + 1):
        vector[zlib.crc32(line[start : start + _PART].encode()) % DIMENSION] += 1.0
    return vector
