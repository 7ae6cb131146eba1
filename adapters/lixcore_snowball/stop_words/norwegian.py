"""Words of Norwegian that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
alle at av bare begge ble blei bli blir da de deg dei deim den denne der dere deres det dette di din disse ditt du dykk eg ein
eit eller elles en enn er et ett etter for fordi fra før ha hadde han hans har hennar henne hennes her ho hun hva hvem hver
hvilken hvis hvor hvorfor i ikke ikkje inn ja jeg kan kom kunne man mange me med meg men mer mi min mine mitt mot mykje ned no
noe noen nå når og også om opp oss over på samme seg selv si sin sine sitt skal skulle slik som så til um upp ut uten var ved
vi vil ville vors vår være vært
"""
