"""Words of Finnish that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
ei eivät emme en et ette että he hei heidän heille hän häneen häneltä hänen hänestä hänet ja jo joka jokin jolla jonka jos
joskin jota jotka kanssa koska kuin kuka kun me meidän meille mikä minulla minulle minun minut minä missä mitä mukaan mutta
mutten myös ne niiden niin niitä noin nuo nyt näiden näitä nämä ole olemme olen olet olette oli olisi olivat olla ollut on
ovat poikki se sekä sen siellä siihen siinä siitä sille sillä sinun sinut sinä sitä tai te teidän tuo tämä tämän tästä tätä
vaan vai vaikka voi ym
"""
