"""Pages show what the actor may see, lead to what is under a number, and sign by the same action as the API."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from lianfang.foundation.actions import give_grant
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from lianfang.reporting.models import LatenessExcuse, Report
from tests.reporting.cast import DAY, KIND, Reporting, absent, at


def client_of(school: Reporting, part: str) -> Client:
    client = Client()
    client.force_login(school.d.accounts[part], backend="django.contrib.auth.backends.ModelBackend")
    return client


def path(school: Reporting, unit: str, tail: str = "") -> str:
    return f"/reports/{KIND}/{school.unit(unit)}/{DAY.isoformat()}/{tail}"


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


SEEN = [
    ("teacher", "class1", 200),
    ("teacher", "class2", 404),
    ("teacher", "grade", 404),
    ("grade_head", "grade", 200),
    ("grade_head", "class2", 200),
    ("grade_head", "school", 404),
    ("nurse", "school", 200),
    ("principal", "class1", 200),
    ("leader", "school", 200),
    ("reporter", "school", 200),
    ("reporter", "training", 404),
    ("reporter", "bureau", 404),
    ("officer", "bureau", 200),
    ("officer", "school", 200),
    ("officer", "foreign_school", 404),
    ("officer", "foreign_bureau", 404),
    ("cdc", "bureau", 200),
    ("cdc", "school", 200),
    ("foreign_officer", "school", 404),
    ("foreign_officer", "bureau", 404),
    ("foreign_officer", "foreign_bureau", 200),
    ("guard", "school", 403),
    ("mother", "class1", 403),
    ("admin", "school", 403),
]


def test_who_opens_which_board(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    with using_clock(FixedClock(at("09:00"))):
        for part, unit, status in SEEN:
            for address in (
                path(school, unit),
                path(school, unit, "history"),
                f"/reports/rule/{KIND}/{school.unit(unit)}/{DAY}/",
                f"/api/reporting/boards/{KIND}/{school.unit(unit)}/{DAY}",
            ):
                assert client_of(school, part).get(address).status_code == status, (part, unit, address)


@pytest.mark.parametrize(
    "address", ["/reports/nothing/1/2026-09-15/", "/reports/daily-zero/1/15.9./", "/reports/report/99/"]
)
def test_what_does_not_exist_is_not_found(school: Reporting, address: str) -> None:
    with using_clock(FixedClock(at("09:00"))):
        assert client_of(school, "principal").get(address).status_code == 404


def test_the_reporter_looks_over_signs_and_amends(school: Reporting) -> None:
    checked = school.check(now=at("07:50"), all_well=True)
    school.check("teacher2", unit="class2", now=at("07:55"), all_well=True)
    reporter = client_of(school, "reporter")
    with using_clock(FixedClock(at("09:00"))):
        page = reporter.get(path(school, "school", "sign"))
        html = page.content.decode()
        assert "三年级" in html
        said = {"client_id": hidden(html, "client_id"), "seen": hidden(html, "seen")}
        refused = reporter.post(path(school, "school", "sign"), said)
        assert refused.status_code == 422
        assert "没有病例时也要明确报" in refused.content.decode()
        said |= {"states_zero": "on", "accepted_unanswered": str(school.unit("grade"))}
        answer = reporter.post(path(school, "school", "sign"), said)
        assert answer.status_code == 302
        assert reporter.post(path(school, "school", "sign"), said).headers["Location"] == answer.headers["Location"]
    report = Report.objects.get(unit_id=school.unit("school"))
    assert (report.verdict, report.late_reason) == ("confirmed_zero", "")
    school.correct("teacher", "class1", checked.id, at("10:05"), marks=[absent(school.pupil(0))])
    with using_clock(FixedClock(at("10:20"))):
        html = reporter.get(f"/reports/report/{report.pk}/").content.decode()
        assert "签发之后数据有变化" in html
        html = reporter.get(f"/reports/report/{report.pk}/amend").content.decode()
        said = {"client_id": hidden(html, "client_id"), "seen": hidden(html, "seen")}
        said["accepted_unanswered"] = str(school.unit("grade"))
        assert "请写明更正的原因" in reporter.post(f"/reports/report/{report.pk}/amend", said).content.decode()
        answer = reporter.post(f"/reports/report/{report.pk}/amend", {**said, "reason": "三（1）班补登一人病假"})
        assert answer.status_code == 302
        html = reporter.get(answer.headers["Location"]).content.decode()
        assert "三（1）班补登一人病假" in html
        assert "更正件 1" in html
    assert Report.objects.filter(unit_id=school.unit("school"), superseded_at=None).get().amends_id == report.pk


def test_facts_that_changed_since_the_form_was_opened_are_looked_at_again(school: Reporting) -> None:
    school.all_well()
    reporter = client_of(school, "reporter")
    with using_clock(FixedClock(at("08:50"))):
        html = reporter.get(path(school, "school", "sign")).content.decode()
        school.leave("teacher", school.pupil(1), now=at("08:52"), said=absent_said(), true_at=at("08:51"))
        said = {"client_id": hidden(html, "client_id"), "seen": hidden(html, "seen"), "states_zero": "on"}
        answer = reporter.post(path(school, "school", "sign"), said)
    assert answer.status_code == 409
    assert "数据又有变化" in answer.content.decode()
    assert not Report.objects.exists()


def absent_said():
    from lianfang.daily.rules import SaidInput

    return SaidInput(symptoms=("fever",), temperature="38.4", absent=True, cause="illness")


def test_the_county_officer_accepts_a_reason_and_the_report_stays_late(school: Reporting) -> None:
    school.all_well()
    report = school.sign(now=at("09:40"), reason="停电")
    officer = client_of(school, "officer")
    with using_clock(FixedClock(at("09:50"))):
        assert "认可迟报原因" in officer.get(path(school, "school")).content.decode()
        officer.post(path(school, "school", "excuse"), {"reason": "全镇停电属实"})
        html = officer.get(path(school, "bureau")).content.decode()
    assert LatenessExcuse.objects.get().unit_id == report.unit_id
    assert "全镇停电属实" in html
    assert "迟报" in html


def test_accepting_a_reason_is_offered_to_whom_may_at_that_unit(school: Reporting) -> None:
    """Late are the class and the school. The reporter of another institution who also teaches this class reads its page."""
    school.check(now=at("08:31"), all_well=True)
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    school.sign(now=at("09:40"), reason="停电")
    system = system_actor("test", at("09:40"))
    give_grant(
        system,
        at("09:40"),
        account=school.d.accounts["training_reporter"],
        role="subject_teacher",
        unit=school.d.units["class1"],
        source="test",
        begins=at("06:00"),
    )

    def offered(unit: str, *parts: str) -> dict[str, bool]:
        pages = {part: client_of(school, part).get(path(school, unit)) for part in parts}
        assert {page.status_code for page in pages.values()} == {200}
        return {part: "认可迟报原因" in page.content.decode() for part, page in pages.items()}

    with using_clock(FixedClock(at("09:50"))):
        assert offered("school", "reporter", "officer", "cdc", "principal", "nurse") == {
            **dict.fromkeys(("reporter", "cdc", "principal", "nurse"), False),  # the reporter signed it
            "officer": True,
        }
        assert offered("class1", "reporter", "grade_head", "teacher", "training_reporter") == {
            "reporter": True,
            **dict.fromkeys(("grade_head", "teacher", "training_reporter"), False),
        }


def test_an_authoritys_page_says_of_classes_only_that_they_answered(school: Reporting) -> None:
    first = school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    school.correct("teacher", "class1", first.id, at("08:00"), marks=[absent(school.pupil(1))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    report = school.sign(now=at("09:05"))
    with using_clock(FixedClock(at("09:30"))):
        for address in (path(school, "school"), f"/reports/report/{report.pk}/"):
            html = client_of(school, "officer").get(address).content.decode()
            table = html[html.index("<tbody") : html.index("</tbody>")]
            assert "已报" in table, address
            assert "有病例" not in table, address
            assert "零报告已确认" not in html, address
            assert "检查后有更正" not in html, address


def test_looking_back_by_the_page(school: Reporting) -> None:
    school.all_well(at("07:50"))
    school.sign(now=at("09:05"))
    principal = client_of(school, "principal")
    with using_clock(FixedClock(at("11:00"))):
        early = principal.get(path(school, "school") + "?known_at=2026-09-15T07:30").content.decode()
        wrong = principal.get(path(school, "school") + "?known_at=morgens").content.decode()
    assert "9月15日 07:30 时所知道的" in early
    assert "三（1）班" in early
    assert "看签发件" not in early
    assert "看不懂这个时刻" in wrong


def test_english_pages_hold_no_chinese_sentence(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    report = school.sign(now=at("09:40"))
    principal = client_of(school, "principal")
    principal.cookies["lianfang_lang"] = "en"
    names = set("".join(u.name for u in school.d.units.values()))
    with using_clock(FixedClock(at("10:00"))):
        for address in (
            path(school, "school"),
            path(school, "school", "history"),
            f"/reports/report/{report.pk}/",
            f"/reports/rule/{KIND}/{school.unit('school')}/{DAY}/",
        ):
            html = principal.get(address).content.decode()
            main = html[html.index("<main") : html.index("</main>")]
            left = set(re.findall(r"[\u4e00-\u9fff]", main)) - names - set("郑莉")
            assert not left, (address, left)
