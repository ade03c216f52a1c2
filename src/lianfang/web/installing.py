"""The local authority's certificate for phones: what the install page says, kept in a folder for two readers.

`write` is called by `up --https` and puts a whole page in each language, the certificate and an index there. The plain-http
listener (`config.tls.listener`) shows these files and nothing else; the page for staff (`views.install`) reads the index.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import segno
from cryptography import x509
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from lianfang.foundation.certificates import der, fingerprint, is_address, profile

INDEX = "index.json"
PAGE = "/install"
CERTIFICATE = "/install/lianfang-root.crt"
PROFILE = "/install/lianfang-root.mobileconfig"
LANGUAGES = {"zh-hans": (PAGE, "中文"), "en": (f"{PAGE}/en", "English")}
# As the certificate itself is called in a phone's list.
TITLE = "Lianfang Local Root"


@dataclass(frozen=True)
class Installation:
    """Under which names and ports this installation is reached, and its root. `hosts` begins with the main one."""

    hosts: tuple[str, ...]
    https_port: int
    http_port: int
    fingerprint: str
    ends: str

    def addresses(self, scheme: str) -> list[str]:
        """Addresses for other devices, the main one first; those that mean “this computer” are left out unless alone."""
        port = self.https_port if scheme == "https" else self.http_port
        shown = "" if port == {"http": 80, "https": 443}[scheme] else f":{port}"
        outside = [h for h in self.hosts if h != "localhost" and h != "::1" and not h.startswith("127.")]
        return [f"{scheme}://{f'[{h}]' if ':' in h else h}{shown}" for h in outside or self.hosts[:1]]

    def context(self) -> dict[str, Any]:
        """What both pages show. The fingerprint in lines that an eye can compare: four of eight pairs."""
        pairs = self.fingerprint.split(":")
        https, http = self.addresses("https"), self.addresses("http")
        return {
            "lines": [" ".join(pairs[i : i + 8]) for i in range(0, len(pairs), 8)],
            "ends": self.ends,
            "app_address": https[0] + "/",
            "app_addresses": [address + "/" for address in https],
            "install_address": http[0] + PAGE,
            "names": [host for host in self.hosts if not is_address(host) and host != "localhost"],
            "certificate": CERTIFICATE,
            "profile": PROFILE,
        }


def write(folder: Path, root: x509.Certificate, hosts: list[str], https_port: int, http_port: int) -> Installation:
    """Put the pages, the certificate and the index into a folder; each file is replaced as a whole, the index last."""
    ends = f"{root.not_valid_after_utc:%Y-%m-%d}"
    installation = Installation(tuple(hosts), https_port, http_port, fingerprint(root), ends)
    style = (Path(str(finders.find("web/install.css")))).read_text(encoding="utf-8")
    shown = {}
    for language, (path, _own_name) in LANGUAGES.items():
        with translation.override(language):
            context = {**installation.context(), "style": style, "language": language, "languages": LANGUAGES}
            page = render_to_string("web/install/page.html", context)
            words = _("用来在本机上信任学校的联防服务器，不含其他设置。")
        _put(folder / f"{language}.html", page.encode())
        shown[path] = ("text/html; charset=utf-8", f"{language}.html")
        if path == PAGE:
            _put(folder / "root.mobileconfig", profile(root, TITLE, words))
    _put(folder / "root.crt", der(root))
    shown[CERTIFICATE] = ("application/x-x509-ca-cert", "root.crt")
    shown[PROFILE] = ("application/x-apple-aspen-config", "root.mobileconfig")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    index = {**asdict(installation), "shown": shown, "first": PAGE, "style": f"sha256-{digest}"}
    _put(folder / INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())
    return installation


def write_redirect(folder: Path, hosts: list[str], https_port: int) -> None:
    """For an operator's own certificate: nothing to install, everything leads to https."""
    index = {"hosts": hosts, "https_port": https_port, "shown": {}, "first": "", "style": ""}
    _put(folder / INDEX, json.dumps(index).encode())


def read(folder: str) -> Installation | None:
    """What `write` put into a folder; None where there is no local authority."""
    path = Path(folder) / INDEX
    if not folder or not path.exists():
        return None
    index = json.loads(path.read_text(encoding="utf-8"))
    if not index["first"]:
        return None
    return Installation(
        tuple(index["hosts"]), index["https_port"], index["http_port"], index["fingerprint"], index["ends"]
    )


def code(address: str) -> str:
    """A QR code as an image address."""
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    os.replace(temporary, path)
