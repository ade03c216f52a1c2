"""A guardian asks on the phone who looked at her child's data, has something corrected and reads the answer."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.district import MORNING
from tests.reporting.cast import absent, at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_guardian_asks_who_looked(app, morning, axe):
    child = app.district.pupils["class1"][0]
    morning.check("teacher", marks=[absent(child.pk, symptoms=("fever",))], now=at("07:50"))
    app.at(at("08:05"))
    principal = app.desktop("principal")
    principal.goto(f"/daily/day/{app.district.units['class1'].pk}/")
    expect(principal.locator("main")).to_contain_text(child.name)

    app.at(at("12:10"))
    mother = app.phone("mother")
    mother.goto("/account")
    mother.get_by_role("link", name="看看保存了什么、谁看过").tap()
    mother.get_by_role("button", name="我看过了").tap()
    mother.get_by_role("link", name=child.name).tap()
    looks = mother.locator("#looks tbody tr")
    expect(looks).to_have_count(1)
    expect(looks).to_contain_text("2026-09-15 08:05")
    expect(looks).to_contain_text("校长")
    expect(looks).to_contain_text("晨午检")
    assert axe(mother) == []
    mother.get_by_label("要做什么").select_option(label="询问")
    mother.get_by_label("请写明哪里不对、希望怎样处理").fill("校长为什么看了？")
    mother.get_by_role("button", name="送到学校").tap()
    expect(mother.locator("#requests")).to_contain_text("前答复")

    app.work()
    office = app.desktop("admin")
    office.goto("/")
    expect(office.locator("#owed")).to_contain_text("个人数据请求")
    office.goto(f"/people/privacy/units/{app.district.units['school'].pk}/requests/")
    office.get_by_role("link", name=child.name).click()
    office.get_by_label("处理结果").select_option(label="已办理")
    office.get_by_label("怎样处理的、为什么").fill("孩子发热，校长核对班级情况。")
    office.get_by_role("button", name="答复").click()

    app.at(MORNING + timedelta(hours=9))
    app.work()
    mother.goto("/notices/")
    expect(mother.locator("main")).to_contain_text("请求")
    mother.goto(f"/people/privacy/persons/{child.pk}/")
    expect(mother.locator("#requests")).to_contain_text("孩子发热，校长核对班级情况。")
    expect(mother.locator("#owed")).to_have_count(0)
