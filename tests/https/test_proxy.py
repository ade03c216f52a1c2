"""Client address and scheme are taken from the configured reverse proxy, and from nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# The server's entry in a process of its own: it settles for its whole process how figures and memory are kept.
ASK = """
import json, sys
from io import BytesIO
from lianfang.config.wsgi import application
seen = []
for address in sys.argv[1:]:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/manifest.webmanifest", "SERVER_NAME": "localhost", "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost", "REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.5",
        "HTTP_X_FORWARDED_PROTO": "https", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
    }
    answered = []
    application(environ, lambda status, headers: answered.append(status))
    assert answered == ["200 OK"], answered
    seen.append([environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]])
print(json.dumps(seen))
"""


def asked_by(folder: Path, *addresses: str, **environment: str) -> list[list[str]]:
    """What the application sees of requests that come from these addresses and bring a proxy's headers."""
    places = {"LIANFANG_DATA_DIR": str(folder / "data"), "LIANFANG_SECRET_DIR": str(folder / "keys")}
    values = {**os.environ, **places, "LIANFANG_DEBUG": "1", "LIANFANG_LOG_FORMAT": "json", **environment}
    command = [sys.executable, "-c", ASK, *addresses]
    done = subprocess.run(command, env=values, capture_output=True, text=True, check=True, timeout=120)
    answer: list[list[str]] = json.loads(done.stdout)
    return answer


def test_without_a_proxy_nobody_is_believed(tmp_path: Path) -> None:
    assert asked_by(tmp_path, "127.0.0.1") == [["127.0.0.1", "http"]]


def test_only_the_configured_proxy_is_believed(tmp_path: Path) -> None:
    assert asked_by(tmp_path, "127.0.0.1", "10.0.0.2", "10.0.0.3", LIANFANG_PROXIES="127.0.0.1,10.0.0.2") == [
        ["203.0.113.5", "https"],  # the last address that the proxy itself saw
        ["203.0.113.5", "https"],
        ["10.0.0.3", "http"],
    ]
