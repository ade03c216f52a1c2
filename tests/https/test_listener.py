"""The plain-http listener: the page, the certificate, the profile, redirects; nothing else, no cookie, no sign-in."""

from __future__ import annotations

import json
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from cryptography import x509

from lianfang.config.tls.listener import load
from lianfang.foundation.certificates import fingerprint
from lianfang.web import installing
from tests.https.making import authority

HOSTS = ["192.168.1.20", "schoolpc.local", "localhost", "::1"]


@pytest.fixture(scope="module")
def made():
    return authority()


@pytest.fixture
def listener(made, tmp_path):
    installing.write(tmp_path, made.root, HOSTS, 8443, 8000)
    return load(tmp_path)


def ask(listener, path, host="192.168.1.20:8000", method="GET", query=""):
    environ = {"PATH_INFO": path.encode().decode("latin-1"), "HTTP_HOST": host, "REQUEST_METHOD": method}
    environ["QUERY_STRING"] = query
    setup_testing_defaults(environ)
    said: dict[str, Any] = {}

    def start(status, headers):
        said.update(status=int(status.split()[0]), **{name.lower(): value for name, value in headers})

    body = b"".join(listener(environ, start))
    assert "set-cookie" not in said
    assert said["cache-control"] == "no-store"
    return said, body


def test_the_page_is_complete_in_itself_and_shows_the_fingerprint(listener, made):
    for path, words in (("/install", "与学校发的纸质通知"), ("/install/en", "printed notice")):
        said, body = ask(listener, path)
        page = body.decode()
        assert said["status"] == 200 and words in page
        assert (
            "script-src" not in said["content-security-policy"]
            and "default-src 'none'" in said["content-security-policy"]
        )
        assert "<script" not in page and "<form" not in page and "<link" not in page and "src=" not in page
        pairs = fingerprint(made.root).split(":")
        assert all(" ".join(pairs[i : i + 8]) in page for i in range(0, 32, 8))
        assert 'href="https://192.168.1.20:8443/"' in page and "https://schoolpc.local:8443/" in page
        assert "https://localhost" not in page
    assert ask(listener, "/")[0]["location"] == "/install"


def test_the_certificate_and_the_profile(listener, made):
    said, body = ask(listener, "/install/lianfang-root.crt")
    assert said["content-type"] == "application/x-x509-ca-cert"
    assert x509.load_der_x509_certificate(body) == made.root
    said, body = ask(listener, "/install/lianfang-root.mobileconfig")
    assert said["content-type"] == "application/x-apple-aspen-config" and b"PRIVATE" not in body
    assert ask(listener, "/install/lianfang-root.crt", method="HEAD")[1] == b""


@pytest.mark.parametrize(
    "path, host, query, location",
    [
        ("/people/", "192.168.1.20:8000", "", "https://192.168.1.20:8443/people/"),
        ("/login", "schoolpc.local:8000", "next=/daily/", "https://schoolpc.local:8443/login?next=/daily/"),
        ("/login", "SchoolPC.local", "", "https://schoolpc.local:8443/login"),
        ("/x", "[::1]:8000", "", "https://[::1]:8443/x"),
        ("/x", "attacker.example", "", "https://192.168.1.20:8443/x"),
        ("/x", "", "", "https://192.168.1.20:8443/x"),
        ("/x", "192.168.1.20@attacker.example", "", "https://192.168.1.20:8443/x"),
        ("//attacker.example/x", "192.168.1.20", "", "https://192.168.1.20:8443/attacker.example/x"),
        ("/\r\nSet-Cookie: a=b", "192.168.1.20", "", "https://192.168.1.20:8443/%0D%0ASet-Cookie:%20a=b"),
        ("/名册", "192.168.1.20", "", "https://192.168.1.20:8443/%E5%90%8D%E5%86%8C"),
        ("/install/../../keys", "192.168.1.20", "", "https://192.168.1.20:8443/install/../../keys"),
        ("/install/index.json", "192.168.1.20", "", "https://192.168.1.20:8443/install/index.json"),
    ],
)
def test_everything_else_goes_to_https_on_a_host_of_ours(listener, path, host, query, location):
    said, body = ask(listener, path, host, query=query)
    assert (said["status"], said["location"], body) == (302, location, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_received(listener, method):
    said, body = ask(listener, "/login", method=method)
    assert said["status"] == 405 and "https" in body.decode()
    said, body = ask(listener, "/api/foundation/me")
    assert said["status"] == 403 and "location" not in said and "https" in body.decode()


def test_beside_the_operators_own_certificate_there_is_only_the_redirect(tmp_path):
    installing.write_redirect(tmp_path, ["school.example"], 443)
    listener = load(tmp_path)
    assert ask(listener, "/", "school.example")[0]["location"] == "https://school.example/"
    assert ask(listener, "/install", "school.example")[0]["location"] == "https://school.example/install"
    assert installing.read(str(tmp_path)) is None


def test_what_is_written_names_no_secret(made, tmp_path):
    installing.write(tmp_path, made.root, HOSTS, 443, 80)
    assert all(b"PRIVATE KEY" not in path.read_bytes() for path in tmp_path.iterdir())
    assert json.loads((tmp_path / "index.json").read_text())["fingerprint"] == fingerprint(made.root)
    found = installing.read(str(tmp_path))
    assert found is not None
    assert found.addresses("https") == ["https://192.168.1.20", "https://schoolpc.local"]
    assert installing.read("") is None and installing.read(str(tmp_path / "none")) is None
