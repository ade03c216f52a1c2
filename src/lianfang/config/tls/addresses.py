"""Under which names and addresses this machine can be reached from its own network. Nothing is sent to find out."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import sys
from pathlib import Path

from lianfang.foundation.certificates import CertificateFault, dns_name

ANY = ("0.0.0.0", "::")
SIOCGIFADDR = 0x8915
ROUTES = Path("/proc/net/route")
# Bridges of containers and virtual machines: reachable from this machine only, so they come last.
INNER = ("docker", "br-", "veth", "virbr", "cni", "podman", "lxc", "vmnet", "vboxnet")


def reachable(host: str) -> list[str]:
    """Names and addresses (normalised) that lead to a server listening on `host`, the most useful first."""
    if host not in ANY:
        found = [dns_name(host)]
        return found if not _is_loopback(found[0]) else [*found, *_own()]
    return list(dict.fromkeys([*lan_addresses(), *host_names(), *_own()]))


def lan_addresses() -> list[str]:
    """IPv4 addresses of this machine's interfaces, that of the default route first, loopback left out."""
    out = _ways_out()
    interfaces = [name for _index, name in socket.if_nameindex()]
    interfaces.sort(key=lambda name: (name not in out, name.startswith(INNER)))
    found = [address for name in interfaces if (address := _address_of(name))]
    if len(found) < 2:  # not Linux: what the system says of its own name
        with contextlib.suppress(OSError):
            found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [one for one in dict.fromkeys(found) if not ipaddress.ip_address(one).is_loopback]


def host_names() -> list[str]:
    """This machine's name, and the same below .local, where phones find it by multicast DNS."""
    try:
        name = dns_name(socket.gethostname())
    except CertificateFault:
        return []
    if name == "localhost" or name.endswith(".localdomain"):
        return []
    return [name] if "." in name else [name, f"{name}.local"]


def _own() -> list[str]:
    return ["localhost", "127.0.0.1", "::1"]


def _is_loopback(name: str) -> bool:
    return name in _own() or name.startswith("127.")


def _ways_out() -> list[str]:
    """Interfaces with a default route (Linux: destination 00000000 in the kernel's table)."""
    try:
        rows = [line.split() for line in ROUTES.read_text(encoding="ascii").splitlines()[1:]]
    except OSError:
        return []
    return [row[0] for row in rows if len(row) > 1 and row[1] == "00000000"]


def _address_of(interface: str) -> str:
    """The IPv4 address of an interface; "" where it has none, or where the system is not Linux."""
    if sys.platform != "linux":
        return ""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return ""
    return socket.inet_ntoa(answer[20:24])
