"""Plain http on a LAN address, before anybody set up https: no service worker, no randomUUID, no locks; the open page's
outbox still loses nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lianfang.daily.models import RollCheck
from tests.district import MORNING
from tests.e2e.test_network_cut import BAR, absent_ill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_roll_with_the_network_cut_on_the_open_page(app, settings):
    settings.ALLOWED_HOSTS = ["school.test"]
    app.url = app.url.replace("localhost", "school.test").replace("127.0.0.1", "school.test")
    app.work()
    page = app.phone("teacher")
    page.context.clock.install(time=MORNING)
    page.goto("/")
    page.get_by_role("link", name="去做").click()
    expect(page.get_by_role("heading", name="三（1）班 · 晨检")).to_be_visible()
    able = "[isSecureContext, 'serviceWorker' in navigator, 'randomUUID' in crypto, 'locks' in navigator]"
    assert page.evaluate(able) == [False] * 4
    page.context.set_offline(True)
    absent_ill(page, "李小二")
    page.get_by_role("button", name="确认：其余 7 人到校且健康").tap()
    expect(page.locator(BAR)).to_contain_text("没有网络，1 份已存在本机")
    assert not RollCheck.objects.exists()
    page.context.set_offline(False)
    expect(page.locator(".roll-result")).to_contain_text("已送达")
    assert [(c.present, c.absent_ill) for c in RollCheck.objects.all()] == [(7, 1)]
