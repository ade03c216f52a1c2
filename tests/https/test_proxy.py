"""Client address and scheme are taken from the configured reverse proxy, and from nobody else."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import close_old_connections

from lianfang.config import wsgi


@pytest.fixture(autouse=True)
def no_database() -> Iterator[None]:
    """What is asked here needs none; the handler would look after its connections, as Django's test client knows."""
    request_started.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)


def asked_by(address):
    """What the application sees of a request that comes from an address and brings a proxy's headers."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/manifest.webmanifest",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": address,
        "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.5",
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
    }
    answered = []
    application: Any = wsgi.application
    application(environ, lambda status, headers: answered.append(status))
    assert answered == ["200 OK"]
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]


def test_only_the_configured_proxy_is_believed(monkeypatch):
    assert asked_by("127.0.0.1") == ("127.0.0.1", "http"), "no proxy configured, nobody believed"
    monkeypatch.setenv("LIANFANG_PROXIES", "127.0.0.1,10.0.0.2")
    try:
        importlib.reload(wsgi)
        assert asked_by("127.0.0.1") == ("203.0.113.5", "https"), "the last address that the proxy itself saw"
        assert asked_by("10.0.0.2") == ("203.0.113.5", "https")
        assert asked_by("10.0.0.3") == ("10.0.0.3", "http")
    finally:
        monkeypatch.delenv("LIANFANG_PROXIES")
        importlib.reload(wsgi)
