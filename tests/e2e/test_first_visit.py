"""First visit to an empty installation: from the start word to the import in one go."""

import pytest
from playwright.sync_api import expect

from lianfang.foundation.models import Account, Unit
from lianfang.web.views.welcome import start_key
from tests.district import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_the_first_visitor_creates_the_institution_and_lands_on_the_import(empty_app):
    page = empty_app.desktop()
    page.goto("/")
    expect(page.get_by_role("heading", name="创建您的机构")).to_be_visible()
    page.get_by_label("启动口令").fill("wrong")
    page.get_by_label("机构名称").fill("希望小学")
    page.get_by_label("行政区划代码").fill("330106")
    page.get_by_label("本学期开学日期").fill("2026-09-01")
    page.get_by_label("本学期结束日期").fill("2027-01-20")
    page.get_by_label("您的姓名").fill("方老师")
    page.get_by_label("登录名").fill("fang")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="创建").click()
    expect(page.locator("main")).to_contain_text("启动口令不对")
    expect(page.get_by_label("机构名称")).to_have_value("希望小学")
    assert not Account.objects.exists()

    page.get_by_label("启动口令").fill(start_key())
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="创建").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    assert Unit.objects.get(level="institution").name == "希望小学"
    page.get_by_label("登录名").fill("fang")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="导入名册")).to_be_visible()
    expect(page.get_by_label("导入到")).to_contain_text("希望小学")
    assert page.request.get("/welcome").status == 404
