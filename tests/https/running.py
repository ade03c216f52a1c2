"""A whole installation with https: `up` as a process tree on ports of its own."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

from lianfang.kernel.clock import SystemClock
from tests.district import MORNING
from tests.faults.tree import ROOT, Tree, free_port
from tests.patterns import give_static, give_tables

NAME = "school.test"


class SecureTree(Tree):
    """`up` with https and the given options; its application stands at 07:40 of a school day, its certificates do not."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder, f"sqlite://{folder / 'data' / 'lianfang.sqlite3'}")
        self.options = options
        self.http_port = free_port()
        self.url = f"https://{NAME}:{self.port}"
        self.http_url = f"http://{NAME}:{self.http_port}"
        offset = MORNING - SystemClock().now()
        self.environment |= {
            "LIANFANG_CLOCK_OFFSET": str(offset.total_seconds()),
            "DJANGO_SETTINGS_MODULE": "lianfang.config.settings",
        }
        (folder / "data").mkdir(parents=True)

    def fill(self) -> None:
        """Make the district."""
        give_tables(self.folder / "data" / "lianfang.sqlite3")
        give_static(self.folder / "data", self.environment)
        command = [sys.executable, "-m", "tests.https.prepare", str(self.folder / "data")]
        subprocess.run(command, env=self.environment, cwd=ROOT, check=True, capture_output=True)

    def start(self) -> None:
        """Start, and wait until a page answers."""
        ports = ["--port", str(self.port), "--http-port", str(self.http_port)]
        command = [sys.executable, "-m", "lianfang", "up", "--empty", "--workers", "1", *ports, *self.options]
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_ready()

    def wait_ready(self, seconds: float = 90) -> float:
        """Seconds until `/healthz` answers 200 over https and the plain listener answers too."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            with contextlib.suppress(httpx.HTTPError, OSError):
                if self.ask("/healthz", ssl_context=False).status_code == 200 and self.ask_plain("/x").is_redirect:
                    return time.monotonic() - began
            time.sleep(0.05)
        raise TimeoutError(self.log())

    def log(self) -> str:
        """What `up` said."""
        return (self.folder / "up.log").read_text(errors="replace")

    def ask(
        self, path: str, ssl_context: ssl.SSLContext | bool = True, method: str = "GET", **more: object
    ) -> httpx.Response:
        """A request to the name of the certificate, sent to this machine. Verified by the context that is handed in."""
        with httpx.Client(verify=ssl_context, timeout=20) as client:
            headers = {"Host": f"{NAME}:{self.port}", **more.pop("headers", {})}  # type: ignore[dict-item]
            return client.request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                headers=headers,
                extensions={"sni_hostname": NAME},
                **more,  # type: ignore[arg-type]
            )

    def ask_plain(self, path: str, method: str = "GET", **more: object) -> httpx.Response:
        """A request to the plain listener."""
        address = f"http://127.0.0.1:{self.http_port}{path}"
        headers = {"Host": f"{NAME}:{self.http_port}"}
        return httpx.request(method, address, headers=headers, timeout=20, verify=False, **more)  # type: ignore[arg-type]
