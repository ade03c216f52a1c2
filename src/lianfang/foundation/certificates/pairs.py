"""A key with its certificate chain, and whether it can be served."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lianfang.foundation.certificates.names import CertificateFault, is_address, is_covered, names_in
from lianfang.kernel.labels import Label

NOT_PEM = Label(
    "{file} 不是 PEM 证书（应以 -----BEGIN CERTIFICATE----- 开头）。.pfx 文件请先用 openssl pkcs12 转换。",
    "{file} is no PEM certificate (it begins with -----BEGIN CERTIFICATE-----). Convert a .pfx with openssl pkcs12.",
)
ENCRYPTED = Label(
    "私钥 {file} 有密码保护，无法自动启动。请用 openssl pkey -in {file} -out 新文件 去掉密码，并把新文件权限设为 600。",
    "The key {file} is protected by a password. Write it without one (openssl pkey -in {file} -out NEW) and give the new file mode 600.",
)
NOT_KEY = Label("{file} 不是 PEM 私钥。", "{file} is no PEM private key.")
KIND = Label(
    "私钥 {file} 的类型不能用：请用 2048 位以上的 RSA，或 P-256、P-384 的 ECDSA。",
    "The kind of key in {file} cannot be served: use RSA of 2048 bits or more, or ECDSA with P-256 or P-384.",
)
APART = Label(
    "私钥 {key} 和证书 {certificate} 不是一对（链文件里服务器证书要排在最前）。",
    "The key {key} does not fit the certificate {certificate} (in a chain the server's own comes first).",
)
EXPIRED = Label("证书 {file} 已于 {day} 过期。", "The certificate {file} expired on {day}.")
EARLY = Label(
    "证书 {file} 要到 {day} 才生效；请检查本机时间。",
    "The certificate {file} is valid only from {day}; check this machine's clock.",
)
NAMELESS = Label(
    "证书 {file} 没有写明主机名（subjectAltName），浏览器不接受。",
    "The certificate {file} names no host (subjectAltName); browsers refuse it.",
)
UNCOVERED = Label(
    "证书 {file} 不包含 {name}，只包含：{names}。",
    "The certificate {file} does not cover {name}, only {names}.",
)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A server's key and its certificates, its own first."""

    key: Key
    chain: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.chain[0]

    def pem(self) -> bytes:
        """Key (PKCS#8, which is all that the web server reads) and chain in one file, so that they are replaced together."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in self.chain)


def parse_pair(certificates: bytes, key: bytes, file: str, key_file: str) -> Pair:
    """Certificates and key from PEM text. Raises CertificateFault naming the file, for each thing that can be wrong."""
    try:
        chain = tuple(x509.load_pem_x509_certificates(certificates))
    except ValueError as error:
        raise CertificateFault(NOT_PEM.format(file=file)) from error
    try:
        found = serialization.load_pem_private_key(key, None)
    except TypeError as error:
        raise CertificateFault(ENCRYPTED.format(file=key_file)) from error
    except ValueError as error:
        raise CertificateFault(NOT_KEY.format(file=key_file)) from error
    if not (
        (isinstance(found, rsa.RSAPrivateKey) and found.key_size >= 2048)
        or (isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1 | ec.SECP384R1))
    ):
        raise CertificateFault(KIND.format(file=key_file))
    if found.public_key() != chain[0].public_key():
        raise CertificateFault(APART.format(key=key_file, certificate=file))
    return Pair(found, chain)


def check_pair(pair: Pair, names: Iterable[str], now: datetime, file: str) -> None:
    """Raises CertificateFault when the certificate is not valid now, or not for one of `names` (normalised)."""
    leaf = pair.leaf
    if now > leaf.not_valid_after_utc:
        raise CertificateFault(EXPIRED.format(file=file, day=f"{leaf.not_valid_after_utc:%Y-%m-%d}"))
    if now < leaf.not_valid_before_utc:
        raise CertificateFault(EARLY.format(file=file, day=f"{leaf.not_valid_before_utc:%Y-%m-%d}"))
    held = names_in(leaf)
    if not held:
        raise CertificateFault(NAMELESS.format(file=file))
    for name in names:
        if not is_covered(name, held):
            raise CertificateFault(UNCOVERED.format(file=file, name=name, names=", ".join(held)))


def public_roots() -> list[x509.Certificate]:
    """The authorities that browsers trust (Mozilla's list, as the package certifi carries it)."""
    import certifi

    roots = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old roots carry a serial number that the standard forbids
        for block in re.findall(rb"-----BEGIN [^-]+-----[^-]+-----END [^-]+-----", Path(certifi.where()).read_bytes()):
            with contextlib.suppress(ValueError):
                roots.append(x509.load_pem_x509_certificate(block))
    return roots


def is_publicly_trusted(pair: Pair, now: datetime, roots: Sequence[x509.Certificate]) -> bool:
    """Whether the chain, as it would be served, leads to one of `roots` for the first host name that it holds."""
    host = next((name for name in names_in(pair.leaf) if not is_address(name)), None)
    if host is None:
        return False
    subject = x509.DNSName(host.replace("*", "a", 1))
    verifier = PolicyBuilder().store(Store(list(roots))).time(now).build_server_verifier(subject)
    try:
        verifier.verify(pair.leaf, list(pair.chain[1:]))
    except VerificationError:
        return False
    return True
