"""A process of its own that adds to an archive index; started by `concurrency`. It tells each round that was taken."""

from __future__ import annotations

from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage
from lixcore.testing.archive_index.messages import numbered
from lixcore.testing.ground.children import opened, ready, received, tell


def add_patiently(index: ArchiveIndex, batches: list[IndexBatch]) -> int:
    """Add, also while another one adds: whoever was told that it is busy tries again."""
    while True:
        try:
            return index.add(batches)
        except StoreBusyError:
            continue


def round_of(number: int, each: int) -> list[IndexedMessage]:
    """The messages of a round: ``each`` of them, above those of the round before."""
    return numbered(each, first=number * each + 1)


def main() -> None:
    """Add ``rounds`` times ``each`` messages to each of the ``sessions``, in one call a round."""
    task = received()
    index: ArchiveIndex = opened(task)
    ready()
    for number in range(task["rounds"]):
        messages = round_of(number, task["each"])
        add_patiently(index, [IndexBatch(SessionKey(session), messages) for session in task["sessions"]])
        tell(number)
    index.close()


if __name__ == "__main__":
    main()
