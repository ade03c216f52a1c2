"""From a printed slip to the child's page on a phone; and a passkey that opens the account without a password."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.district import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_from_the_slip_to_the_child(app, axe):
    teacher = app.desktop("teacher")
    unit = app.district.units["class1"].pk
    teacher.goto(f"/people/units/{unit}/")
    teacher.get_by_role("link", name="邀请").click()
    child = app.district.pupils["class1"][6].name
    teacher.get_by_label("给谁").select_option(label=child)
    teacher.get_by_role("button", name="生成邀请单").first.click()
    expect(teacher.locator(".pe-slip")).to_have_count(2)
    code = teacher.locator(".pe-code").first.inner_text()
    assert axe(teacher) == []

    phone = app.phone()
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(f"/join/#{code.replace('-', '')}")  # what the camera opens
    expect(phone.get_by_role("heading", name="加入文一路小学 三（1）班")).to_be_visible()
    assert not [url for url in asked if code.replace("-", "") in url.split("#")[0]]
    phone.get_by_label("孩子的姓名").fill("写错了")
    phone.get_by_label("您是孩子的").select_option(label="母亲")
    phone.get_by_label("您的姓名").fill("赵美兰")
    phone.get_by_label("登录名").fill("13900001111")
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_role("button", name="提交，请班主任确认").tap()
    expect(phone.locator("main")).to_contain_text("孩子姓名与这张邀请单不符")
    assert axe(phone) == []
    phone.get_by_label("孩子的姓名").fill(child)
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_role("button", name="提交，请班主任确认").tap()
    expect(phone.get_by_role("heading", name="已经收到，等班主任确认")).to_be_visible()
    phone.get_by_role("link", name="进入首页").tap()
    expect(phone.locator("main")).to_contain_text("等班主任确认")
    assert child not in phone.locator("nav").all_inner_texts()

    app.work()
    desk = app.phone("teacher")
    desk.goto("/")
    desk.get_by_role("link", name="核对并确认").tap()
    expect(desk.locator("main")).to_contain_text(f"赵美兰 说自己是 {child} 的母亲")
    assert axe(desk) == []
    desk.get_by_role("button", name="确认").first.tap()
    expect(desk.locator("main")).to_contain_text("没有等待确认的家长")

    app.work()
    phone.goto("/daily/report/")
    expect(phone.locator("main")).to_contain_text(child)
    phone.goto("/notices/")
    expect(phone.locator("main")).to_contain_text("您的监护人身份已确认")


def test_a_passkey_opens_the_account_and_is_the_second_step(app, axe):
    page = app.desktop()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/login")
    page.get_by_label("登录名").fill("teacher")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    page.goto("/account")
    assert axe(page) == []
    page.get_by_role("link", name="添加通行密钥").click()
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()
    page.get_by_label("名称").fill("我的电脑")
    page.get_by_role("button", name="添加").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    page.get_by_role("link", name="已收好，返回").click()
    expect(page.locator("#ways")).to_contain_text("我的电脑")

    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_role("button", name="使用通行密钥").click()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()

    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_label("登录名").fill("teacher")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="第二步")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="用通行密钥确认").click()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
