"""Words of Italian that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a abbiamo ad ai al alla alle allo anche avere aveva avevano c che chi ci ciò coi col come con cosa così cui d da dagli dai dal
dalla dalle dallo degli dei del dell della delle dello di dove e ed era erano eri ero essere fa fra gli ha hai hanno ho i il
in io l la le lei li lo loro lui ma me mi mia mie miei mio molto ne negli nei nel nell nella nelle nello noi non nostra nostre
nostri nostro o ogni per perché più poi può qual quale quali quando quella quelle quelli quello questa queste questi questo
qui quindi s sarà se sei si sia siamo siete sono sta stata stati stato su sua sue sugli sui sul sulla sulle suo suoi te ti tra
tu tua tue tuo tuoi tutti tutto un una uno v vi voi vostra vostre vostri vostro è
"""
