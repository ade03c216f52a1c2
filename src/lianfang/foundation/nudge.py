"""Wake the worker after a commit: one datagram to a Unix socket in the data folder. Losing one costs a second, nothing more."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import zlib

from django.conf import settings

_sender: socket.socket | None = None


def address() -> str:
    """Path of the worker's socket. Kept short: a Unix socket's path holds about 100 bytes."""
    path = os.path.join(settings.DATA_DIR, "nudge.sock")
    if len(path) < 90:
        return path
    return os.path.join(
        tempfile.gettempdir(), f"lianfang-{os.getuid()}-{zlib.crc32(str(settings.DATA_DIR).encode())}.sock"
    )


def wake() -> None:
    """Tell the worker that there is something to read. Never raises and never waits."""
    global _sender
    with contextlib.suppress(OSError):
        if _sender is None:
            _sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            _sender.setblocking(False)
        _sender.sendto(b"1", address())


class Ear:
    """The worker's end. `wait(seconds)` returns early when somebody called `wake`."""

    def __init__(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address())
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address())

    def wait(self, seconds: float) -> bool:
        self._socket.settimeout(max(seconds, 0.001))
        try:
            self._socket.recv(16)
        except TimeoutError:
            return False
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(16)
        return True

    def close(self) -> None:
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address())
