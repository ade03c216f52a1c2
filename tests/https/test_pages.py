"""The page for staff is there only with a local authority; HSTS and secure cookies as the way of serving asks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.test import Client, override_settings

from lianfang.foundation.certificates import fingerprint
from lianfang.foundation.models import Account
from lianfang.web import installing
from tests.faults.tree import ROOT
from tests.https.making import NOW, authority


@pytest.fixture
def client():
    account = Account.objects.create(username="teacher", display_name="陈静", created_at=NOW)
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.one_database("asks for nothing but the account of the session")
@pytest.mark.django_db
def test_the_page_for_staff(client, tmp_path):
    assert client.get("/install").status_code == 404
    assert "/install" not in client.get("/account").content.decode()
    root = authority().root
    installing.write(tmp_path, root, ["192.168.1.20", "localhost"], 8443, 8000)
    with override_settings(INSTALL_DIR=str(tmp_path)):
        page = client.get("/install").content.decode()
        assert "http://192.168.1.20:8000/install" in page and "https://192.168.1.20:8443/" in page
        assert " ".join(fingerprint(root).split(":")[:8]) in page
        assert page.count("data:image/svg+xml") == 2
        assert 'href="/install"' in client.get("/account").content.decode()
        assert Client().get("/install").headers["Location"].startswith("/login")
    installing.write_redirect(tmp_path, ["school.example"], 443)
    with override_settings(INSTALL_DIR=str(tmp_path)):
        assert client.get("/install").status_code == 404


def test_strict_transport_security_is_sent_over_https_only():
    with override_settings(SECURE_HSTS_SECONDS=31536000):
        client = Client()
        assert (
            client.get("/manifest.webmanifest", secure=True).headers["Strict-Transport-Security"] == "max-age=31536000"
        )
        assert "Strict-Transport-Security" not in client.get("/manifest.webmanifest").headers
    assert "Strict-Transport-Security" not in Client().get("/manifest.webmanifest", secure=True).headers


@pytest.mark.parametrize(
    "given, printed",
    [
        ({}, "False sessionid csrftoken 0"),
        ({"LIANFANG_HTTPS": "1"}, "True __Host-sessionid __Host-csrftoken 0"),
        ({"LIANFANG_HTTPS": "1", "LIANFANG_HSTS": "1"}, "True __Host-sessionid __Host-csrftoken 31536000"),
    ],
)
def test_cookies_follow_the_way_of_serving(given, printed):
    asked = (
        "from lianfang.config import settings as s;"
        "assert s.SESSION_COOKIE_SECURE == s.CSRF_COOKIE_SECURE == s.LANGUAGE_COOKIE_SECURE;"
        "print(s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SECURE_HSTS_SECONDS)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", **given}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == printed
