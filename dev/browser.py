"""A Chromium for the browser tests: the system's, else installed, else Playwright's own, else what to do in words."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "LIANFANG_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class BrowserMissing(RuntimeError):
    """No browser, and none could be installed; the text says what to do."""


def installed() -> str | None:
    """Path of a browser that is there: named by LIANFANG_CHROMIUM, on PATH, in its usual place or Playwright's."""
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).exists():
            raise BrowserMissing(f"{VARIABLE} names {named}, which does not exist")
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    for place in PLACES:
        if Path(place).exists():
            return place
    return _of_playwright()


def _of_playwright() -> str | None:
    """Path of the browser that Playwright downloaded, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _administrator() -> list[str] | None:
    """Prefix that runs a command as root without asking, or None."""
    if not hasattr(os, "geteuid") or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _by_apt(prefix: list[str]) -> bool:
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    subprocess.run([*environment, "update", "-qq"], stdout=sys.stderr, check=False)
    packages = ("chromium", "fonts-noto-cjk")  # without the font, Chinese is drawn as boxes
    command = [*environment, "install", "-y", "-qq", "--no-install-recommends", *packages]
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def _by_playwright() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def bring() -> str:
    """Path of a browser, installing one if need be. Raises BrowserMissing with the commands to run."""
    found = installed()
    if found is None:
        prefix = _administrator()
        print("installing a browser for the browser tests ...", file=sys.stderr, flush=True)
        if (prefix is not None and _by_apt(prefix)) or _by_playwright():
            found = installed()
    if found is None:
        raise BrowserMissing(
            "no Chromium for the browser tests, and it could not be installed here. Run one of\n"
            "  sudo apt-get install chromium fonts-noto-cjk\n"
            f"  {sys.executable} -m playwright install --with-deps chromium\n"
            f"or set {VARIABLE} to the path of a Chromium or Chrome, or leave these tests out with --fast."
        )
    return found
