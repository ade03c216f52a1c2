"""A certificate authority of this installation's own.

Two certificates of ten years: a root, which phones install, and an issuer below it, which signs. The root's key signs the
issuer and is forgotten, so nothing can ever be signed outside the issuer's limits: private addresses and the names given
when it was made. A stolen issuer key therefore does not let anybody pretend to be a bank towards the parents' phones, not
even on systems that look at limits only below the root (RFC 5280, 6.1.1 d: a trust anchor is a name and a key).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lianfang.foundation.certificates.names import CertificateFault, general_name, is_address, names_in
from lianfang.foundation.certificates.pairs import Pair
from lianfang.kernel.labels import Label

AUTHORITY_LIFE = timedelta(days=3650)
# Browsers refuse longer ones of public authorities (398 days); phones differ for private ones, so never longer.
LEAF_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=60)
# Phones with a clock that is behind accept it from the first minute.
BACKDATED = timedelta(days=1)
# Reserved for private use: RFC 1918, 6598, 3927, 4193, 4291.
PRIVATE = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
    *("fc00::/7", "fe80::/10", "::1/128"),
)
# RFC 6761, 6762 and 8375; `internal` is reserved by ICANN, `lan` is what routers use.
LOCAL_NAMES = ("localhost", "test", "local", "lan", "internal", "home.arpa")
DAMAGED = Label(
    "证书机构文件 {file} 已损坏。请从密钥备份恢复，或加 --new-authority 重新生成（手机要重新安装证书）。",
    "The authority's file {file} is damaged. Restore it from the key backup or make another with --new-authority (phones install it anew).",
)


@dataclass(frozen=True)
class Authority:
    """The root to install, the issuer below it and the issuer's key. There is no key of the root."""

    root: x509.Certificate
    issuer: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        """Key, issuer and root in one file, so that they are replaced together."""
        return _key_pem(self.key) + _pem(self.issuer) + _pem(self.root)


def make_authority(names: Iterable[str], now: datetime) -> Authority:
    """A new authority for private addresses, local names and `names` (normalised host names, addresses)."""
    given = set(names)
    networks = [ipaddress.ip_network(text) for text in PRIVATE]
    networks += sorted((ipaddress.ip_network(n) for n in given if is_address(n) and not _is_private(n)), key=str)
    hosts = [*LOCAL_NAMES, *sorted(n for n in given if not is_address(n) and not _below(n, LOCAL_NAMES))]
    permitted = [x509.DNSName(host) for host in hosts] + [x509.IPAddress(network) for network in networks]
    limits = x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    # A fingerprint apart, roots of two schools or two years look alike in a phone's list: the month tells them apart.
    mark = f"{now:%Y-%m}"
    root_name, issuer_name = _name(f"Lianfang Local Root {mark}"), _name(f"Lianfang Local Issuer {mark}")
    root = _authority_certificate(root_name, root_key, root_name, root_key, limits, 1, now)
    issuer = _authority_certificate(issuer_name, key, root_name, root_key, limits, 0, now)
    return Authority(root, issuer, key)


def read_authority(pem: bytes, file: str) -> Authority:
    """The authority in a file that `Authority.pem` wrote. Raises CertificateFault when it is damaged."""
    try:
        key = serialization.load_pem_private_key(pem, None)
        issuer, root = x509.load_pem_x509_certificates(pem)
        issuer.verify_directly_issued_by(root)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != issuer.public_key():
            raise ValueError(file)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CertificateFault(DAMAGED.format(file=file)) from error
    return Authority(root, issuer, key)


def root_of(pem: bytes) -> x509.Certificate:
    """The root, which is last in the file of an authority."""
    return x509.load_pem_x509_certificates(pem)[-1]


def may_name(authority: Authority, name: str) -> bool:
    """Whether the issuer's limits allow a normalised name or address."""
    limits = authority.issuer.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = limits.permitted_subtrees or []
    if is_address(name):
        address = ipaddress.ip_address(name)
        trees = [tree.value for tree in permitted if isinstance(tree, x509.IPAddress)]
        return any(address in tree for tree in trees if isinstance(tree, ipaddress.IPv4Network | ipaddress.IPv6Network))
    return _below(name, [tree.value for tree in permitted if isinstance(tree, x509.DNSName)])


def issue(authority: Authority, names: Sequence[str], now: datetime) -> Pair:
    """A certificate with a new key for the server, at most 397 days and never longer than its issuer.

    The names are normalised and within the issuer's limits (`may_name`).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    begins = now - BACKDATED
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name("Lianfang"))  # browsers look at the alternative names only
        .issuer_name(authority.issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(min(begins + LEAF_LIFE, authority.issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_identifier(authority.issuer), critical=False)
    )
    leaf = builder.sign(authority.key, hashes.SHA256())
    return Pair(key, (leaf, authority.issuer))


def is_due(authority: Authority, pair: Pair, names: Iterable[str], now: datetime) -> bool:
    """Whether a new certificate is needed: another authority, a name that is missing, an end that comes near."""
    leaf = pair.leaf
    try:
        leaf.verify_directly_issued_by(authority.issuer)
    except (ValueError, TypeError, InvalidSignature):
        return True
    if not set(names) <= set(names_in(leaf)) or not leaf.not_valid_before_utc <= now:
        return True
    # The last certificate of an authority ends with it; a newer one would end no later.
    last = leaf.not_valid_after_utc >= authority.issuer.not_valid_after_utc
    return now > leaf.not_valid_after_utc - RENEW_BEFORE and not last


def _authority_certificate(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: x509.Name,
    signing_key: ec.EllipticCurvePrivateKey,
    limits: x509.NameConstraints,
    below: int,
    now: datetime,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(signer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(limits, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            critical=False,
        )
    )
    if below == 0:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    held = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _is_private(name: str) -> bool:
    return any(ipaddress.ip_address(name) in ipaddress.ip_network(text) for text in PRIVATE)


def _below(name: str, domains: Iterable[str]) -> bool:
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
