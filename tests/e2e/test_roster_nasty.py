"""A roster as a school exports it to a clean school; and the school year that follows, rehearsed and done."""

import io

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect

from lianfang.people.models import Guardianship, Membership, Person, Place
from tests.people.cast import id_number

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def nasty() -> bytes:
    """Title rows, two lines of header, classes merged downwards, guardians in one cell, wrecked numbers, rooms beside."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet("花名册")
        page.merge_range(0, 0, 0, 6, "文一路小学新生花名册")
        for column, text in enumerate(("班级", "学籍号")):
            page.merge_range(1, column, 2, column, text)
        page.merge_range(1, 2, 1, 4, "学生基本信息")
        for column, text in enumerate(("姓名", "身份证号", "出生日期"), start=2):
            page.write(2, column, text)
        page.merge_range(1, 5, 2, 5, "爹娘的电话")
        page.merge_range(3, 0, 7, 0, "三（1）班")
        rows = [
            ["N1", "赵钱", id_number(sequence=101), "2017年3月15日", "妈妈13800138001 / 爸爸139-0013-9001"],
            ["N2", "孙李", "3.30106E+17", "2017/3/5", ""],
            ["N3", "周 吴", "", 42799, "13800138003"],
            ["N4", "郑9", "", "", ""],
            ["N1", "王冯", "", "", ""],
        ]
        for n, row in enumerate(rows):
            page.write_row(3 + n, 1, row)
        rooms = book.add_worksheet("场所")
        rooms.write_row(0, 0, ["楼栋", "楼层", "房间号", "类型", "面积"])
        rooms.write_row(1, 0, ["东楼", "二层", "201", "教室", "62㎡"])
        book.add_worksheet("去年").hide()
    return buffer.getvalue()


def test_a_nasty_roster_to_a_clean_school_and_the_year_after(app):
    page = app.desktop("admin")
    page.goto("/import/")
    page.get_by_label("名册文件").set_input_files(
        {"name": "花名册.xlsx", "mimeType": "application/octet-stream", "buffer": nasty()}
    )
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator("main")).to_contain_text("爹娘的电话")
    page.get_by_role("link", name="查看或改正栏目").click()
    page.get_by_label("爹娘的电话").select_option(label="监护人1电话")
    page.get_by_role("button", name="记住并预览").click()
    expect(page.get_by_role("heading", name="预览导入")).to_be_visible()
    expect(page.locator("main")).to_contain_text("3 行有错误，不会导入")
    expect(page.locator("main")).to_contain_text("科学计数法")
    page.get_by_label("按姓名或编号查找").fill("周吴")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "周吴" not in page.url
    page.get_by_role("button", name="导入 3 行，留下 3 行").click()
    expect(page.get_by_role("heading", name="导入结果")).to_be_visible()
    assert set(Guardianship.objects.filter(child__name="赵钱").values_list("guardian__name", "relation")) == {
        ("赵钱妈妈", "mother"),
        ("赵钱爸爸", "father"),
    }
    assert Place.objects.filter(name="201", parent__parent__name="东楼").exists()
    assert str(Person.objects.get(name="周吴").birth_date) == "2017-03-05"
    rolled_over(app, page)


def rolled_over(app, page: Page) -> None:
    page.goto("/import/rollover/")
    page.get_by_label("新学年从哪天开始").fill("2027-09-01")
    page.get_by_role("button", name="预演").click()
    expect(page.get_by_role("heading", name="升级预演")).to_be_visible()
    expect(page.locator("main")).to_contain_text("四（1）班")
    before = Membership.objects.count()
    page.get_by_label("按姓名或编号查找").fill("赵钱")
    page.get_by_role("button", name="查找").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("升级")
    assert Membership.objects.count() == before, "a rehearsal changes nothing"
    page.get_by_role("button", name="确认从 2027-09-01 起升级").click()
    expect(page.get_by_role("heading", name="导入结果")).to_be_visible()
    moved = Membership.objects.get(person__name="赵钱", ends=None)
    assert (moved.unit.name, moved.begins.isoformat()) == ("四（1）班", "2027-09-01")
    page.goto("/import/rollover/")
    page.get_by_label("新学年从哪天开始").fill("2027-09-02")
    page.get_by_role("button", name="预演").click()
    expect(page.locator("main")).to_contain_text("升级已经做过")
