"""Words of Danish that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
ad af alle alt at blev blive bliver da de dem den denne der deres det dette dig din dine disse dog du efter eller en end er et
for fra få ham han hans har havde have hende hendes her hos hun hvad hvem hvis hvor i ikke ind jeg jer jo kan kunne man mange
med meget men mig min mine mit mod ned noget nogle nu når og også om op os over på sig sin sine sit skal skulle som sådan til
ud under var ved vi vil ville vor være været
"""
