"""What a worker does that uses the predecessor: the same as one that uses lixcore, as far as the predecessor can."""

from __future__ import annotations

import importlib
import importlib.util
import signal
import threading
from collections.abc import Sequence
from typing import Any

import worker_process
from worker_record import ACKNOWLEDGED, ARCHIVE, ENDED, READ, SENDING, UNKNOWN, WHOLE, Recorder, identity_of, text_of
from worker_sabotage import sabotaged

Task = worker_process.Task

OPTIONS = ("redis_host", "redis_port", "archive_dir", "hot_window_size", "session_ttl_seconds")


def missing() -> str | None:
    """Why it cannot be tried; None where it is installed."""
    if importlib.util.find_spec("lix_open_cache") is None:
        return "lix-open-cache is not installed; tox -e faults tries it"
    return None


def work(task: Task, recorder: Recorder) -> None:
    """Send what the task says, or read everything when it says to send nothing."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    importlib.import_module("loguru").logger.remove()  # it writes a line to the log for each call
    its = importlib.import_module("lix_open_cache")
    config = its.CacheConfig(**{name: task.settings[name] for name in OPTIONS if name in task.settings})
    windows = {session: its.SessionContextWindow(session, config) for session in task.sessions}
    with sabotaged(task.sabotage, task.seed, recorder.note):
        (writer,) = task.writers
        if task.is_burst:
            recorder.hold()
        number = task.first.get(writer, 0)
        end = None if task.adds is None else number + task.adds
        while number != end and not stopping.is_set():
            session = task.sessions[number % len(task.sessions)]
            if task.pace:
                stopping.wait(task.pace)
            _add(windows[session], session, writer, number, task, recorder)
            number += 1
        for session, window in windows.items():
            if "flush" in task.mix:
                window.flush_to_disk()
            if "history" in task.mix:
                archived = its.ConversationArchive(config.archive_dir).load_all(session) or []
                _read(archived, ARCHIVE, session, writer, task, recorder)
                _read(window.get_full_history(), WHOLE, session, writer, task, recorder)
    recorder.release()
    recorder.note(ENDED)


def _add(window: Any, session: str, writer: str, number: int, task: Task, recorder: Recorder) -> None:  # noqa: PLR0917  # one call
    identity = f"{writer}.{number}"
    recorder.note(SENDING, session, writer, identity)
    try:
        window.add_message("user", text_of(session, identity, task.padding))
    except Exception as error:  # noqa: BLE001  # it has no errors of its own, and none says whether the message is stored
        recorder.note(UNKNOWN, session, writer, identity, f"add: {type(error).__name__}")
    else:
        recorder.note(ACKNOWLEDGED, session, writer, identity)


def _read(messages: Sequence[Any], of: str, session: str, writer: str, task: Task, recorder: Recorder) -> None:  # noqa: PLR0917  # as above
    identities = [identity_of(session, message["content"], task.padding) for message in messages]
    recorder.note(READ, session, writer, of, identities)
