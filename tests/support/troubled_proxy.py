"""A TCP proxy that does harm by a schedule: at random, but from a seed, to any request and its answer."""

from __future__ import annotations

import random
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

from unreliable_proxy import CHUNK, UnreliableProxy

DROP_REQUEST: Final = "request dropped"
DROP_ANSWER: Final = "answer dropped"
CUT_ANSWER: Final = "answer cut"
DELAY_REQUEST: Final = "request delayed"
DELAY_ANSWER: Final = "answer delayed"
REFUSE: Final = "connections refused"

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class TroubledProxy(UnreliableProxy):
    """Does one of these to a request, each as often as ``odds`` says, in parts of a thousand.

    The connection ends before the request is sent on; after it was carried out, before the answer; or within the answer. The
    request is held back, or the answer is, so long that the client has given up; it is delivered all the same. The connection
    ends, and so do the next few that are opened.

    Attributes:
        done: How often each was done.
    """

    def __init__(self, server_port: int, *, seed: int, odds: Mapping[str, int], delay: float) -> None:
        self._chance = random.Random(seed)
        self._odds = dict(odds)
        self._deciding = threading.Lock()
        self._ended = threading.Event()
        self._delay = delay
        self._refusing = 0
        self.done: Counter[str] = Counter()
        super().__init__(server_port)

    def stop_trouble(self) -> None:
        """Pass everything on from now on."""
        with self._deciding:
            self._odds, self._refusing = {}, 0

    def _decide(self) -> str | None:
        with self._deciding:
            pick = self._chance.randrange(1000)
            for what, share in self._odds.items():
                pick -= share
                if pick < 0:
                    self.done[what] += 1
                    if what == REFUSE:
                        self._refusing = self._chance.randrange(1, 8)
                    return what
        return None

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with self._deciding:
            refused = self._refusing > 0
            self._refusing = max(0, self._refusing - 1)
        if refused:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        else:
            super()._pass_on(client, server)
        client.close()
        server.close()
        self._sockets.remove(client)
        self._sockets.remove(server)
        self._threads.remove(threading.current_thread())  # thousands of connections come and go

    def _pass_once(self, client: socket.socket, server: socket.socket) -> bool:
        readable, _, _ = select.select([client, server], [], [])
        if client not in readable:
            data = server.recv(CHUNK)
            client.sendall(data)
            return bool(data)
        data = client.recv(CHUNK)
        if not data:
            return False
        what = self._decide()
        if what in {DROP_REQUEST, REFUSE}:
            return False
        if what == DELAY_REQUEST:
            self._ended.wait(self._delay)
        server.sendall(data)
        if what is None:
            return True
        answer = server.recv(CHUNK)
        if what == DELAY_ANSWER:
            self._ended.wait(self._delay)
        if what in {DELAY_REQUEST, DELAY_ANSWER}:
            client.sendall(answer)
            return bool(answer)
        if what == CUT_ANSWER and len(answer) > 1:
            client.sendall(answer[: self._chance.randrange(1, len(answer))])
        return False

    def close(self) -> None:
        """End all delays; called first when the proxy ends."""
        self._ended.set()
