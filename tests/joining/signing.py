"""Signing in as one of the cast, by password and by the code of an app."""

from __future__ import annotations

import re
from urllib.parse import unquote

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from tests.people.cast import NOW, PASSWORD


def found(pattern, text):
    """The first group of a pattern that has to be there."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


def sign_in(username, password=PASSWORD, client=None):
    client = client or Client()
    return client, client.post("/login", {"username": username, "password": password, "next": "/people/"})


def code_of(secret, step=0):
    """What an app shows so many steps of 30 seconds after NOW."""
    return format_hotp_value(hotp_value(secret, int(NOW.timestamp()) // 30 + step))


def with_app(username):
    """An account that set up an authenticator app on its page; returns its browser, the secret and recovery codes."""
    client, _answer = sign_in(username)
    answer = client.get("/account/authenticator")
    assert unquote(answer.headers["Location"]) == "/login/again?next=/account/authenticator"
    answer = client.post(answer.headers["Location"], {"password": PASSWORD, "next": "/account/authenticator"})
    assert answer.headers["Location"] == "/account/authenticator"
    page = client.get("/account/authenticator").content.decode()
    secret = found(r'id="totp-secret">(\w+)<', page)
    assert client.post("/account/authenticator", {"code": "000000"}).status_code == 200
    answer = client.post("/account/authenticator", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/account/codes"
    codes = re.findall(r'<code class="lf-number">(\w+)</code>', client.get("/account/codes").content.decode())
    return client, secret, codes
