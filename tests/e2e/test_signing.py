"""A reporter looks over the school's zero report and signs it, amends it after a corrected check; a late one is late."""

import pytest
from playwright.sync_api import Page, expect

from lianfang.daily.models import RollCheck
from lianfang.reporting.models import Report
from tests.district import DAY
from tests.reporting.cast import absent, at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def sign(page: Page, button: str) -> None:
    """Press the button of the statement and answer the question."""
    page.get_by_role("button", name=button, exact=True).first.click()
    page.locator("dialog[open]").get_by_role("button", name="签发", exact=True).click()


def stat(page: Page, label: str):
    return page.locator(".lf-stat", has=page.get_by_text(label, exact=True))


def test_a_zero_report_is_signed_and_amended_and_the_past_stays(app, morning):
    morning.all_well()
    morning.sign("grade_head", "grade", now=at("08:41"))
    app.at(at("09:05"))
    app.work()
    phone = app.phone("reporter")
    phone.goto("/")
    phone.locator("#owed").get_by_role("link", name="去做").first.click()
    expect(phone.get_by_role("heading", name="签发 文一路小学")).to_be_visible()
    expect(phone.locator("#rows")).to_contain_text("三年级")
    sign(phone, "签发并封存")
    expect(phone.locator("main")).to_contain_text("零报告")
    expect(phone.locator(".lf-error").first).to_be_visible()
    assert not Report.objects.filter(level="institution").exists()
    phone.get_by_label("我确认：除未报单位外").check()
    sign(phone, "签发并封存")
    expect(phone.locator("#toasts")).to_contain_text("已签发并封存")
    report = Report.objects.get(level="institution")
    assert (report.verdict, report.figures["registered"], report.figures["absent_ill"]) == ("confirmed_zero", 16, 0)
    assert report.signed_at == at("09:05")
    assert report.journal_seq is not None
    expect(phone.locator("main")).to_contain_text(f"日志第 {report.journal_seq} 条")
    expect(phone.locator("main")).not_to_contain_text("迟报")

    app.at(at("10:20"))
    check = RollCheck.objects.get(unit=app.district.units["class1"])
    morning.correct("teacher", "class1", check.pk, at("10:20"), marks=[absent(morning.pupil(1))])
    desk = app.desktop("reporter")
    board = f"/reports/daily-zero/{app.district.units['school'].pk}/{DAY}/"
    desk.goto(board)
    expect(desk.locator("main")).to_contain_text("签发之后数据有变化")
    desk.get_by_role("link", name="签发更正").click()
    desk.get_by_label("更正原因").fill("李小二缺勤登记有误")
    sign(desk, "签发更正件")
    expect(desk.locator("#toasts")).to_contain_text("更正件已签发，原件保留在旁边")
    expect(desk.locator(".rp-versions")).to_contain_text("原件")
    expect(desk.locator(".rp-versions")).to_contain_text("更正件 1")
    first, second = Report.objects.filter(level="institution").order_by("pk")
    assert (second.amends_id, first.superseded_at, second.verdict) == (first.pk, at("10:20"), "has_cases")
    assert first.figures == report.figures

    desk.goto(board)
    expect(stat(desk, "因病缺勤")).to_contain_text("1")
    desk.get_by_label("当时知道什么").fill(f"{DAY}T09:30")
    desk.get_by_role("button", name="回看").click()
    expect(desk.locator("main")).to_contain_text("09:30 时所知道的")
    expect(desk.locator("main")).to_contain_text("零报告已确认")
    expect(stat(desk, "因病缺勤")).to_contain_text("0")
    expect(stat(desk, "实到人数")).to_contain_text("16")


def test_a_report_signed_after_the_hour_says_late_and_why(app, morning):
    morning.all_well()
    morning.sign("grade_head", "grade", now=at("08:41"))
    app.at(at("09:40"))
    app.work()
    desk = app.desktop("reporter")
    desk.goto("/")
    desk.locator("#owed").get_by_role("link", name="去做").first.click()
    expect(desk.locator("main")).to_contain_text("已过截止时间")
    desk.get_by_label("我确认：除未报单位外").check()
    desk.get_by_label("迟报说明").fill("停电")
    sign(desk, "签发并封存")
    expect(desk.locator("#toasts")).to_contain_text("已签发并封存")
    expect(desk.locator("main")).to_contain_text("迟报（首份")
    expect(desk.locator("main")).to_contain_text("停电")
    officer = app.desktop("officer")
    officer.goto("/reports/")
    row = officer.locator("#rows tr", has_text="文一路小学")
    expect(row).to_contain_text("晚 30 分钟")
