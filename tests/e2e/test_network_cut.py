"""A teacher's morning with the network cut in the middle: nothing typed is lost, nothing is sent twice."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from lianfang.daily.models import RollCheck, RollMark
from lianfang.duties.models import Duty
from tests.browsing import wait_until
from tests.district import DAY, MORNING, PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

BAR = "[data-offline-bar]"
CONTROLLED = "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
KEPT = "() => caches.keys().then(names => names.some(name => name.startsWith('lianfang-pages')))"


@pytest.fixture
def phone(app) -> Page:
    """The teacher's phone at 07:40 with the worker's round of the morning done; its clock goes with the server's."""
    app.work()
    page = app.phone("teacher")
    page.context.clock.install(time=MORNING)
    page.goto("/")
    wait_until(page, CONTROLLED)
    page.get_by_role("link", name="去做").click()
    expect(page.get_by_role("heading", name="三（1）班 · 晨检")).to_be_visible()
    wait_until(page, KEPT)
    return page


def absent_ill(page: Page, name: str) -> None:
    """Mark somebody absent through illness, as a thumb does."""
    page.locator(f".roll-grid [data-n='{name}']").tap()
    page.locator("#e-absent").check()
    page.locator("#e-c-illness").check()
    page.get_by_role("button", name="记下").tap()


def feverish(page: Page, name: str, temperature: str) -> None:
    """Somebody at school with fever."""
    page.locator(f".roll-grid [data-n='{name}']").tap()
    page.locator(".roll-editor .lf-temperature-input").fill(temperature)
    page.locator(".roll-editor [name=site]").select_option("axillary")
    page.get_by_role("button", name="记下").tap()


def later(app, page: Page, minutes: int) -> None:
    """Time goes on for the phone and for the server."""
    page.context.clock.fast_forward(minutes * 60_000)
    app.at(app.clock.now() + timedelta(minutes=minutes))


def test_what_was_marked_without_network_arrives_once(app, phone):
    phone.context.set_offline(True)
    absent_ill(phone, "李小二")
    feverish(phone, "张小三", "38.1")
    phone.get_by_role("button", name="确认：其余 6 人到校且健康").tap()
    expect(phone.locator(".roll-result")).to_contain_text("已存在本机，等待发送")
    expect(phone.locator(BAR)).to_contain_text("没有网络，1 份已存在本机")
    assert not RollCheck.objects.exists()

    later(app, phone, 60)
    phone.reload()
    expect(phone.get_by_role("heading", name="三（1）班 · 晨检")).to_be_visible()
    expect(phone.locator(BAR)).to_contain_text("1 份已存在本机")
    expect(phone.locator(".roll-grid [data-n='李小二']")).to_contain_text("病缺")
    expect(phone.locator(".roll-grid [data-n='张小三']")).to_contain_text("发热")

    phone.context.set_offline(False)
    expect(phone.locator(".roll-result")).to_contain_text("已送达", timeout=20_000)
    expect(phone.locator(BAR)).to_be_hidden()
    assert phone.evaluate("() => Lianfang.outbox.list()") == []

    (check,) = RollCheck.objects.all()
    assert (check.expected, check.present, check.absent_ill, check.fever) == (8, 7, 1, 1)
    assert timedelta() <= check.true_at - MORNING < timedelta(minutes=1)
    assert check.received_at == MORNING + timedelta(minutes=60)
    assert sorted(RollMark.objects.values_list("person__name", "presence")) == [
        ("张小三", "present"),
        ("李小二", "absent"),
    ]
    app.work()
    duty = Duty.objects.get(kind="class-morning-check", unit=app.district.units["class1"], day=DAY)
    assert duty.done_at == check.received_at > duty.due_at

    phone.reload()
    expect(phone.locator(".roll-done")).to_contain_text("08:40 已送达")
    assert RollCheck.objects.count() == 1


def test_an_expired_login_loses_nothing_and_the_next_login_sends_it(app, phone):
    absent_ill(phone, "李小二")
    Session.objects.all().delete()
    phone.get_by_role("button", name="确认：其余 7 人到校且健康").tap()
    expect(phone.locator(BAR)).to_contain_text("登录已过期，内容已保存（1 份）")
    expect(phone.locator(".roll-result")).to_contain_text("结果已存在本机")
    assert not RollCheck.objects.exists()

    phone.locator("[data-bar-login]").tap()
    phone.get_by_label("登录名").fill("teacher")
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_role("button", name="登录").tap()
    expect(phone.get_by_role("heading", name="三（1）班 · 晨检")).to_be_visible()
    expect(phone.locator(".roll-result")).to_contain_text("已送达")
    (check,) = RollCheck.objects.all()
    assert (check.absent_ill, check.checked_by.username) == (1, "teacher")
    expect(phone.locator(BAR)).to_be_hidden()
