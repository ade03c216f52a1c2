"""Pages and API as a browser and a client meet them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.daily.models import EarlyLeave, HealthReport, RollCheck
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from tests.daily.cast import MORNING, Morning, absent
from tests.district import PASSWORD

API = "/api/daily/"


@pytest.fixture(autouse=True)
def seven_forty() -> Iterator[None]:
    with using_clock(FixedClock(MORNING)):
        yield


def signed_in(school: Morning, part: str) -> Client:
    client = Client()
    client.force_login(school.d.accounts[part], backend="django.contrib.auth.backends.ModelBackend")
    assert PASSWORD
    return client


def post(client: Client, path: str, body, **headers):
    return client.post(API + path, json.dumps(body), content_type="application/json", headers=headers)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None
    return found[1].replace("&quot;", '"')


def test_the_roll_is_small_and_confirmed_without_a_script(school: Morning):
    client = signed_in(school, "teacher")
    address = f"/daily/roll/{school.unit()}/morning/"
    page = client.get(address)
    html = page.content.decode()
    assert "data-offline" in html
    assert "全部到校且健康" in html
    saved = client.post(
        address, {"client_id": hidden(html, "client_id"), "marks": hidden(html, "marks"), "action": "confirm"}
    )
    assert saved.status_code == 302
    assert RollCheck.objects.get().all_well
    again = client.get(saved["Location"]).content.decode()
    assert "07:40 已送达" in again
    assert hidden(again, "corrects") == str(RollCheck.objects.get().pk)


def test_exceptions_one_by_one_without_a_script(school: Morning):
    fever = school.report("mother", school.pupil(0), temperature=38.2)
    school.check(marks=[absent(school.pupil(1))], now=MORNING - timedelta(days=1))
    client = signed_in(school, "teacher")
    address = f"/daily/roll/{school.unit()}/morning/"
    html = client.get(address).content.decode()
    assert "先核实 1 人的说法不一" in html
    sent = {"client_id": hidden(html, "client_id"), "marks": hidden(html, "marks")}
    edit = client.post(address, {**sent, "action": "confirm"})
    assert edit.status_code == 200
    text = edit.content.decode()
    assert "38.2" in text
    zero, one = f"p{school.pupil(0)}", f"p{school.pupil(1)}"
    assert zero in text
    assert one in text
    typed = {**sent, "action": "save", "listed": [school.pupil(1), school.pupil(0)], f"{one}-presence": "absent"}
    wrong = client.post(address, {**typed, f"{zero}-temperature": "99"})
    assert wrong.status_code == 422
    assert "请选择缺勤原因" in wrong.content.decode()
    assert RollCheck.objects.count() == 1
    typed |= {f"{one}-cause": "illness", f"{zero}-presence": "present", f"{zero}-temperature": "36.8"}
    assert client.post(address, typed).status_code == 302
    check = RollCheck.objects.order_by("pk").last()
    assert check is not None
    assert (check.absent_ill, check.present, list(check.marks.get(person_id=school.pupil(0)).answers)) == (
        1, 7, [fever.id],
    )  # fmt: skip


def test_own_report_without_a_script(school: Morning):
    client = signed_in(school, "mother")
    html = client.get("/daily/report/").content.decode()
    assert html.count("一切正常") == 2
    typed = {"client_id": str(uuid4()), "person_id": school.pupil(0)}
    assert client.post("/daily/report/", typed).status_code == 302
    assert client.post("/daily/report/", typed).status_code == 302
    assert HealthReport.objects.get().unwell is False
    wrong = client.post("/daily/report/", {**typed, "client_id": str(uuid4()), "temperature": "365"})
    assert "36.5" in wrong.content.decode()
    assert client.post("/daily/report/", {**typed, "person_id": school.pupil(3)}).status_code == 404
    other = {"client_id": str(uuid4()), "person_id": school.pupil(3)}
    assert client.post("/daily/report/", other).status_code == 404
    assert "07:40 已报" in client.get("/daily/report/").content.decode()


def test_the_teacher_enters_a_report_and_an_early_leave(school: Morning):
    client = signed_in(school, "teacher")
    address = f"/daily/report/class/{school.unit()}/"
    assert client.get(address).status_code == 200
    typed = {
        "client_id": str(uuid4()),
        "person_id": school.pupil(4),
        "symptoms": ["cough"],
        "on_paper": "1",
        "paper_time": "07:10",
    }
    assert client.post(address, typed).status_code == 302
    row = HealthReport.objects.get()
    assert (row.channel, row.on_paper, row.received_at - row.true_at) == ("class", True, timedelta(minutes=30))
    leaving = f"/daily/leave/{school.unit()}/"
    sent = {"client_id": str(uuid4()), "person_id": school.pupil(5), "cause": "illness", "left_at": "09:00"}
    refused = client.post(leaving, sent)
    assert (refused.status_code, EarlyLeave.objects.count()) == (422, 0)
    assert client.post(leaving, {**sent, "left_at": "07:39", "fetched_by": "爷爷"}).status_code == 302
    assert "爷爷" in client.get(leaving).content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_in_both_languages(school: Morning, language):
    school.check(marks=[absent(school.pupil(1))], now=MORNING - timedelta(days=1))
    first = school.check(marks=[absent(school.pupil(1)), absent(school.pupil(2), "personal")])
    school.check(marks=[absent(school.pupil(1))], corrects=first.id, reason="到了")
    client = signed_in(school, "nurse")
    client.cookies["lianfang_lang"] = language
    u = school.unit()
    for path in (
        "", f"roll/{u}/morning/", f"roll/{u}/noon/", f"roll/{u}/morning/?day=2026-09-14", f"roll/{u}/morning/sheet/",
        f"report/class/{u}/", f"leave/{u}/", f"changes/{u}/", f"changes/{school.unit('school')}/", f"day/{u}/",
        f"day/{u}/?at=07:00", f"coverage/{school.unit('school')}/", "report/",
    ):  # fmt: skip
        page = client.get(f"/daily/{path}")
        assert page.status_code == 200, path
        if language == "en":
            main = re.sub(r"<[^>]*>", " ", page.content.decode().split("<main")[1].split("</main>")[0])
            left = set(re.findall("[\u3400-\u9fff]{2,}", main))
            named = {p.name for listed in school.d.pupils.values() for p in listed} | {
                "到了",
                "吴芳",
                "陈静",
                "文一路小学",
            }
            assert left - named - {"三年级"} <= {"联防"}, path
    assert client.get(f"/daily/roll/{u}/").status_code == 302
    assert client.get(f"/daily/roll/{school.unit('foreign_class')}/morning/").status_code == 404
    assert client.get("/daily/roll/999999/morning/").status_code == 404
    assert signed_in(school, "guard").get(f"/daily/roll/{u}/morning/").status_code == 403


def test_checks_through_the_api(school: Morning):
    client = signed_in(school, "teacher")
    body = {"unit_id": school.unit(), "day": "2026-09-15", "session": "morning", "all_well": True}
    assert post(client, "checks", body).json()["errors"][0]["field"] == "client_id"
    key = str(uuid4())
    first = post(client, "checks", body, **{"Idempotency-Key": key})
    assert (first.status_code, first.json()["state"], first.json()["figures"]["present"]) == (200, "all_well", 8)
    again = post(client, "checks", {**body, "client_id": key}, **{"X-Client-Now": "1999-01-01T00:00:00+08:00"})
    assert (again.status_code, again.json()) == (200, first.json())
    other = post(client, "checks", {**body, "session": "noon"}, **{"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    batch = [
        {**body, "client_id": str(uuid4()), "session": "noon"},
        {**body, "client_id": str(uuid4()), "unit_id": school.unit("foreign_class")},
        {
            **body,
            "client_id": str(uuid4()),
            "session": "lesson-1",
            "marks": [{"person_id": school.pupil(0, "foreign_class"), "presence": "late"}],
            "all_well": False,
        },
    ]
    answered = post(client, "checks", batch).json()
    assert [r["status"] for r in answered] == [200, 404, 422]
    assert answered[2]["problem"]["errors"][0]["field"] == "marks.0.person_id"
    roll = client.get(f"{API}rolls/{school.unit()}/2026-09-15/morning").json()
    assert (roll["expected"], roll["check_id"], len(roll["rows"])) == (8, first.json()["id"], 8)


def test_reports_through_the_api(school: Morning):
    client = signed_in(school, "mother")
    subjects = client.get(API + "subjects").json()
    assert {s["person_id"] for s in subjects} == {school.pupil(0), school.pupil(1, "class2")}
    sent = {
        "client_id": str(uuid4()),
        "person_id": school.pupil(0),
        "temperature": 38.2,
        "site": "axillary",
        "true_at": "",
    }
    answer = post(client, "reports", sent, **{"X-Client-Now": "nonsense"}).json()
    assert (answer["channel"], answer["unwell"]) == ("guardian", True)
    refused = post(client, "reports", {**sent, "client_id": str(uuid4()), "person_id": school.pupil(3)})
    assert refused.status_code == 404
    wrong = post(client, "reports", {**sent, "client_id": str(uuid4()), "temperature": 55, "symptoms": ["x"]})
    assert (wrong.status_code, {e["field"] for e in wrong.json()["errors"]}) == (422, {"temperature", "symptoms"})
    english = client.post(
        API + "reports", json.dumps({**sent, "client_id": str(uuid4()), "temperature": 55}), "application/json",
        headers={"Cookie": f"sessionid={client.cookies['sessionid'].value}; lianfang_lang=en"},
    )  # fmt: skip
    assert english.status_code in (401, 422)
    naive = post(client, "reports", {**sent, "client_id": str(uuid4()), "true_at": "2026-09-15T07:00:00"})
    assert naive.status_code == 422
    for far in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        assert post(client, "reports", {**sent, "client_id": str(uuid4()), "true_at": far}).status_code == 422
    many = post(
        client, "reports", [{**sent, "client_id": str(uuid4())}, {**sent, "client_id": str(uuid4()), "person_id": 7}]
    ).json()
    assert [r["status"] for r in many] == [200, 404]
    check = {"client_id": str(uuid4()), "unit_id": school.unit(), "day": "2026-09-15", "all_well": True}
    covered = post(signed_in(school, "teacher"), "checks", check)
    assert covered.status_code == 422
    assert {e["field"].split(".")[0] for e in covered.json()["errors"]} == {"answers"}
    assert post(client, "checks", check).status_code == 403
    assert post(Client(), "reports", sent).status_code == 401


def test_looking_through_the_api(school: Morning):
    school.check(marks=[absent(school.pupil(1))])
    nurse, cdc = signed_in(school, "nurse"), signed_in(school, "cdc")
    sent = {"client_id": str(uuid4()), "person_id": school.pupil(2), "unit_id": school.unit(), "cause": "illness"}
    assert post(nurse, "early-leaves", sent).status_code == 200
    changes = nurse.get(f"{API}changes/{school.unit('school')}?day=2026-09-15").json()
    assert [c["kind"] for c in changes[0]["changes"]] == ["new_absence"]
    day = nurse.get(f"{API}days/{school.unit()}/2026-09-15?known_at=2026-09-15T09:00:00%2B08:00").json()
    assert {r["status"] for r in day["rows"]} == {"absent_ill", "left_early", "well"}
    counts = cdc.get(f"{API}coverage/{school.unit('school')}?day=2026-09-15").json()
    assert [(c["expected"], c["sessions"], c["missing"]) for c in counts] == [(8, ["morning"], None), (8, [], None)]
    for path in (
        f"changes/{school.unit('school')}?day=2026-09-15",
        f"days/{school.unit()}/2026-09-15",
        f"rolls/{school.unit()}/2026-09-15/morning",
    ):
        assert cdc.get(API + path).status_code == 403
        assert signed_in(school, "foreign_teacher").get(API + path).status_code == 404
