"""A running test site and a browser for the room's browser tests."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from dev.browser import bring

ROOT = Path(__file__).resolve().parents[2]
LAN = "school.test"  # a name that is not localhost: plain http there has no service worker, no locks, no randomUUID


@dataclass
class Site:
    """The site of `site_settings.py` in a process of its own."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def lan_url(self) -> str:
        return f"http://{LAN}:{self.port}"

    def answers(self, *answers: tuple[int, Any]) -> None:
        """Forget what was received; answer the next tries like this."""
        self._control(answers)

    def state(self) -> dict[str, Any]:
        """What was accepted and tried."""
        return self._control(None)

    def _control(self, answers: Any) -> dict[str, Any]:
        import json

        body = None if answers is None else json.dumps(answers).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/test/control", data=body)) as response:
            state: dict[str, Any] = json.load(response)
        return state


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.ui.site_settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Quit the server" in line:
                break
        assert process.poll() is None, "the test site did not start"
        running = Site(port)
        _wait_until_open(port)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_until_open(port: int) -> None:
    """The server says it is ready just before it listens."""
    for _ in range(1000):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
            select_timeout(0.01)
    raise AssertionError("the test site does not listen")


def select_timeout(seconds: float) -> None:
    """Give the starting process the processor for a moment."""
    import select

    select.select([], [], [], seconds)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    arguments = [
        "--no-sandbox",
        "--disable-quic",
        "--disable-background-networking",
        f"--host-resolver-rules=MAP {LAN} 127.0.0.1",
    ]
    browser = playwright.chromium.launch(executable_path=bring(), args=arguments)
    yield browser
    browser.close()


class Phone:
    """A browser context of one person's phone; collects errors of its pages."""

    def __init__(self, browser: Browser, base_url: str, **options: Any) -> None:
        size = {"width": 360, "height": 740}
        settings = {"viewport": size, "locale": "zh-CN", "service_workers": "block"} | options
        self.context: BrowserContext = browser.new_context(base_url=base_url, **settings)
        self.context.set_default_timeout(10_000)
        self.errors: list[str] = []

    def page(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.goto(path)
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text and "net::" not in text:
            self.errors.append(text)

    def enter(self, who: str, path: str = "/form") -> Page:
        """Sign in and open a page."""
        return self.page(f"/enter?who={who}&next={path}")


@pytest.fixture
def phone(chromium: Browser, site: Site) -> Iterator[Phone]:
    """A phone without service worker; the outbox must work from the open page alone."""
    site.answers()
    device = Phone(chromium, site.url)
    yield device
    device.context.close()
    assert device.errors == []
