"""Words of Swedish that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
alla allt alltså att av bara blev bli blir de dem den denna deras dess dessa det detta dig din dina dit ditt du där då efter
ej eller en er era ert ett från för ha hade han hans har henne hennes hon honom hur här i icke in ingen inom inte jag ju kan
kunde man med mellan men mig min mina mitt mot mycket ni nu när någon något några och om oss på samma sedan sig sin sina sitt
skulle som så sådan till under upp ut utan vad var varför vart vem vi vid vilka vilken vilket vår våra än är
"""
