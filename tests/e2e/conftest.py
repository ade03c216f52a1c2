"""A real browser against the running application: its own server thread, a movable clock, the small district."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dev.browser import installed
from lianfang.config.worker import catch_up
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from tests.district import MORNING, District, make_district
from tests.reporting.cast import Reporting

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
expect.set_options(timeout=20_000)  # other work on the machine must not fail a journey
AXE = Path(__file__).parent.parent / "ui" / "vendor"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, quiet, also as root in a container."""
    quiet = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    # A name that is not localhost, as phones on the school's network have it.
    lan = "--host-resolver-rules=MAP school.test 127.0.0.1"
    return {"executable_path": installed(), "args": [*quiet, "--disable-sync", "--no-first-run", lan]}


@dataclass
class App:
    """The running application."""

    url: str
    clock: FixedClock
    district: District
    browser: Browser
    contexts: list[BrowserContext]

    def at(self, now: datetime) -> datetime:
        """Move the clock of the whole installation."""
        return self.clock.set(now)

    def work(self) -> None:
        """One round of the background worker at the present instant."""
        catch_up(self.clock.now())

    def context(self, part: str | None = None, **options: Any) -> BrowserContext:
        """A browser context, signed in as a part of the district (by session, without the sign-in page)."""
        context = self.browser.new_context(base_url=self.url, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
        self.contexts.append(context)
        if part is not None:
            client = Client()
            client.force_login(self.district.accounts[part], backend="django.contrib.auth.backends.ModelBackend")
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url}])
        return context

    def phone(self, part: str | None = None, **options: Any) -> Page:
        """A page at phone size."""
        return self.context(part, **{**PHONE, **options}).new_page()

    def desktop(self, part: str | None = None, **options: Any) -> Page:
        """A page at desktop size."""
        return self.context(part, **{**DESKTOP, **options}).new_page()


@pytest.fixture
def empty_app(live_server: Any, browser: Browser) -> Iterator[App]:
    """The application at 07:40 of a school day with nobody and nothing in it."""
    forget_cached_actors()
    with using_clock(FixedClock(MORNING)) as clock:
        assert isinstance(clock, FixedClock)
        running = App(live_server.url, clock, District(), browser, [])
        yield running
        for context in running.contexts:
            context.close()
    forget_cached_actors()


@pytest.fixture
def app(empty_app: App, district_size: int) -> App:
    """The application at 07:40 of a school day with the small district in it."""
    empty_app.district = make_district(district_size)
    return empty_app


@pytest.fixture
def morning(app: App) -> Reporting:
    """Short ways to let the district's people do by action what a journey does not show."""
    return Reporting(app.district)


@pytest.fixture
def district_size() -> int:
    """Pupils a class; a test overrides it by parametrization."""
    return 8


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Runs axe on a page; returns the violations as lines, best none."""
    script = next(AXE.rglob("axe.min.js")).read_text(encoding="utf-8")

    def check(page: Page) -> list[str]:
        page.evaluate(script)
        result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        return [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in result["violations"] for n in v["nodes"]]

    return check
