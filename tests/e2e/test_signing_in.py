"""The sign-in page: kind words, what was typed stays, a pause after ten wrong passwords."""

import pytest
from playwright.sync_api import expect

from tests.district import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_wrong_password_gets_kind_words_and_ten_of_them_a_pause(app):
    page = app.phone()
    page.goto("/daily/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_label("登录名").fill("teacher")
    page.get_by_label("密码").fill("wrong at first")
    page.get_by_role("button", name="登录").tap()
    expect(page.locator("main")).to_contain_text("登录名或密码不对，请再试一次")
    expect(page.get_by_label("登录名")).to_have_value("teacher")
    expect(page.get_by_label("密码")).to_have_value("")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").tap()
    expect(page.get_by_role("heading", name="三（1）班 · 晨检")).to_be_visible()

    other = app.phone()
    other.goto("/login")
    token = other.locator("[name=csrfmiddlewaretoken]").first.input_value()
    form = {"username": "nurse", "password": "wrong", "csrfmiddlewaretoken": token}
    statuses = [other.request.post("/login", form=form).status for _ in range(9)]
    assert set(statuses) == {200}
    other.get_by_label("登录名").fill("nurse")
    other.get_by_label("密码").fill("wrong")
    other.get_by_role("button", name="登录").tap()
    expect(other.get_by_role("heading", name="请稍后再试")).to_be_visible()
    expect(other.locator("main")).to_contain_text("登录已暂停 15 分钟")
    other.get_by_role("link", name="返回登录").tap()
    other.get_by_label("登录名").fill("teacher")
    other.get_by_label("密码").fill(PASSWORD)
    other.get_by_role("button", name="登录").tap()
    expect(other.get_by_role("heading", name="今天", exact=True)).to_be_visible()
