"""A TCP proxy that can be switched off and on: one process's way to a server that all others reach."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

from unreliable_proxy import UnreliableProxy

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class SwitchedProxy(UnreliableProxy):
    """Passes everything on until it is switched off, which ends all connections at once and refuses others."""

    def __init__(self, server_port: int) -> None:
        self._passing: set[tuple[socket.socket, socket.socket]] = set()
        self._switching = threading.Lock()
        self._is_off = False
        super().__init__(server_port)

    def switch(self, *, on: bool) -> None:
        """Switch it on or off."""
        with self._switching:
            self._is_off = not on
            ending = () if on else tuple(self._passing)
        for client, server in ending:
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with self._switching:
            is_off = self._is_off
            if not is_off:
                self._passing.add((client, server))
        if is_off:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        else:
            super()._pass_on(client, server)
            with self._switching:
                self._passing.discard((client, server))
        self._sockets = [end for end in self._sockets if end not in (client, server)]
        for end in (client, server):
            end.close()
