"""A pupil leaves early: the nurse sees it and what changed since yesterday; the bureau's table has the right figures."""

import io
from datetime import timedelta

import openpyxl
import pytest
from playwright.sync_api import expect

from lianfang.daily.models import EarlyLeave
from tests.district import DAY, MORNING
from tests.reporting.cast import absent, at, ill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_the_nurse_sees_who_left_and_what_changed(app, morning):
    yesterday = DAY - timedelta(days=1)
    morning.check("teacher", marks=[absent(morning.pupil(3))], now=MORNING - timedelta(days=1), day=yesterday)
    morning.check("teacher", marks=[absent(morning.pupil(1))], now=at("07:50"))
    morning.check("teacher2", unit="class2", all_well=True, now=at("07:52"))
    app.at(at("10:05"))
    teacher = app.phone("teacher")
    teacher.goto(f"/daily/leave/{app.district.units['class1'].pk}/")
    teacher.get_by_label("谁离校").select_option(label="张小三")
    teacher.get_by_label("原因", exact=True).select_option("illness")
    teacher.get_by_label("离校时间").fill("10:00")
    teacher.get_by_label("由谁接走").fill("妈妈")
    teacher.get_by_role("button", name="登记离校").tap()
    expect(teacher.locator("main")).to_contain_text("今天已登记")
    expect(teacher.locator(".lf-person", has_text="张小三")).to_contain_text("10:00")
    (leave,) = EarlyLeave.objects.all()
    assert (leave.person.name, leave.true_at, leave.received_at) == ("张小三", at("10:00"), at("10:05"))

    nurse = app.desktop("nurse")
    nurse.goto("/")
    row = nurse.locator("#changes tr", has_text="三（1）班")
    expect(row.locator("td")).to_have_text(["三（1）班", "1", "0", "1", "1"])
    row.get_by_role("link").click()
    expect(nurse.locator(".lf-person", has_text="李小二")).to_contain_text("新")
    expect(nurse.locator(".lf-person", has_text="刘小四")).to_contain_text("返校")
    nurse.goto(f"/daily/day/{app.district.units['class1'].pk}/")
    expect(nurse.locator(".lf-person", has_text="张小三").first).to_contain_text("10:00 离校")


def test_the_bureaus_table_opens_with_the_figures_of_the_day(app, morning):
    morning.check(
        "teacher", marks=[ill(morning.pupil(1), "fever", temperature="38.2"), absent(morning.pupil(2))], now=at("07:50")
    )
    morning.check("teacher2", unit="class2", all_well=True, now=at("07:52"))
    morning.sign("grade_head", "grade", now=at("08:41"))
    morning.sign("reporter", "school", now=at("09:05"))
    app.at(at("09:20"))
    page = app.desktop("reporter")
    page.goto(f"/reports/daily-zero/{app.district.units['school'].pk}/{DAY}/")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载《学校晨午检及因病缺勤日报表》").click()
    content = download.value.path().read_bytes()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    rows = [[cell for cell in row if cell is not None] for row in sheet.values]
    text = "\n".join(str(cell) for row in rows for cell in row)
    assert "文一路小学" in text
    assert "郑莉" in text
    first = next(row for row in sheet.values if row[1] == "三（1）班")
    headers = {str(c.value): c.column - 1 for row in sheet.iter_rows(max_row=8) for c in row if c.value}
    columns = ("在册人数", "应到人数", "实到人数", "因病缺勤", "发热人数")
    assert [first[headers[name]] for name in columns] == [8, 8, 7, 1, 1]
    total = next(row for row in sheet.values if row[0] == "合计")
    column = headers["在册人数"]
    assert total[column] == 16 or str(total[column]).startswith("=SUM("), total[column]
