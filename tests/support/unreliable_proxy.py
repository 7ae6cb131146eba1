"""A TCP proxy that loses answers and delays requests when it is told to, and counts the requests that pass."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

CHUNK = 1 << 20


class UnreliableProxy:
    """Stands between a client and the server on ``server_port`` of this machine. A context manager.

    Attributes:
        port: Where clients connect.
        requests: What arrived from clients, one item per arrival.
        refuses: Whether new connections are ended at once.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.refuses = False
        self._cut: tuple[bytes, int] = (b"", 0)
        self._withhold = b""
        self._withheld: tuple[socket.socket, bytes] | None = None
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut_answer_to(self, needle: bytes, *, times: int = 1) -> None:
        """Let requests with ``needle`` through and end the connection when the answer comes back."""
        self._cut = (needle, times)

    def withhold(self, needle: bytes) -> None:
        """Keep the next request with ``needle``, and end the connection of its client but not the one to the server."""
        self._withhold = needle

    def deliver_withheld(self) -> bytes:
        """Send it on after all; return the server's answer, empty if the server has ended the connection."""
        assert self._withheld, "nothing was withheld"
        server, data = self._withheld
        with contextlib.suppress(OSError):
            server.sendall(data)
            return server.recv(CHUNK)
        return b""

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuses:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._sockets += [client, server]
            thread = threading.Thread(target=self._pass_on, args=(client, server), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while self._pass_once(client, server):
                pass
        for end in (client, server):
            if self._withheld is None or end is not self._withheld[0]:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _pass_once(self, client: socket.socket, server: socket.socket) -> bool:
        readable, _, _ = select.select([client, server], [], [])
        if client in readable:
            data = client.recv(CHUNK)
            if not data:
                return False
            self.requests.append(data)
            if self._withhold and self._withhold in data:
                self._withhold, self._withheld = b"", (server, data)
                return False
            server.sendall(data)
            needle, times = self._cut
            if times and needle in data:
                self._cut = (needle, times - 1)
                server.recv(CHUNK)  # the request has been carried out
                return False
        if server in readable:
            data = server.recv(CHUNK)
            client.sendall(data)
            return bool(data)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for end in self._sockets:
            end.close()
