"""Archive indexes that are wrong, each in one way that a real author would choose, and the rules that must catch it."""

from __future__ import annotations

from importlib.util import find_spec

from broken import archive_index_company as company
from broken import archive_index_files as files
from broken import archive_index_filters as filters
from broken import archive_index_keeping as keeping
from broken import archive_index_rankings as rankings
from broken import archive_index_words as words
from broken.case import broken
from broken.file_archive_index import FileArchiveIndex
from lixcore.testing import ArchiveIndexContract
from lixcore_memory import MemoryArchiveIndex

C = ArchiveIndexContract
HISTORY = "random-histories-of-calls-give-what-a-model-gives"
CASES = [
    *(
        broken(C, adapter, *rules, right=FileArchiveIndex if adapter.capabilities else MemoryArchiveIndex)
        for room in (keeping, filters, words, rankings, company, files)
        for adapter, rules in room.CASES
    ),
    # Random histories find it too.
    *(
        broken(C, type(f"{one.__name__}InAHistory", (one,), {"__doc__": one.__doc__}), HISTORY, right=MemoryArchiveIndex)
        for one in (
            keeping.StopsAtTheWatermark,
            keeping.TakesTheForgottenAgain,
            keeping.ForgetsLessAgain,
            keeping.LeavesTheEmbeddings,
            filters.FoldsIds,
            filters.IgnoresTenants,
            words.WantsAllWords,
        )
    ),
]

if find_spec("duckdb") is not None:  # none of the others answers SQL
    from broken import archive_index_sql as sql
    from lixcore_duckdb import DuckdbArchiveIndex

    CASES += [broken(C, adapter, *rules, right=DuckdbArchiveIndex) for adapter, rules in sql.CASES]
