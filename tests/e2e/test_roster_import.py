"""A school's administrator uploads a roster with 20 bad rows: errors first, decisions, the good rows, and a second time."""

import pytest
from playwright.sync_api import Page, expect

from lianfang.people.models import Membership, Person
from tests.exchange.sheetmaking import child, students
from tests.people.cast import id_number

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

GOOD = [child(f"G{i:02d}", f"新生{chr(0x7532 + i)}", "三年级（1）班", id_number(sequence=101 + i)) for i in range(12)]
BAD = [
    *[child(f"B{i:02d}", "", "三年级（1）班") for i in range(5)],
    *[child(f"C{i:02d}", f"班级错{i}", "") for i in range(5)],
    *[child(f"D{i:02d}", f"证件错{i}", "三年级（1）班", "330106201701010000") for i in range(5)],
    *[child(f"E{i:02d}", f"生日错{i}", "三年级（1）班", 出生日期="2017-02-30") for i in range(5)],
]
MOVE = child("101", "王小一", "三年级（2）班")


def upload(page: Page, content: bytes) -> None:
    page.goto("/import/")
    page.get_by_label("名册文件").set_input_files(
        {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("heading", name="预览导入")).to_be_visible()


def test_twenty_bad_rows_are_named_and_the_rest_goes_in(app):
    page = app.desktop("admin")
    upload(page, students(*GOOD[:6], *BAD, *GOOD[6:], MOVE))
    expect(page.locator("main")).to_contain_text("20 行有错误，不会导入")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("有错误")
    expect(first).to_contain_text("没有填写姓名")
    page.locator(".lf-tabs").get_by_role("link", name="有错误").click()
    expect(page.locator("tbody tr")).to_have_count(20)
    assert all("：" in row for row in page.locator("tbody tr .ex-error").all_inner_texts())
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有错误的行").click()
    assert download.value.suggested_filename.endswith("errors.xlsx")
    people = Person.objects.count()

    page.locator(".lf-tabs").get_by_role("link", name="换班").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr").get_by_role("button", name="接受", exact=True).click()
    expect(page.locator("tbody tr")).to_contain_text("已接受")
    assert Person.objects.count() == people
    page.get_by_role("button", name="导入 13 行，留下 20 行").click()
    expect(page.get_by_role("heading", name="导入结果")).to_be_visible()
    expect(page.locator("main")).to_contain_text("名册已更新")
    expect(page.locator("main")).to_contain_text("有 20 行没有导入")
    assert Person.objects.count() == people + 12
    moved = Membership.objects.filter(person=app.district.pupils["class1"][0], kind="student").order_by("begins", "pk")
    assert app.district.units["class2"] in [m.unit for m in moved]

    upload(page, students(*GOOD, MOVE))
    expect(page.locator(".lf-stat", has_text="可以导入")).to_contain_text("0")
    expect(page.locator(".lf-stat", has_text="有错误")).to_contain_text("0")
    expect(page.locator("main")).to_contain_text("没有变化")
    assert Person.objects.count() == people + 12
