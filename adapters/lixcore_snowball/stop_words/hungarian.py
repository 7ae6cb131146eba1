"""Words of Hungarian that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a abban ahhoz ahogy ahol aki akik akkor alatt amely amelyek ami amikor amit annak arra az azok azon azt aztán azzal azért be
belül benne cikk csak de e egy egyes egyik egész el ellen előtt emilyen ez ezek ezen ezt ezért fel hanem hogy hogyan igen ill
ilyen is ismét itt kell keresztül ki kívül le legalább lehet lenne lesz lett meg mellett mely mert mi mint mit mivel most
nagyon ne nekem neki nem nincs néha olyan ott pedig persze rá s saját sem sok szemben szerint te tehát teljes tovább több után
utána vagy vagyok valaki valami van vannak vissza volna volt által általában át én és így össze úgy ő ők
"""
