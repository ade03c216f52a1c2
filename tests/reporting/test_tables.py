"""The bureau's table, read back as the bureau's own program would."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import translation
from python_calamine import CalamineWorkbook

from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import Unit
from lianfang.kernel.clock import FixedClock
from lianfang.reporting.tables import bureau_table
from tests.reporting.cast import DAY, KIND, Reporting, absent, at

LAYOUT = "bureau-daily"
HEADS = ["序号", "班级", "在册人数", "应到人数", "实到人数", "出勤率", "缺勤合计", "因病缺勤", "其他原因", "因病缺勤率",
         "发热人数", "有症状人数", "新增病缺", "病愈返校", "上报状态"]  # fmt: skip


def read(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def table(school: Reporting, part: str, unit: str, clock: str = "09:30") -> bytes:
    return bureau_table(school.actor(part, at(clock)), LAYOUT, school.unit(unit), DAY, at(clock))


def test_a_signed_schools_table(school: Reporting) -> None:
    school.check(
        now=at("07:50"), marks=[absent(school.pupil(0), symptoms=("fever",)), absent(school.pupil(1), "personal")]
    )
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    school.sign(now=at("09:05"))
    rows = read(table(school, "reporter", "school"))
    assert rows[0][0] == "学校晨午检及因病缺勤日报表"
    assert rows[1][0] == "填报单位：文一路小学"
    assert "2026年9月15日" in str(rows[2][0])
    assert [top or under for top, under in zip(rows[3], rows[4], strict=True)][1] == "班级"
    under = [below or above for above, below in zip(rows[3], rows[4], strict=True)]
    assert under == HEADS
    assert rows[5] == [1.0, "三（1）班", 6.0, 6.0, 4.0, pytest.approx(4 / 6), 2.0, 1.0, 1.0, pytest.approx(1 / 6),
                       1.0, 1.0, 1.0, 0.0, "有病例"]  # fmt: skip
    assert rows[6][:5] == [2.0, "三（2）班", 6.0, 6.0, 6.0]
    assert rows[6][-1] == "零报告已确认"
    assert rows[7][0] == "合计"
    assert rows[7][2:11] == [12.0, 12.0, 10.0, pytest.approx(10 / 12), 2.0, 1.0, 1.0, pytest.approx(1 / 12), 1.0]
    assert rows[8][0] == "疫情报告人：郑莉"
    assert "09:05" in str(rows[10][0])


def test_a_silent_class_is_counted_and_left_empty(school: Reporting) -> None:
    school.check(now=at("07:50"), all_well=True)
    rows = read(table(school, "reporter", "school"))
    silent = rows[6]
    assert silent[:6] == [2.0, "三（2）班", 6.0, 6.0, "", ""]
    assert silent[-1] == "未报"
    assert rows[8][0] == "疫情报告人：（尚未签发）"


def test_the_signed_table_does_not_follow_later_corrections(school: Reporting) -> None:
    checked = school.check(now=at("07:50"), all_well=True)
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    school.sign(now=at("09:05"))
    before = read(table(school, "reporter", "school", "09:30"))
    school.correct("teacher", "class1", checked.id, at("10:00"), marks=[absent(school.pupil(0))])
    after = read(table(school, "reporter", "school", "10:30"))
    assert before[5:8] == [[*row[:-1], before[5 + i][-1]] for i, row in enumerate(after[5:8])]


def test_the_countys_table_has_schools_as_rows(school: Reporting) -> None:
    school.all_well()
    school.sign(now=at("09:05"))
    rows = read(table(school, "officer", "bureau"))
    assert rows[3][1] == "学校"
    names = [row[1] for row in rows[5:7]]
    assert names == ["文一路小学", "小画家培训学校"]
    assert rows[5][2:5] == [12.0, 12.0, 12.0]
    assert rows[6][-1] == "未报"
    assert rows[7][:4] == ["合计", "", 13.0, 13.0]


def test_an_authority_gets_no_small_class_counts(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    school.sign(now=at("09:05"))
    rows = read(table(school, "officer", "school"))
    assert [row[7] for row in rows[5:8]] == ["—", "—", 1.0]
    assert [row[-1] for row in rows[5:7]] == ["已报", "已报"]
    assert all("联系电话：" in str(row[0]) and row[0] == "联系电话：" for row in rows if "联系电话" in str(row[0]))


def test_headers_are_merged_and_cells_never_start_a_formula(school: Reporting) -> None:
    Unit.objects.filter(pk=school.unit("class1")).update(name="=1+1")
    Unit.objects.filter(pk=school.unit("class2")).update(name="@SUM(A1)")
    sheet = openpyxl.load_workbook(io.BytesIO(table(school, "reporter", "school"))).active
    assert sheet is not None
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:O1", "A4:A5", "C4:F4", "G4:J4", "K4:L4", "M4:N4", "O4:O5"} <= merged
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert sheet["B6"].value == "=1+1"
    assert (sheet["B6"].data_type, sheet.page_setup.orientation) == ("s", "landscape")


def test_the_table_speaks_english_when_asked(school: Reporting) -> None:
    with translation.override("en"):
        rows = read(table(school, "officer", "bureau"))
    assert rows[0][0] == "Daily table of morning and noon checks and sickness absence"
    assert rows[3][1] == "Institution"


@pytest.mark.parametrize(
    "part, unit, layout, error",
    [
        ("reporter", "training", LAYOUT, NotFound),
        ("reporter", "school", "no-such-table", NotFound),
        ("teacher", "class1", LAYOUT, NotFound),
        ("mother", "school", LAYOUT, Forbidden),
    ],
)
def test_who_gets_no_table(school: Reporting, part: str, unit: str, layout: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        bureau_table(school.actor(part, at("09:00")), layout, school.unit(unit), DAY, at("09:00"))


def test_page_and_api_give_the_same_file(school: Reporting) -> None:
    school.all_well()
    client = Client()
    client.force_login(school.d.accounts["reporter"], backend="django.contrib.auth.backends.ModelBackend")
    with using_clock(FixedClock(at("09:00"))):
        page = client.get(f"/reports/{KIND}/{school.unit('school')}/{DAY}/table/{LAYOUT}.xlsx")
        api = client.get(f"/api/reporting/tables/{LAYOUT}/{school.unit('school')}/{DAY}")
        other = client.get(f"/reports/another-kind/{school.unit('school')}/{DAY}/table/{LAYOUT}.xlsx")
    assert page.status_code == api.status_code == 200
    assert other.status_code == 404  # the table is not of that kind of report
    assert read(page.content) == read(api.content)
    assert page.headers["Content-Disposition"].endswith('.xlsx"')
