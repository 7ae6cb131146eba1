"""Words of French that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
ai aie aient ait as au aura aurait aux avaient avais avait avec avez avons c ce ceci cela celle celles celui ces cet cette
ceux chaque comme d dans de des donc du elle elles en encore es est et eu eux fait il ils j je jusqu l la le les leur leurs
lui m ma mais me mes moi mon même n ne ni nos notre nous on ont ou où par pas peu peut plus pour qu quand que quel quelle
quelles quels qui quoi s sa sans se sera serait ses si son sont sous suis sur t ta te tes toi ton tous tout toute toutes très
tu un une vos votre vous y à ça étaient étais était été être
"""
