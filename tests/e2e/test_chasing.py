"""09:30: a county officer chases the schools that are missing, and the school's reporter hears of it."""

import pytest
from playwright.sync_api import expect

from lianfang.comms.models import Delivery
from lianfang.duties.models import Duty
from tests.reporting.cast import at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_the_county_reminds_a_school_that_is_missing(app, morning):
    app.work()
    morning.all_well()
    morning.sign("grade_head", "grade", now=at("08:41"))
    for clock in ("08:56", "09:11", "09:21"):
        app.at(at(clock))
        app.work()
    app.at(at("09:32"))
    app.work()
    officer = app.desktop("officer")
    officer.goto("/")
    late = officer.locator("#late")
    expect(late).to_contain_text("文一路小学")
    late.get_by_role("link", name="催报").click()
    expect(officer.get_by_role("heading", name="催办清单")).to_be_visible()
    row = officer.locator("#chase-list tr", has_text="文一路小学").filter(has_text="学校日报")
    expect(row).to_contain_text("逾期")
    reporter = app.district.accounts["reporter"]
    before = Delivery.objects.filter(account=reporter, channel="in_app").count()
    row.get_by_role("button", name="提醒").click()
    expect(officer.locator("#toasts")).to_contain_text("已提醒 1 项待办的负责人")
    assert Delivery.objects.filter(account=reporter, channel="in_app").count() == before + 1
    row.get_by_role("button", name="提醒").click()
    expect(officer.locator("#toasts")).to_contain_text("十分钟内提醒过")

    phone = app.phone("reporter")
    phone.goto("/notices/")
    newest = phone.locator("#inbox article").first
    expect(newest).to_contain_text("学校日报")
    newest.get_by_role("link").first.click()
    expect(phone.locator("main")).to_contain_text("文一路小学")
    phone.get_by_role("link", name="去完成").click()
    phone.get_by_label("我确认：除未报单位外").check()
    phone.get_by_label("迟报说明").fill("网络故障")
    phone.get_by_role("button", name="签发并封存", exact=True).first.click()
    phone.locator("dialog[open]").get_by_role("button", name="签发", exact=True).click()
    expect(phone.locator("#toasts")).to_contain_text("已签发并封存")
    duty = Duty.objects.get(unit=app.district.units["school"], kind="institution-daily-report")
    assert duty.done_at == at("09:32") > duty.due_at
    officer.reload()
    expect(row).to_contain_text("逾期完成")
    expect(row.get_by_role("button", name="提醒")).to_have_count(0)
