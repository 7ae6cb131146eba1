"""Words of Catalan that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a això al allò als amb aquell aquella aquelles aquells aquest aquesta aquestes aquests cada com d de del dels des e el ell
ella elles ells els em en entre era es està et fa fins fou ha han has havia he hi ho i ja jo l la les li m meu meva molt més n
ni no nosaltres o on per perquè però poc pot quan que qui què s sa se sense ser ses seu seus seva si sobre soc sota sí són t
també te teu teva tot tots tu té un una unes uns vosaltres és
"""
