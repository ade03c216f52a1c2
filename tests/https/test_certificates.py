"""Certificates: what the local authority makes and may not make, and what is refused of what an operator brings."""

from __future__ import annotations

import plistlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from lianfang.foundation import certificates as c
from lianfang.foundation.certificates.names import is_covered
from tests.https.making import NOW, authority, key_pem, own

EC_KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
RSA_KEY = rsa.generate_private_key(65537, 2048)


def verified(root, pair, subject, now=NOW):
    """Whether a verifier that knows the root alone accepts what is served."""
    verifier = PolicyBuilder().store(Store([root])).time(now).build_server_verifier(subject)
    try:
        verifier.verify(pair.leaf, list(pair.chain[1:]))
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize(
    "text, name",
    [
        ("School.Example", "school.example"),
        ("school.example.", "school.example"),
        ("学校.example", "xn--48s290a.example"),
        ("192.168.1.20", "192.168.1.20"),
        ("[FE80::1]", "fe80::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("schoolpc", "schoolpc"),
    ],
)
def test_names_as_certificates_hold_them(text, name):
    assert c.dns_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "*.school.example", "school.example:8443", "https://school.example", "a_b.example", "-a.example"),
        *("192.168.1", "192.168.1.300", "a..b", "x" * 64 + ".example", "a.example/b", "a b"),
    ],
)
def test_what_is_no_name(text):
    with pytest.raises(c.CertificateFault) as fault:
        c.dns_name(text)
    assert fault.value.label.zh != fault.value.label.en


def test_a_certificate_for_the_school_leads_to_the_root_alone():
    made = authority("school.example")
    names = ["school.example", "192.168.1.20", "schoolpc.local", "localhost", "::1"]
    pair = c.issue(made, names, NOW)
    assert c.names_in(pair.leaf) == ["school.example", "schoolpc.local", "localhost", "192.168.1.20", "::1"]
    assert verified(made.root, pair, x509.DNSName("school.example"))
    assert not verified(made.root, pair, x509.DNSName("other.example"))
    assert not verified(authority("school.example").root, pair, x509.DNSName("school.example"))
    assert not verified(made.root, pair, x509.DNSName("school.example"), NOW + c.LEAF_LIFE)
    lasts = pair.leaf.not_valid_after_utc - pair.leaf.not_valid_before_utc
    assert lasts == c.LEAF_LIFE == timedelta(days=397)
    assert 3640 < (made.root.not_valid_after_utc - NOW).days < 3660


@pytest.mark.parametrize("foreign", ["bank.example", "school.example.attacker.example", "203.0.113.9"])
def test_a_stolen_issuer_key_signs_for_nobody_else(foreign):
    """Signed against the rules of `may_name`, as a thief would: refused for its name alone."""
    made = authority("school.example")
    assert not c.may_name(made, foreign)
    pair = c.issue(made, ["school.example", foreign], NOW)
    assert not verified(made.root, pair, x509.DNSName("school.example"))


@pytest.mark.parametrize(
    "name, allowed",
    [
        ("10.1.2.3", True),
        ("172.31.0.1", True),
        ("172.32.0.1", False),
        ("192.168.255.255", True),
        ("8.8.8.8", False),
        ("203.0.113.7", True),
        ("203.0.113.8", False),
        ("fd00::5", True),
        ("2001:db8::1", False),
        ("schoolpc.local", True),
        ("school.example", True),
        ("a.school.example", True),
        ("notschool.example", False),
        ("local.example", False),
    ],
)
def test_what_the_authority_may_name(name, allowed):
    assert c.may_name(authority("school.example", "203.0.113.7"), name) is allowed


def test_nothing_keeps_the_key_of_the_root():
    made = authority()
    again = c.read_authority(made.pem(), "authority.pem")
    assert (again.root, again.issuer) == (made.root, made.issuer)
    assert made.pem().count(b"PRIVATE KEY-----") == 2  # one key, its begin and end
    assert again.key.public_key() == made.issuer.public_key() != made.root.public_key()
    assert c.root_of(made.pem()) == made.root


def test_a_damaged_authority_is_said_and_not_replaced():
    pem = authority().pem()
    for damaged in (
        b"",
        pem[:300],
        pem[:-400],
        pem.replace(b"BEGIN CERT", b"BEGIN CART"),
        authority().pem()[:241] + pem[241:],
    ):
        with pytest.raises(c.CertificateFault, match="damaged"):
            c.read_authority(damaged, "authority.pem")


DUE = [
    ("fresh", timedelta(), ["a.local"], False),
    ("a name more", timedelta(), ["a.local", "b.local"], True),
    ("a name less", timedelta(), [], False),
    ("long before its end", timedelta(days=335), ["a.local"], False),
    ("sixty days before its end", timedelta(days=337), ["a.local"], True),
    ("after its end", timedelta(days=500), ["a.local"], True),
    ("the clock went back", timedelta(days=-3), ["a.local"], True),
]


@pytest.mark.parametrize("case, later, names, due", DUE, ids=[case[0] for case in DUE])
def test_when_a_new_certificate_is_due(case, later, names, due):
    made = authority()
    pair = c.issue(made, ["a.local"], NOW)
    assert c.is_due(made, pair, names, NOW + later) is due


def test_another_authority_and_the_authoritys_own_end():
    made = authority()
    assert c.is_due(authority(), c.issue(made, ["a.local"], NOW), ["a.local"], NOW)
    late = made.root.not_valid_after_utc - timedelta(days=20)
    last = c.issue(made, ["a.local"], late)
    assert last.leaf.not_valid_after_utc == made.issuer.not_valid_after_utc
    assert not c.is_due(made, last, ["a.local"], late), "a newer one would end no later"


def pair(certificates, key):
    return c.parse_pair(certificates, key, "cert.pem", "key.pem")


@pytest.mark.parametrize(
    "certificates, key, words",
    [
        (own(EC_KEY), key_pem(OTHER_KEY), "does not fit"),
        (own(OTHER_KEY) + own(EC_KEY), key_pem(EC_KEY), "comes first"),
        (own(EC_KEY), key_pem(EC_KEY, secret=b"secret"), "protected by a password"),
        (own(RSA_KEY), key_pem(RSA_KEY, serialization.PrivateFormat.TraditionalOpenSSL, b"secret"), "protected"),
        (b"", key_pem(EC_KEY), "no PEM certificate"),
        (key_pem(EC_KEY), key_pem(EC_KEY), "no PEM certificate"),
        (own(EC_KEY), own(EC_KEY), "no PEM private key"),
        (own(EC_KEY), b"\x00\x01", "no PEM private key"),
        (own(ec_key := ec.generate_private_key(ec.SECP521R1())), key_pem(ec_key), "kind of key"),
        (own(small := rsa.generate_private_key(65537, 1024)), key_pem(small), "kind of key"),
    ],
)
def test_a_pair_that_cannot_be_served(certificates, key, words):
    with pytest.raises(c.CertificateFault, match=words) as fault:
        pair(certificates, key)
    assert "cert.pem" in fault.value.label.zh or "key.pem" in fault.value.label.zh


def test_ed25519_is_refused_since_browsers_do():
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    with pytest.raises(c.CertificateFault, match="kind of key"):
        pair(builder.sign(key, None).public_bytes(serialization.Encoding.PEM), key_pem(key))


@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ECDSA", "RSA"])
def test_keys_of_every_usual_form_are_served_in_the_one_that_the_server_reads(key, form):
    found = pair(own(key), key_pem(key, form))
    assert found.pem().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert pair(found.pem(), found.pem()).leaf == found.leaf


@pytest.mark.parametrize(
    "made, wanted, words",
    [
        ({"ends": NOW - timedelta(hours=1)}, [], "expired on 2026-09-14"),
        ({"begins": NOW + timedelta(days=2)}, [], "valid only from 2026-09-16"),
        ({"names": ()}, [], "names no host"),
        ({"names": ("school.example", "192.168.1.20")}, ["other.example"], "does not cover other.example, only"),
        ({"names": ("school.example",)}, ["192.168.1.20"], "does not cover 192.168.1.20"),
        ({"names": ("*.school.example",)}, ["school.example"], "does not cover school.example"),
        ({"names": ("*.school.example",)}, ["a.b.school.example"], "does not cover"),
    ],
)
def test_a_certificate_that_is_of_no_use_now(made, wanted, words):
    with pytest.raises(c.CertificateFault, match=words):
        c.check_pair(pair(own(EC_KEY, **made), key_pem(EC_KEY)), wanted, NOW, "cert.pem")


def test_a_certificate_that_fits():
    found = pair(own(EC_KEY, ("*.school.example", "10.0.0.5")), key_pem(EC_KEY))
    c.check_pair(found, ["lianfang.school.example", "10.0.0.5"], NOW, "cert.pem")
    assert not is_covered("10.0.0.5", ["*.0.0.5"])


def test_public_trust_needs_the_whole_chain():
    """The local authority stands in for a public one: the roots are handed in."""
    made = authority("school.example")
    whole = c.issue(made, ["school.example"], NOW)
    assert c.is_publicly_trusted(whole, NOW, [made.root])
    assert not c.is_publicly_trusted(c.Pair(whole.key, whole.chain[:1]), NOW, [made.root]), "an intermediate is missing"
    assert not c.is_publicly_trusted(whole, NOW, [authority().root])
    by_address = c.issue(made, ["192.168.1.20"], NOW)
    assert not c.is_publicly_trusted(by_address, NOW, [made.root]), "no host name, no HSTS"
    roots = c.public_roots()
    assert len(roots) > 50 and not c.is_publicly_trusted(whole, NOW, roots)


def test_what_phones_download():
    root = authority().root
    shown = c.fingerprint(root)
    assert bytes.fromhex(shown.replace(":", "")) == root.fingerprint(hashes.SHA256())
    assert x509.load_der_x509_certificate(c.der(root)) == root
    made = c.profile(root, "Lianfang Local Root", "words")
    assert made == c.profile(root, "Lianfang Local Root", "words"), "installing it again replaces it"
    body = plistlib.loads(made)
    assert body["PayloadType"] == "Configuration"
    (inner,) = body["PayloadContent"]
    assert inner["PayloadType"] == "com.apple.security.root" and inner["PayloadContent"] == c.der(root)
    assert inner["PayloadUUID"] != body["PayloadUUID"]
