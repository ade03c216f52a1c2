"""Notices, consents, requests, copies, looks and erasure as a family and a school meet them."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from lianfang.comms.models import Delivery
from lianfang.config.wiring import READERS
from lianfang.daily.actions import ReportItem, submit_report
from lianfang.daily.models import HealthReport
from lianfang.daily.rules import SaidInput
from lianfang.duties.models import Duty
from lianfang.foundation import journal
from lianfang.foundation.access import record_look
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.files import read_file
from lianfang.foundation.permissions import permission
from lianfang.foundation.readers import run_reader
from lianfang.kernel.clock import FixedClock
from lianfang.people.actions import consents as saying
from lianfang.people.actions import privacy
from lianfang.people.models import Consent, NoticeSeen, Person
from lianfang.people.queries import consents
from lianfang.people.queries import privacy as queries
from tests.district import DAY, MORNING, make_district

LATER = MORNING + timedelta(days=2)


@pytest.fixture
def d(db):
    forget_cached_actors()
    with using_clock(FixedClock(MORNING)):
        yield make_district(4)
    forget_cached_actors()


def child_of(d):
    return d.pupils["class1"][0]


def say(d, part, word, now=MORNING):
    return saying.say_consent(d.actor(part, now), now, person_id=child_of(d).pk, purpose="tracks", word=word)


def reported(d, part="mother", now=MORNING):
    item = ReportItem(
        actor=d.actor(part, now), client_id=uuid.uuid4(), person_id=child_of(d).pk, said=SaidInput(), track="去过外婆家"
    )
    return HealthReport.objects.get(pk=submit_report(item).id)


def test_places_visited_are_kept_only_after_consent_and_the_report_is_taken_all_the_same(d):
    assert reported(d).track is None
    say(d, "mother", "given")
    assert consents.allows(child_of(d).pk, "tracks", DAY)
    assert reported(d, now=MORNING + timedelta(minutes=1)).track == "去过外婆家"
    say(d, "mother", "withdrawn", MORNING + timedelta(minutes=2))
    assert reported(d, now=MORNING + timedelta(minutes=3)).track is None
    assert reported(d, "teacher", MORNING + timedelta(minutes=4)).track is None
    assert consents.allows(child_of(d).pk, "tracks", DAY, MORNING + timedelta(minutes=1))
    assert not consents.allows(child_of(d).pk, "tracks", DAY)
    assert [row.word for row in Consent.objects.order_by("pk")] == ["given", "withdrawn"]


def test_consent_is_a_matter_of_the_family_alone(d):
    for part, wrong in (("teacher", NotFound), ("other_guardian", NotFound), ("admin", NotFound)):
        with pytest.raises((wrong, Forbidden)):
            say(d, part, "given")
    with pytest.raises(Invalid):
        saying.say_consent(d.actor("mother"), MORNING, person_id=child_of(d).pk, purpose="health-check", word="refused")
    assert consents.allows(child_of(d).pk, "health-check", DAY)
    with pytest.raises(KeyError):
        consents.allows(child_of(d).pk, "habit", DAY)


def test_the_notice_is_recorded_once_per_version(d):
    assert saying.see_notice(d.actor("mother"), MORNING) is not None
    assert saying.see_notice(d.actor("mother"), LATER) is None
    assert NoticeSeen.objects.get().version == consents.notice_version()


def test_who_looked_when_in_which_role_and_why(d):
    nurse = d.actor("nurse")
    record_look(nurse, permission("daily.roll.view"), "person", [(child_of(d).pk, d.units["class1"].pk)])
    look = queries.privacy_sheet(d.actor("mother"), child_of(d).pk, MORNING).looks[0]
    assert (look.at, look.who, look.roles, look.unit) == (MORNING, "吴芳", ["school_nurse"], "三（1）班")
    assert look.purpose is not None and look.purpose.id == "health-check"
    for part in ("other_guardian", "teacher"):
        with pytest.raises(NotFound):
            queries.privacy_sheet(d.actor(part), child_of(d).pk, MORNING)


def test_a_request_is_a_duty_of_the_school_answered_in_words_and_told(d):
    asked = privacy.ask_about_data(
        d.actor("mother"), MORNING, person_id=child_of(d).pk, kind="correct", text="出生日期不对"
    )
    reader = next(r for r in READERS if r.name == "duties.requests")
    journal.seal(MORNING)
    run_reader(reader, MORNING)
    duty = Duty.objects.get(kind="data-request")
    assert (duty.unit, duty.holder_role, duty.due_at) == (
        d.units["school"],
        "system_admin",
        MORNING + timedelta(days=15),
    )
    with pytest.raises(NotFound):
        privacy.answer_request(d.actor("foreign_admin"), LATER, request_id=asked.pk, decision="done", answer="好")
    with pytest.raises(Forbidden):
        privacy.answer_request(d.actor("teacher"), LATER, request_id=asked.pk, decision="done", answer="好")
    admin = d.actor("admin", LATER)
    privacy.answer_request(admin, LATER, request_id=asked.pk, decision="done", answer="已按户口本改好。")
    with pytest.raises(Conflict):
        privacy.answer_request(admin, LATER, request_id=asked.pk, decision="declined", answer="再说")
    journal.seal(LATER)
    run_reader(reader, LATER)
    duty.refresh_from_db()
    assert duty.done_at == LATER
    told = Delivery.objects.filter(account=d.accounts["mother"], notice__text_key="people.request_answered")
    assert told.exists()
    report = queries.year_report(d.actor("admin", LATER), d.units["school"].pk, 2026)
    assert (report.requests, report.answer_days) == ({"done": 1}, 2.0)


def test_a_copy_holds_ones_own_and_ones_children_and_no_formula(d):
    privacy.ask_about_data(d.actor("mother"), MORNING, person_id=child_of(d).pk, kind="ask", text="=HYPERLINK(1)")
    say(d, "mother", "given")
    copy = privacy.copy_own_data(d.actor("mother"), MORNING)
    box = zipfile.ZipFile(io.BytesIO(read_file(copy.file)))
    content = json.loads(box.read("data.json"))
    assert len(content["persons"]) == 3
    text = json.dumps(content, ensure_ascii=False)
    assert child_of(d).name in text and d.pupils["class1"][1].name not in text
    book = CalamineWorkbook.from_filelike(io.BytesIO(box.read("data.xlsx")))
    cells = [c for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for c in row]
    assert child_of(d).name in cells
    assert not [c for c in cells if isinstance(c, str) and c.startswith(("=", "+", "@"))]
    with pytest.raises(NotFound):
        queries.copy_file(d.actor("other_guardian"), copy.pk)
    for _n in range(2):
        privacy.copy_own_data(d.actor("mother"), MORNING)
    with pytest.raises(Conflict):
        privacy.copy_own_data(d.actor("mother"), MORNING)
    assert privacy.copy_own_data(d.actor("other_guardian"), MORNING)
    assert privacy.copy_own_data(d.actor("mother", LATER), LATER)


def test_who_still_belongs_loses_only_what_is_voluntary(d):
    say(d, "mother", "given")
    kept = reported(d)
    admin = d.actor("admin")
    with pytest.raises(NotFound):
        privacy.erase_person(d.actor("foreign_admin"), MORNING, person_id=child_of(d).pk, reason="家长要求")
    with pytest.raises(Invalid):
        privacy.erase_person(admin, MORNING, person_id=child_of(d).pk, reason=" ")
    done = privacy.erase_person(admin, MORNING, person_id=child_of(d).pk, reason="家长要求")
    assert (done.whole, done.removed) == (False, {"tracks.places": 1})
    assert "roster.identity" in done.held_back
    kept.refresh_from_db()
    assert kept.track is None and Person.objects.get(pk=child_of(d).pk).name
    with pytest.raises(Conflict, match="仍在校"):
        privacy.erase_person(admin, MORNING, person_id=d.pupils["class1"][3].pk, reason="家长要求")


def test_an_institution_shortens_a_term_on_its_page_and_sees_what_would_go(d):
    client = Client()
    client.force_login(d.accounts["admin"], "django.contrib.auth.backends.ModelBackend")
    url = f"/people/privacy/units/{d.units['school'].pk}/retention/"
    assert client.post(url, {"item": "tracks.places", "days": 31}).status_code == 422
    assert client.post(url, {"item": "tracks.places", "days": 10}).status_code == 302
    assert "已缩短" in client.get(url).content.decode()
    listed = client.get(f"/api{url[:-1]}").json()
    assert not {"account.identity", "audit.sign-ins"} & {row["item"] for row in listed["items"]}  # of no unit
    assert client.post(url, {"item": "audit.sign-ins", "days": 200}).status_code == 422
    year = f"/people/privacy/units/{d.units['school'].pk}/year.xlsx?year=2026"
    assert CalamineWorkbook.from_filelike(io.BytesIO(client.get(year).content)).sheet_names
    assert client.get("/people/privacy/units/").status_code == 302


def test_my_data_lists_the_children_then_oneself_and_nobody_else(d):
    for part, children in (("mother", [*d.pupils["class1"][:1], *d.pupils["class2"][1:2]]), ("teacher", [])):
        client = Client()
        client.force_login(d.accounts[part], "django.contrib.auth.backends.ModelBackend")
        listed = client.get("/people/privacy/").context["persons"]
        expected = [(child.pk, False) for child in children] + [(d.persons[part].pk, True)]
        assert sorted((p.pk, own) for p, own in listed[:-1]) == sorted(expected[:-1])
        assert [(p.pk, own) for p, own in listed[-1:]] == expected[-1:]


def test_everybody_may_read_what_is_kept(d):
    page = Client().get("/people/privacy/purposes/")
    assert page.status_code == 200 and "法定职责" in page.content.decode()
    answer = Client().get("/api/people/privacy/purposes").json()
    assert {"tracks", "health-check"} <= {item["id"] for item in answer["items"]}
