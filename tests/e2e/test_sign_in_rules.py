"""An administrator chooses other sign-in rules; a teacher's password is over and one goes on where one wanted to go."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.district import MORNING, PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_rules_are_chosen_and_a_password_that_is_over_is_replaced(app):
    admin = app.desktop("admin")
    admin.goto("/account")
    admin.get_by_role("link", name="看看密码和自动退出按什么规则").click()
    expect(admin.get_by_text("系统默认")).to_be_visible()
    admin.get_by_label("复杂口令、定期更换（等保三级）").check()
    admin.get_by_label("原因").fill("学校系统定级为三级")
    admin.get_by_role("button", name="保存").click()
    expect(admin.get_by_text("由文一路小学选定")).to_be_visible()

    app.at(MORNING + timedelta(days=91))
    page = app.phone()
    page.goto("/notices/?x=1")
    page.get_by_label("登录名").fill("teacher")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").tap()
    expect(page.get_by_text("该换密码了")).to_be_visible()
    page.get_by_label("现在的密码").fill(PASSWORD)
    page.get_by_label("新密码").fill("swimming in autumn")
    page.get_by_role("button", name="保存新密码").tap()
    expect(page.locator("main")).to_contain_text("请至少混用其中 3 种")
    page.get_by_label("现在的密码").fill(PASSWORD)
    page.get_by_label("新密码").fill("Swimming in autumn")
    page.get_by_role("button", name="保存新密码").tap()
    expect(page).to_have_url(f"{app.url}/notices/?x=1")
