"""The plain-http listener beside https: the install page, the certificate, and a redirect for everything else.

A WSGI application without Django, database or cookies; whatever it may say was written to a folder by
`lianfang.web.installing.write` before it began. Nobody signs in here: a request that could carry a password or a token is
refused.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lianfang.config.processes import die_with_parent
from lianfang.kernel.labels import Label

VARIABLE = "LIANFANG_INSTALL_DIR"
INDEX = "index.json"
TEXT = ("Content-Type", "text/plain; charset=utf-8")
HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)
POLICY = "default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
REFUSED = Label("这里不接收任何内容，请用 https 打开。", "Nothing is received here; use https.")
Start = Callable[[str, list[tuple[str, str]]], Any]


@dataclass(frozen=True)
class Listener:
    """`shown` is (content type, bytes) by path; `hosts` are those of the certificate, the main one first; `/` leads to
    `first` where there is a page; `style` is the hash of the page's style sheet for its policy."""

    shown: dict[str, tuple[str, bytes]]
    hosts: tuple[str, ...]
    https_port: int
    first: str
    style: str

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", "/"), environ.get("REQUEST_METHOD", "GET")
        words = f"{REFUSED.zh}\n{REFUSED.en}\n".encode()
        if method not in ("GET", "HEAD"):
            return _answer(start, "405 Method Not Allowed", words, [("Allow", "GET, HEAD"), TEXT])
        if path.startswith("/api/"):  # a program that sends its token in the clear has to notice
            return _answer(start, "403 Forbidden", words, [TEXT])
        if path == "/" and self.first:
            return _answer(start, "302 Found", b"", [("Location", self.first)])
        if path not in self.shown:
            return _answer(start, "302 Found", b"", [("Location", self._on_https(environ, path))])
        kind, body = self.shown[path]
        headers = [("Content-Type", kind), ("Content-Security-Policy", POLICY.format(style=self.style))]
        return _answer(start, "200 OK", b"" if method == "HEAD" else body, headers)

    def _on_https(self, environ: dict[str, Any], path: str) -> str:
        """The same address on https, under the name that was asked for if the certificate has it, else its main one."""
        asked = str(environ.get("HTTP_HOST", "")).lower()
        name = asked[1:].partition("]")[0] if asked.startswith("[") else asked.partition(":")[0]
        host = name if name in self.hosts else self.hosts[0]
        port = "" if self.https_port == 443 else f":{self.https_port}"
        query = environ.get("QUERY_STRING", "")
        # PATH_INFO holds bytes as latin-1 (PEP 3333).
        rest = quote(path.encode("latin-1", "replace"), safe="/~!$&'()*+,;=:@") + (f"?{query}" if query else "")
        return f"https://{f'[{host}]' if ':' in host else host}{port}/{rest.lstrip('/')}"


def _answer(start: Start, status: str, body: bytes, headers: list[tuple[str, str]]) -> list[bytes]:
    start(status, [*headers, *HEADERS])
    return [body]


def load(folder: Path) -> Listener:
    """The listener that a folder describes."""
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    shown = {path: (kind, (folder / file).read_bytes()) for path, (kind, file) in index["shown"].items()}
    return Listener(shown, tuple(index["hosts"]), index["https_port"], index["first"], index["style"])


def make() -> Listener:
    """For granian (`--factory`). Its processes end when granian's own is killed, as those of `config.wsgi` do."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        die_with_parent(signal.SIGKILL, parent.pid)
    return load(Path(os.environ[VARIABLE]))
