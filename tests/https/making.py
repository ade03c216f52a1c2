"""Certificates for the tests: what an operator could bring, good and bad."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from lianfang.foundation.certificates import Authority, make_authority
from lianfang.foundation.certificates.names import general_name

NOW = datetime(2026, 9, 14, 23, 40, tzinfo=UTC)
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def key_pem(key, form=PKCS8, secret=b""):
    """A key as PEM text, encrypted where a secret is given."""
    kind = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    return key.private_bytes(PEM, form, kind)


def own(key, names=("school.example",), begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=90)):
    """A self-signed certificate for a key, as PEM text."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a school")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([general_name(n) for n in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(PEM)


def authority(*names: str, now: datetime = NOW) -> Authority:
    """A local authority that was made for some names."""
    return make_authority(names, now)


def client_hello(version: int) -> bytes:
    """The first words of a TLS client (RFC 5246, 7.4.1.2) that knows nothing newer than `version` (0x0302 is TLS 1.1).

    Two cipher suites (one of 1.2, one that 1.1 has too), P-256, ECDSA with SHA-256, extended master secret.
    """
    extensions = bytes.fromhex("000a000400020017 000b00020100 000d000400020403 00170000 ff01000100")
    body = version.to_bytes(2, "big") + b"\x07" * 32 + b"\x00" + bytes.fromhex("0004c02bc009 0100")
    body += len(extensions).to_bytes(2, "big") + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + version.to_bytes(2, "big") + len(message).to_bytes(2, "big") + message
