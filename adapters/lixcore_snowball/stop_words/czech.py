"""Words of Czech that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a aby ale ani asi až bez bude budou by byl byla byli bylo být co dnes do ho i jak jako je jeho jejich její jen ještě ji jich
jim jiné již jsem jsi jsme jsou jste já k kam kde kdo kdy když která které který kteří ku ma mají me mezi mi mně moje my má
máte mít mě může na nad ne nebo není než nic nám náš nějaký o od on ona oni pak po pod podle pokud pouze pro proto protože
proč před při s se si sice svou své ta tak také takže tam tato te tedy ten tento ti to tohle tohoto tom tomu toto tu tuto tvůj
ty tím těm u už v ve vy vám váš však všechno z za zda ze či že
"""
