"""The pages and the API of people: who sees what, what is masked, how many queries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import Account
from lianfang.people import actions
from lianfang.people.models import CalendarException, Guardianship, Membership, Person, Place, Post
from tests.people.cast import NOW, TODAY, id_number

SYSTEM = system_actor("test", NOW)
NUMBER = id_number(sequence=121)

PAGES = [
    ("/people/", {"admin": 200, "teacher": 200, "mother": 403, "officer": 403}),
    ("/people/units/{klass}/", {"admin": 200, "teacher": 200, "other_teacher": 404, "stranger": 404, "mother": 403}),
    ("/people/units/{foreign_class}/", {"admin": 404, "teacher": 404, "stranger": 200}),
    ("/people/units/999999/", {"admin": 404}),
    ("/people/persons/{lin}/", {"admin": 200, "teacher": 200, "mother": 200, "other_teacher": 404, "outsider": 404}),
    ("/people/persons/{foreign}/", {"admin": 404, "teacher": 404, "mother": 404, "stranger": 200}),
    ("/people/persons/{mother}/", {"admin": 200, "teacher": 200, "mother": 200, "stranger": 404}),
    ("/people/persons/{lin}/edit/", {"admin": 200, "teacher": 403, "stranger": 404}),
    ("/people/persons/new/", {"admin": 200, "teacher": 403}),
    ("/people/calendar/{school}/", {"admin": 200, "teacher": 404, "officer": 200, "mother": 403}),
    ("/people/calendar/{klass}/", {"teacher": 200}),
    ("/people/calendar/", {"admin": 302, "officer": 200, "teacher": 302}),
    ("/people/places/{klass}/", {"teacher": 200, "other_teacher": 404}),
    ("/people/places/{school}/", {"admin": 200, "nurse": 200, "stranger": 404, "officer": 403}),
    ("/people/places/", {"admin": 302}),
    ("/api/people/units", {"admin": 200, "mother": 403}),
    ("/api/people/units/{klass}/members", {"admin": 200, "teacher": 200, "stranger": 404}),
    ("/api/people/persons", {"admin": 200, "mother": 200}),
    ("/api/people/persons/{lin}", {"admin": 200, "mother": 200, "outsider": 404, "stranger": 404}),
    ("/api/people/calendar/{school}", {"admin": 200, "stranger": 404, "mother": 403}),
    ("/api/people/places/{school}", {"admin": 200, "stranger": 404}),
]


def address(cast, text):
    units = {name: value.pk for name, value in vars(cast).items() if hasattr(value, "path")}
    return text.format(**units, **{name: person.pk for name, person in cast.persons.items()})


def test_who_may_open_what(cast, signed_in):
    clients = {name: signed_in(name) for name in cast.persons if Person.objects.get(pk=cast.persons[name].pk).account}
    found = {(url, who): clients[who].get(address(cast, url)).status_code for url, answers in PAGES for who in answers}
    assert found == {(url, who): status for url, answers in PAGES for who, status in answers.items()}


def test_numbers_are_masked_on_page_and_api(cast, signed_in):
    actions.update_person(SYSTEM, NOW, person=cast.persons["lin"], phone="13912345678")
    client = signed_in("admin")
    for url in (
        "/people/persons/{lin}/",
        "/people/persons/{lin}/edit/",
        "/people/units/{klass}/",
        "/api/people/persons/{lin}",
    ):
        text = client.get(address(cast, url)).content.decode()
        assert NUMBER not in text, url
        assert "13912345678" not in text, url
    assert "139****5678" in client.get(address(cast, "/people/persons/{lin}/")).content.decode()


def _found(client, rows: str, typed: str):
    token = {"X-CSRFToken": client.get("/api/csrf").json()["csrf_token"]}
    body = {"q": typed}
    answer = client.post(f"/api/people/{rows}/search", body, content_type="application/json", headers=token)
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.parametrize("typed", ["林小", " 林 小雨", NUMBER, "20260101"])
def test_finding_somebody_by_name_number_or_whole_id_number(cast, signed_in, typed):
    answer = _found(signed_in("admin"), f"units/{cast.school.pk}/members", typed)
    assert [item["name"] for item in answer["items"]] == ["林小雨"]


def test_part_of_an_id_number_finds_nobody(cast, signed_in):
    assert _found(signed_in("admin"), f"units/{cast.school.pk}/members", NUMBER[:10])["count"] == 0
    assert _found(signed_in("stranger"), "persons", NUMBER)["count"] == 0


def test_the_roster_looks_for_what_is_posted(cast, signed_in):
    """In an address it would be kept by histories and proxies, so there it finds nothing and is not shown."""
    client, url = signed_in("admin"), f"/people/units/{cast.school.pk}/"
    posted = client.post(url, {"q": "林小雨", "kind": "student"}).content.decode()
    assert 'value="林小雨"' in posted
    assert "没有找到" in client.post(url, {"q": "查无此人"}).content.decode()
    assert "查无此人" not in client.get(url, {"q": "查无此人"}).content.decode()


def test_another_unit_of_the_child_is_counted_not_named(cast, signed_in):
    actions.add_membership(
        SYSTEM, NOW, person=cast.persons["lin"], unit=cast.course, kind="student", begins=TODAY, number="Q1"
    )
    page = signed_in("teacher").get(address(cast, "/people/persons/{lin}/")).content.decode()
    assert "书法初级班" not in page
    assert "另有 1 条记录" in page
    assert "书法初级班" in signed_in("mother").get(address(cast, "/people/persons/{lin}/")).content.decode()


LISTS = ["/people/", "/people/units/{school}/", "/people/places/{school}/", "/people/calendar/{school}/",
         "/api/people/units", "/api/people/units/{school}/members", "/api/people/persons"]  # fmt: skip


@pytest.mark.parametrize("url", LISTS)
def test_the_number_of_queries_of_a_list_does_not_grow(cast, signed_in, url):
    client = signed_in("admin")
    client.get(address(cast, url))

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address(cast, url)).status_code == 200
        return len(seen)

    before = queries()
    for n in range(25):
        row = actions.enrol_person(
            SYSTEM, NOW, name=f"孩子{chr(0x4E00 + n)}", unit=cast.klass, kind="student", begins=TODAY, number=f"N{n}"
        )
        place = actions.add_place(SYSTEM, NOW, unit=cast.school, kind="dormitory", name=f"{n} 室", used_by=cast.klass)
        actions.occupy(SYSTEM, NOW, person=row.person, place=place, begins=TODAY)
        actions.declare_day(
            SYSTEM, NOW, unit=cast.school, day=TODAY + timedelta(days=n), kind="holiday", reason="运动会"
        )
    assert queries() == before


def test_enrolling_on_the_page_and_its_errors(cast, signed_in):
    client = signed_in("admin")
    form = {"unit": cast.klass.pk, "name": "黄蕾", "number": "20260109", "begins": "2026-09-15", "sex": "unknown",
            "id_type": "resident_id", "id_number": id_number(sequence=124)}  # fmt: skip
    bad = client.post("/people/persons/new/", {**form, "id_number": NUMBER})
    assert bad.status_code == 422
    assert "已经登记" in bad.content.decode()
    good = client.post("/people/persons/new/", form)
    row = Membership.objects.get(number="20260109")
    assert (good.status_code, good["Location"]) == (302, f"/people/persons/{row.person_id}/")


def test_the_changes_of_a_persons_page(cast, signed_in):
    admin, lin = signed_in("admin"), cast.persons["lin"]
    row = cast.memberships["lin"]
    assert admin.post(f"/people/persons/{lin.pk}/edit/", {"name": "林晓雨"}).status_code == 302
    lin.refresh_from_db()
    assert (lin.name, lin.id_number) == ("林晓雨", NUMBER), "an empty field leaves the number as it is"
    moved = {"to_unit": cast.other_class.pk, "on": "2026-09-15"}
    assert signed_in("stranger").post(f"/people/memberships/{row.pk}/move/", moved).status_code == 404
    assert admin.post(f"/people/memberships/{row.pk}/move/", {**moved, "on": "2026-01-01"}).status_code == 422
    assert admin.post(f"/people/memberships/{row.pk}/move/", moved).status_code == 302
    new = Membership.objects.get(person=lin, ends=None)
    assert new.unit == cast.other_class
    guardian = {"name": "林爸爸", "relation": "father", "phone": "13811138111"}
    assert signed_in("other_teacher").post(f"/people/persons/{lin.pk}/guardians/", guardian).status_code == 302
    assert Guardianship.objects.filter(child=lin).exclude(confirmed_at=None).count() == 2
    assert admin.post(f"/people/memberships/{new.pk}/end/", {"ends": "2026-09-16"}).status_code == 302
    assert admin.get(f"/people/memberships/{new.pk}/end/").status_code == 405


def test_posts_and_accounts_on_the_page(cast, signed_in):
    admin, wang = signed_in("admin"), cast.persons["nurse"]
    post = {"unit": cast.school.pk, "role": "leader_on_duty", "begins": "2026-09-15"}
    assert admin.post(f"/people/persons/{wang.pk}/posts/", {**post, "role": "homeroom_teacher"}).status_code == 422
    assert admin.post(f"/people/persons/{wang.pk}/posts/", post).status_code == 302
    for row in Post.objects.filter(person=wang):
        assert admin.post(f"/people/posts/{row.pk}/end/", {"ends": "2026-09-15"}).status_code == 302
    assert not Account.objects.get(username="nurse").is_active
    assert admin.post(f"/people/persons/{wang.pk}/account/").status_code in (200, 404)
    opened = admin.post(f"/people/persons/{cast.persons['lin'].pk}/account/")
    assert opened.status_code == 200
    assert opened["Cache-Control"] == "no-store"
    account = Account.objects.get(person=cast.persons["lin"])
    assert account.check_password(opened.context["secret"])


def test_the_calendar_page_declares_days_and_terms(cast, signed_in):
    admin = signed_in("admin")
    url = f"/people/calendar/{cast.school.pk}/"
    day = {"day": "2026-10-01", "kind": "holiday", "reason": "国庆节"}
    assert signed_in("teacher").post(url + "days/", day).status_code == 403
    assert admin.post(url + "days/", {**day, "reason": ""}).status_code == 422
    assert admin.post(url + "days/", day).status_code == 302
    assert admin.post(url + "terms/", {"name": "秋季", "begins": "2026-09-01", "last": "2027-01-20"}).status_code == 302
    answer = admin.get(f"/api/people/calendar/{cast.klass.pk}", {"first": "2026-09-30", "last": "2026-10-01"}).json()
    assert [(d["is_school_day"], d["basis"]) for d in answer["items"]] == [(True, "term"), (False, "exception")]
    assert "国庆节" in admin.get(url, {"month": "2026-10"}).content.decode()
    assert admin.get(url, {"month": "never"}).status_code == 200
    assert CalendarException.objects.count() == 1


def test_the_places_page_adds_and_changes(cast, signed_in):
    admin = signed_in("admin")
    url = f"/people/places/{cast.school.pk}/"
    assert admin.post(url + "add/", {"name": "教学楼", "kind": "building"}).status_code == 302
    house = Place.objects.get(name="教学楼")
    room = {"name": "301", "kind": "classroom", "parent": house.pk, "capacity": 50, "used_by": cast.klass.pk}
    assert admin.post(url + "add/", {**room, "area_m2": "-1"}).status_code == 422
    assert admin.post(url + "add/", room).status_code == 302
    made = Place.objects.get(name="301")
    assert made.path == f"/{house.pk}/{made.pk}/"
    assert admin.post(url + "add/", room).status_code == 422, "twice the same name in one house"
    assert admin.post(f"{url}{made.pk}/", {"name": "301 室", "kind": "classroom"}).status_code == 302
    assert signed_in("stranger").post(f"{url}{made.pk}/", {"name": "x", "kind": "gate"}).status_code == 404


def test_places_are_changed_and_moved_within_ones_own_institution(cast):
    place = actions.add_place(SYSTEM, NOW, unit=cast.school, kind="building", name="实验楼")
    for part, refusal in (("stranger", NotFound), ("teacher", Forbidden)):
        with pytest.raises(refusal):
            actions.update_place(cast.actor(part), NOW, place=place, name="别人的楼")
        with pytest.raises(refusal):
            actions.move_place(cast.actor(part), NOW, place=place, parent=None)
    place.refresh_from_db()
    assert place.name == "实验楼"
    assert actions.update_place(cast.actor("admin"), NOW, place=place, name="科技楼").name == "科技楼"


def test_the_api_does_what_the_pages_do(cast, signed_in):
    admin = signed_in("admin")

    def send(url, body, status, method="post"):
        answer = getattr(admin, method)(f"/api/people{url}", body, content_type="application/json")
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    new = {"name": "黄蕾", "unit_id": cast.klass.pk, "begins": "2026-09-15", "number": "20260110"}
    person = send("/persons", new, 201)
    assert person["memberships"][0]["unit"] == "三年级（1）班"
    problem = send("/persons", {**new, "name": "张3"}, 422)
    assert {e["field"] for e in problem["errors"]} == {"name"}
    send("/persons", {**new, "unit_id": cast.foreign_class.pk}, 404)
    send("/persons", {**new, "name": "a\0b"}, 422)
    send(f"/persons/{person['id']}", {"phone": "13900001111"}, 200, "patch")
    send(f"/persons/{cast.persons['foreign'].pk}", {"name": "x"}, 404, "patch")
    link = send(
        f"/persons/{person['id']}/guardians", {"name": "黄父", "relation": "father", "begins": "2026-09-15"}, 201
    )
    send(f"/guardians/{link['id']}/confirm", {}, 200)
    send(f"/guardians/{link['id']}/end", {"ends": "2026-09-16"}, 200)
    row = person["memberships"][0]["id"]
    moved = send(f"/memberships/{row}/move", {"to_unit_id": cast.other_class.pk, "on": "2026-09-16"}, 200)
    send(f"/memberships/{moved['id']}/end", {"ends": "2026-09-20"}, 200)
    send(
        f"/persons/{person['id']}/memberships",
        {"unit_id": cast.dormitory.pk, "kind": "resident", "begins": "2026-09-16"},
        201,
    )
    nurse = cast.persons["nurse"].pk
    post = send(
        f"/persons/{nurse}/posts", {"unit_id": cast.school.pk, "role": "leader_on_duty", "begins": "2026-09-15"}, 201
    )
    send(f"/posts/{post['id']}/end", {"ends": "2026-09-18"}, 200)
    assert len(send(f"/persons/{person['id']}/account", {}, 201)["one_time_password"]) == 12
    send(f"/persons/{person['id']}/account", {}, 422)
    send(f"/calendar/{cast.school.pk}/days", {"day": "2026-10-01", "kind": "holiday", "reason": "国庆节"}, 201)
    send(f"/calendar/{cast.school.pk}/terms", {"name": "秋季", "begins": "2026-09-01", "ends": "2027-01-21"}, 201)
    place = send(f"/places/{cast.school.pk}", {"kind": "building", "name": "教学楼"}, 201)
    send(f"/places/{cast.school.pk}", {"kind": "classroom", "name": "301", "parent_id": place["id"]}, 201)
    send(f"/places/{cast.school.pk}", {"kind": "volcano", "name": "302"}, 422)
    span = admin.get(f"/api/people/calendar/{cast.school.pk}", {"first": "2026-01-01", "last": "2028-01-01"})
    assert span.status_code == 422
    assert date(2026, 9, 15) == TODAY
