"""A root certificate as phones take it: bytes to download, a fingerprint to compare, a profile for Apple's devices."""

from __future__ import annotations

import plistlib
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

# Our own name space: the same root always gives the same profile, so that installing it again replaces it.
SPACE = uuid.UUID("5b2f1c52-8d0c-4b7e-9d6f-3f2f2a8b7c11")


def der(certificate: x509.Certificate) -> bytes:
    """The certificate in DER, which every system's installer reads."""
    return certificate.public_bytes(serialization.Encoding.DER)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, as systems show it: 32 pairs of hex digits with colons, upper case."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def profile(certificate: x509.Certificate, title: str, description: str) -> bytes:
    """A configuration profile (.mobileconfig) for iOS and macOS that holds this certificate and nothing else.

    Apple, "Configuration Profile Reference": payload type com.apple.security.root. It is not signed; its owner installs it
    by hand and then switches full trust on by hand.
    """
    mark = fingerprint(certificate)

    def about(part: str) -> dict[str, object]:
        return {
            "PayloadIdentifier": f"lianfang.local-root.{part}.{mark[:23].replace(':', '').lower()}",
            "PayloadUUID": str(uuid.uuid5(SPACE, f"{part} {mark}")).upper(),
            "PayloadVersion": 1,
            "PayloadDisplayName": title,
            "PayloadDescription": description,
        }

    inner = {
        **about("certificate"),
        "PayloadType": "com.apple.security.root",
        "PayloadCertificateFileName": "lianfang-root.crt",
        "PayloadContent": der(certificate),
    }
    outer = {**about("profile"), "PayloadType": "Configuration", "PayloadContent": [inner]}
    return plistlib.dumps(outer)
