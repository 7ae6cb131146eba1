"""Words of Portuguese that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a ao aos aquela aquelas aquele aqueles aquilo as até com como da das de dela delas dele deles depois do dos e ela elas ele
eles em entre era eram essa essas esse esses esta estar estas estava este estes estou está estão eu foi foram há isso isto já
lhe lhes mais mas me mesmo meu meus minha minhas muito na nas nem no nos nossa nossas nosso nossos num numa não nós o os ou
para pela pelas pelo pelos por porque qual quando que quem se seja sem ser será seu seus sou sua suas são só também te tem
tenho ter teu teus tu tua tuas têm um uma umas uns você vocês vos à às é
"""
