"""Words of Romanian that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a ai al ale am ar are as asta au avea avem aveți ca care ce cei cel cele ci cine cu cum când că da dacă dar de deci din după e
ea ei el ele era este eu fi fie fost i la le li lor lui mai mea mei meu mi mie mult mă ne nici noi nostru nu o or ori pe
pentru peste prin sa sau se sub sunt să ta te toate tot toți tu tău un una unde unei unor unui va voastră voi vor vostru vă îi
îl îmi în înainte între își îți și ți ție
"""
