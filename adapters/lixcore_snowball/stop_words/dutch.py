"""Words of Dutch that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
aan al alles als altijd ben bij daar dan dat de der deze die dit doch doen door dus een en er ge geen geweest haar had hadden
heb hebben heeft hem het hier hij hoe hun iets ik in is ja je jij jou jouw jullie kan kon kunnen maar me meer men met mij mijn
moet na naar niet niets nog nu of om omdat ons onze ook op over reeds s t te tegen toch toen tot u uit uw van veel voor want
waren was wat we wel werd wezen wie wij wil word worden wordt zal ze zelf zich zij zijn zo zonder zou
"""
