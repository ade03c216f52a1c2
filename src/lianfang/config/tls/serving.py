"""The certificate that is served: checked or made at the start, looked after while it runs.

Whatever is served lies in one file of the key folder, `tls/served.pem` (mode 0600: key in PKCS#8, then the chain), which the
web server reads again when it is told to. The authority of `--https` lies beside it in `tls/authority.pem`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lianfang.foundation.certificates import (
    Authority,
    CertificateFault,
    Pair,
    check_pair,
    is_due,
    issue,
    make_authority,
    may_name,
    names_in,
    parse_pair,
    read_authority,
)
from lianfang.kernel.labels import Label

MISSING = Label("没有文件 {file}。", "There is no file {file}.")
UNREADABLE = Label(
    "读不了文件 {file}（没有权限，或路径不对）。", "The file {file} may not be read (rights, or its path)."
)
OUTSIDE = Label(
    "本机证书机构建立时没有包括 {name}。要用这个名字，请加 --new-authority 重新生成（手机要重新安装证书）。",
    "This installation's authority was made without {name}. To use that name make another with --new-authority (phones install it anew).",
)
LEFT_OUT = Label(
    "地址 {name} 不在本机证书机构的范围内，手机不能用它打开。",
    "The address {name} is outside what this installation's authority may sign; phones cannot use it.",
)
ENDED = Label(
    "本机证书机构已于 {day} 到期。请加 --new-authority 重新生成（手机要重新安装证书）。",
    "This installation's authority ended on {day}. Make a new one with --new-authority (phones install it again).",
)
RENEWED = Label("证书已更新，用到 {day}。", "The certificate was renewed; it is valid until {day}.")
KEPT = Label("新的证书文件不能用，继续用原来的。", "The new certificate files cannot be used; the old ones stay.")


@dataclass
class Local:
    """`--https`: an authority of our own, and a certificate for what this machine is called now."""

    folder: Path
    given: list[str]
    reachable: Callable[[], list[str]]
    new_authority: bool = False
    current: list[str] = field(default_factory=list)

    @property
    def authority_file(self) -> Path:
        return self.folder / "authority.pem"

    @property
    def served(self) -> Path:
        return self.folder / "served.pem"

    def prepare(self, now: datetime) -> list[Label]:
        """Make what is missing. Returns what is to be said; raises CertificateFault when it cannot be served."""
        found = list(dict.fromkeys([*self.given, *self.reachable()]))
        if self.new_authority or not self.authority_file.exists():
            write_private(self.authority_file, make_authority(found, now).pem())
            self.new_authority = False
        authority = self.authority()
        if now > authority.issuer.not_valid_after_utc:
            raise CertificateFault(ENDED.format(day=f"{authority.issuer.not_valid_after_utc:%Y-%m-%d}"))
        names = [name for name in found if may_name(authority, name)]
        for name in self.given:
            if name not in names:
                raise CertificateFault(OUTSIDE.format(name=name))
        if self._is_due(authority, names, now):
            write_private(self.served, issue(authority, names, now).pem())
        self.current = names
        return [LEFT_OUT.format(name=name) for name in found if name not in names]

    def look(self, now: datetime) -> tuple[bool, list[Label]]:
        """Whether another certificate is to be served from now on, and what is to be said."""
        before = self.served.read_bytes() if self.served.exists() else b""
        said = self.prepare(now)
        after = self.served.read_bytes()
        if after == before:
            return False, []
        return True, [*said, RENEWED.format(day=f"{self.pair().leaf.not_valid_after_utc:%Y-%m-%d}")]

    def authority(self) -> Authority:
        return read_authority(read(self.authority_file), self.authority_file.name)

    def pair(self) -> Pair:
        return served_pair(self.served)

    def names_now(self) -> list[str]:
        """Names and addresses to tell people, the most useful first."""
        return self.current

    def _is_due(self, authority: Authority, names: list[str], now: datetime) -> bool:
        if not self.served.exists():
            return True
        try:
            return is_due(authority, self.pair(), names, now)
        except CertificateFault:
            return True  # a damaged copy is made again


@dataclass
class Given:
    """`--tls CERT KEY`: the operator's own files, copied when they fit; looked at again when they change."""

    folder: Path
    certificate: Path
    key: Path
    names: list[str]
    _seen: bytes = b""
    _told: str = ""

    @property
    def served(self) -> Path:
        return self.folder / "served.pem"

    def prepare(self, now: datetime) -> list[Label]:
        """Check and copy. Raises CertificateFault when the pair cannot be served."""
        certificates, key = read(self.certificate), read(self.key)
        self._seen = certificates + key
        pair = parse_pair(certificates, key, self.certificate.name, self.key.name)
        check_pair(pair, self.names, now, self.certificate.name)
        write_private(self.served, pair.pem())
        return []

    def look(self, now: datetime) -> tuple[bool, list[Label]]:
        """Whether the files changed and fit; files that do not (one of two copied so far) are tried again at their next change."""
        try:
            if read(self.certificate) + read(self.key) == self._seen and self.served.exists():
                return False, []
            self.prepare(now)
        except CertificateFault as fault:
            before, self._told = self._told, str(fault)
            return False, [] if before == self._told else [KEPT, fault.label]
        self._told = ""
        return True, [RENEWED.format(day=f"{self.pair().leaf.not_valid_after_utc:%Y-%m-%d}")]

    def pair(self) -> Pair:
        return served_pair(self.served)

    def names_now(self) -> list[str]:
        """Names to tell people: those asked for, else those of the certificate without wildcards."""
        return self.names or [name for name in served_names(self.served) if "*" not in name]


def served_pair(path: Path) -> Pair:
    """Key and chain of a served file."""
    pem = read(path)
    return parse_pair(pem, pem, path.name, path.name)


def served_names(path: Path) -> list[str]:
    """Host names and addresses of a served certificate."""
    return names_in(served_pair(path).leaf)


def read(path: Path) -> bytes:
    """A file's bytes. Raises CertificateFault when it is missing or not ours to read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise CertificateFault(MISSING.format(file=path)) from error
    except OSError as error:
        raise CertificateFault(UNREADABLE.format(file=path)) from error


def write_private(path: Path, content: bytes) -> None:
    """Replace a file that only this account may read, as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, path)
