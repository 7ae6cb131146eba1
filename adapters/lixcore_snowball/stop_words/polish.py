"""Words of Polish that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a aby albo ale ani bardzo bez bo by bym być był była było były ci cię co coś czy dla do gdy gdzie go i ich ile im inne ja jak
jakie jako jego jej jest jestem jeszcze jeśli już każdy kiedy kto która które którego której który których którzy lub ma mam
mi mnie mną moja moje może my mój na nad nam nas nasz nawet nic nich nie niej nim niż no o od on ona one oni ono oraz po pod
ponieważ przed przez przy się są ta tak także tam te tego tej ten też to tobie tu twoja twój ty tych tylko tym u w was we
wszystko wy z za ze żeby
"""
