"""Forks workers: run as a script, with a socket as standard input over which tasks come, each with the pipe of its record.

Everything that workers need is imported once, here, so that starting one takes milliseconds. When the other end of the socket
is gone, whatever the reason, all workers are killed.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import signal
import socket
import traceback
from collections.abc import Mapping
from typing import Any

MESSAGE_BYTES = 1 << 20


def main() -> None:
    """Serve requests until the other end is gone."""
    import lixcore_huffman  # noqa: F401  # so that workers need not
    import lixcore_redis  # noqa: F401  # as above
    import lixcore_sqlite  # noqa: F401  # as above
    import predecessor_process
    import worker_process

    logging.getLogger("lixcore").addHandler(logging.NullHandler())  # what fails here is written down
    kinds: dict[str, Any] = {"lixcore": worker_process, "predecessor": predecessor_process}
    children: set[int] = set()
    try:
        with socket.socket(fileno=0) as channel, contextlib.suppress(ConnectionError):
            while _serve(channel, children, kinds):
                pass
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)


def _serve(channel: socket.socket, children: set[int], kinds: Mapping[str, Any]) -> bool:
    """Do what one request asks for; False when there will be no other."""
    request, handles, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 1)
    if not request:
        return False
    what, argument = json.loads(request)
    _bury(children)
    answer = 0
    if what == "start":
        if argument["kind"] == "predecessor":
            importlib.import_module("lix_open_cache")
        answer = os.fork()
        if answer == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _live(kinds[argument["kind"]], argument, handles[0])
        children.add(answer)
        os.close(handles[0])
    else:
        pid, number = argument
        if pid in children:  # not yet buried, so that the number cannot be another's
            os.kill(pid, number)
    channel.sendall(b"%d\n" % answer)
    return True


def _live(module: Any, argument: dict[str, Any], handle: int) -> None:
    from worker_record import WRONG, Recorder

    code = 1
    recorder = Recorder(handle)
    try:
        module.work(module.Task(**argument), recorder)
        code = 0
    except BrokenPipeError:  # nobody reads the record any more
        pass
    except BaseException:  # noqa: BLE001  # written down, and judged as wrong
        with contextlib.suppress(OSError):
            recorder.note(WRONG, f"a worker ended with {traceback.format_exc()}")
    finally:
        os._exit(code)


def _bury(children: set[int]) -> None:
    for child in list(children):
        if os.waitpid(child, os.WNOHANG)[0]:
            children.discard(child)


if __name__ == "__main__":
    main()
