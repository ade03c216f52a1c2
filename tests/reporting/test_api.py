"""The API does what the pages do, by the same actions, and declares every status."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from lianfang.reporting.models import Report
from tests.district import SETUP, TERM
from tests.reporting.cast import DAY, KIND, Reporting, absent, at


def client_of(school: Reporting, part: str) -> Client:
    client = Client()
    client.force_login(school.d.accounts[part], backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, address: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(f"/api/reporting{address}", body, content_type="application/json", headers=headers)


def test_form_sign_amend_report_and_history(school: Reporting) -> None:
    checked = school.check(now=at("07:50"), all_well=True)
    client, unit = client_of(school, "reporter"), school.unit("school")
    with using_clock(FixedClock(at("09:05"))):
        form = client.get(f"/api/reporting/forms/{KIND}/{unit}/{DAY}").json()
        assert (form["verdict"], form["figures"]["unanswered"]) == ("confirmed_zero", 6)
        body = {
            "client_id": str(uuid4()), "kind": KIND, "unit_id": unit, "day": str(DAY), "seen": form["seen"],
            "states_zero": True,
        }  # fmt: skip
        refused = post(client, "/reports", body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "accepted_unanswered"
        body["accepted_unanswered"] = form["unanswered"] + form["unsigned"]
        signed = post(client, "/reports", body, **{"X-Client-Now": at("09:05").isoformat()})
        assert signed.status_code == 200, signed.content
        assert post(client, "/reports", body).json() == signed.json()
        assert post(client, "/reports", {**body, "states_zero": False}).status_code == 409
        assert post(client, "/reports", {**body, "client_id": str(uuid4())}).status_code == 409
    report = signed.json()
    assert (report["verdict"], report["late"], report["signed_by"]) == ("confirmed_zero", False, "郑莉")
    school.correct("teacher", "class1", checked.id, at("10:00"), marks=[absent(school.pupil(0))])
    with using_clock(FixedClock(at("10:20"))):
        form = client.get(f"/api/reporting/forms/{KIND}/{unit}/{DAY}").json()
        assert form["changes"]["absent_ill"] == [0, 1]
        said = {
            "client_id": str(uuid4()), "seen": form["seen"], "reason": "补登",
            "accepted_unanswered": form["unanswered"] + form["unsigned"],
        }  # fmt: skip
        amended = post(client, f"/reports/{report['id']}/amendments", said).json()
        assert (amended["amends"], amended["verdict"]) == (report["id"], "has_cases")
        detail = client.get(f"/api/reporting/reports/{report['id']}").json()
        assert [v["id"] for v in detail["versions"]] == [report["id"], amended["id"]]
        assert detail["figures"]["absent_ill"] == 0
        listed = client.get(f"/api/reporting/units/{unit}/reports?day={DAY}&kind={KIND}").json()
        assert ([r["id"] for r in listed["items"]], listed["count"]) == ([amended["id"]], 1)
        now = client.get(f"/api/reporting/boards/{KIND}/{unit}/{DAY}").json()
        then = client.get(f"/api/reporting/boards/{KIND}/{unit}/{DAY}", {"known_at": at("09:30").isoformat()}).json()
    assert (now["state"], now["report_id"]) == ("has_cases", amended["id"])
    assert (then["state"], then["report_id"]) == ("confirmed_zero", report["id"])
    assert then["reasons"][0]["rule_id"] == "report_kinds.daily-zero.filed_zero"


BAD = [
    ("/boards/daily-zero/{unit}/2026-09-15?known_at=yesterday", 422),
    ("/boards/daily-zero/{unit}/2026-09-15?known_at=2026-09-15T09:00:00", 422),
    ("/boards/daily-zero/{unit}/2026-09-15?known_at=0704-04-14T00:42:46-16:36", 422),
    ("/boards/daily-zero/{unit}/2026-09-15?known_at=9999-12-31T23:59:59-23:59", 422),
    ("/boards/daily-zero/{unit}/2026-99-15", 422),
    ("/boards/daily-zero/{unit}/2026-09-15?limit=0", 422),
    ("/boards/nothing/{unit}/2026-09-15", 404),
    ("/boards/daily-zero/99999999999999/2026-09-15", 404),
    ("/reports/99999999", 404),
    ("/tables/nothing/{unit}/2026-09-15", 404),
    ("/units/{unit}/reports?day=2026-09-15&kind=nothing", 404),
]


def test_bad_input_gets_a_clear_answer(school: Reporting) -> None:
    client = client_of(school, "reporter")
    with using_clock(FixedClock(at("09:05"))):
        for address, status in BAD:
            answer = client.get(f"/api/reporting{address.format(unit=school.unit('school'))}")
            assert answer.status_code == status, (address, answer.content)
            assert answer.json()["message"], address
        assert Client().get(f"/api/reporting/boards/{KIND}/1/{DAY}").status_code == 401
        assert client_of(school, "mother").get(f"/api/reporting/boards/{KIND}/1/{DAY}").status_code == 403
        assert client_of(school, "principal").get(f"/api/reporting/forms/{KIND}/1/{DAY}").status_code == 403


def test_an_instant_may_have_any_offset(school: Reporting) -> None:
    """PostgreSQL refuses offsets of 16 hours and more, so that everything is asked in UTC (found by generated calls)."""
    client = client_of(school, "reporter")
    address = f"/api/reporting/boards/{KIND}/{school.unit('school')}/{DAY}"
    with using_clock(FixedClock(at("09:05"))):
        for asked in ("2026-09-15T08:30:00+08:00", "2026-09-14T07:54:00-16:36", "2026-09-15T00:00:00-00:30"):
            answer = client.get(address, {"known_at": asked})
            assert answer.status_code == 200, answer.content
            assert datetime.fromisoformat(answer.json()["known_at"]) == at("08:30")


def test_a_foreign_report_answers_like_a_missing_one(school: Reporting) -> None:
    school.all_well()
    report = school.sign()
    grade = Report.objects.count()
    with using_clock(FixedClock(at("10:00"))):
        for part in ("training_reporter", "teacher", "foreign_officer"):
            for address in (f"/api/reporting/reports/{report.pk}", f"/reports/report/{report.pk}/"):
                assert client_of(school, part).get(address).status_code == 404, (part, address)
        body = {"client_id": str(uuid4()), "seen": "x", "reason": "y"}
        foreign = post(client_of(school, "training_reporter"), f"/reports/{report.pk}/amendments", body)
        excuse = {"kind": KIND, "unit_id": school.unit("school"), "day": str(DAY), "reason": "y"}
        assert foreign.status_code == 404
        assert post(client_of(school, "training_reporter"), "/lateness", excuse).status_code == 404
        assert post(client_of(school, "officer"), "/lateness", excuse).status_code == 422
    assert grade == Report.objects.count()


def test_the_authority_reads_counts_and_no_names(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    school.sign(now=at("09:05"))
    pupils = [p.name for group in school.d.pupils.values() for p in group]
    with using_clock(FixedClock(at("09:30"))):
        for part in ("officer", "cdc"):
            client = client_of(school, part)
            for unit in ("bureau", "school"):
                text = client.get(f"/api/reporting/boards/{KIND}/{school.unit(unit)}/{DAY}").content.decode()
                page = client.get(f"/reports/{KIND}/{school.unit(unit)}/{DAY}/").content.decode()
                assert not [name for name in pupils if name in text or name in page]


def grow(school: Reporting, classes: int) -> None:
    system = system_actor("test", SETUP)
    for number in range(3, 3 + classes):
        unit = foundation.create_unit(
            system, SETUP, parent=school.d.units["grade"], kind="class", level="class", name=f"三（{number}）班",
            order=number,
        )  # fmt: skip
        child = people.create_person(system, SETUP, name=f"新生{'甲乙丙丁戊己庚辛壬癸'[number % 10]}")
        people.add_membership(
            system, SETUP, person=child, unit=unit, kind="student", begins=TERM[0], number=f"X{number}"
        )
        school.d.units[f"new{number}"] = unit


SIGNED_FIRST = [date(2026, 9, day) for day in (14, 8)]
SIGNED_LATER = [date(2026, 9, day) for day in (11, 10, 9, 7)]


def test_the_number_of_queries_does_not_grow_with_rows(school: Reporting) -> None:
    school.all_well()
    for day in SIGNED_FIRST:
        school.sign(now=at("09:05"), day=day)
    addresses = [
        ("reporter", f"/reports/{KIND}/{school.unit('grade')}/{DAY}/"),
        ("reporter", f"/reports/{KIND}/{school.unit('school')}/{DAY}/"),
        ("officer", f"/reports/{KIND}/{school.unit('school')}/{DAY}/"),
        ("officer", f"/reports/{KIND}/{school.unit('bureau')}/{DAY}/"),
        ("reporter", f"/reports/{KIND}/{school.unit('school')}/{DAY}/history"),
        ("reporter", f"/api/reporting/boards/{KIND}/{school.unit('school')}/{DAY}"),
        ("reporter", f"/api/reporting/units/{school.unit('school')}/reports?day={DAY}"),
    ]

    def count() -> list[int]:
        numbers = []
        with using_clock(FixedClock(at("09:00"))):
            for part, address in addresses:
                client = client_of(school, part)
                client.get(address)
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == 200, address
                numbers.append(len(queries))
        return numbers

    few = count()
    grow(school, 8)
    for number in (3, 4, 5, 6, 7, 8):
        foundation.create_unit(
            system_actor("test", SETUP), SETUP, parent=school.d.units["bureau"], kind="school", level="institution",
            name=f"第{number}小学",
        )  # fmt: skip
    for day in SIGNED_LATER:
        school.sign(now=at("09:05"), day=day)
    many = count()
    assert many == few
    assert max(few) <= 45, few
