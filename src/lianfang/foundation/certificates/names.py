"""Names and addresses that certificates hold, and the one kind of fault that all of this raises."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from cryptography import x509

from lianfang.kernel.labels import Label

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
INVALID_NAME = Label(
    "“{name}” 不是主机名或 IP 地址，例如 school.example 或 192.168.1.20。",
    "“{name}” is neither a host name nor an IP address, such as school.example or 192.168.1.20.",
)


class CertificateFault(Exception):
    """A certificate, key or name that cannot be used; `label` says why and what to do, in both languages."""

    def __init__(self, label: Label) -> None:
        super().__init__(label.en)
        self.label = label


def is_address(name: str) -> bool:
    """Whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def dns_name(text: str) -> str:
    """A host name or IP address as certificates hold it: lower case, punycode, addresses in their short form.

    Raises CertificateFault for anything else: an empty word, a wildcard, a port, a whole web address.
    """
    name = text.strip().rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name.strip("[]").partition("%")[0]))
    except ValueError:
        pass
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError:
        ascii_name = ""
    labels = ascii_name.split(".")
    # A last part of digits alone is a mistyped address: browsers take it for one.
    if len(ascii_name) > 253 or labels[-1].isdecimal() or not all(LABEL.fullmatch(part) for part in labels):
        raise CertificateFault(INVALID_NAME.format(name=text))
    return ascii_name


def general_name(name: str) -> x509.GeneralName:
    """A normalised name or address for an extension."""
    if is_address(name):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def names_in(certificate: x509.Certificate) -> list[str]:
    """Host names (a wildcard as `*.…`) and addresses that a certificate is for; browsers look at nothing else."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    names = [name.lower() for name in held.get_values_for_type(x509.DNSName)]
    return names + [str(address) for address in held.get_values_for_type(x509.IPAddress)]


def is_covered(name: str, names: Iterable[str]) -> bool:
    """Whether one of a certificate's names is this one; a wildcard stands for one label, as in browsers."""
    parent = "*." + name.partition(".")[2]
    return any(held == name or (held == parent and not is_address(name)) for held in names)
