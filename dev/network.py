"""Keeps tests from leaving this machine: only loopback addresses and Unix sockets may be connected to."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class OutsideNetworkError(RuntimeError):
    """A test tried to reach another machine."""


def is_inside(family: int, address: Any) -> bool:
    """Whether an address, as `socket.connect` takes it, stays on this machine. Names other than localhost do not."""
    if family == getattr(socket, "AF_UNIX", None):
        return True
    if not isinstance(address, tuple) or not address:
        return False
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any, *rest: Any) -> Any:
        if not is_inside(self.family, address):
            raise OutsideNetworkError(f"tests may not leave this machine: {address!r}")
        return original(self, address, *rest)

    connect.guarded = True  # type: ignore[attr-defined]
    return connect


def block_outside() -> None:
    """Guard every socket made by this process from now on. Calling it twice does no harm."""
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)
        if not getattr(original, "guarded", False):
            setattr(socket.socket, name, _guarded(original))
