"""What actions and queries answer to an id that no page ever offered: a unit of the wrong kind, a row of another school, a
person of nobody's family."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from lianfang.daily import queries as daily
from lianfang.daily.actions import ReportItem, print_sheet, submit_reports
from lianfang.daily.perms import REPORT_SUBMIT, ROLL_VIEW
from lianfang.daily.queries.roll import roll_unit
from lianfang.daily.rules import SaidInput
from lianfang.duties import actions as duties
from lianfang.duties.queries import delegations
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import Actor, forget_cached_actors, system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import Account
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from lianfang.people import queries
from lianfang.people.actions import consents
from lianfang.people.models import Consent, Person
from lianfang.people.queries.privacy import privacy_sheet
from lianfang.people.roster import RosterPost, RosterRow
from tests.daily.cast import DAY, MORNING, Morning
from tests.district import TERM

pytestmark = pytest.mark.django_db

NOBODY = Actor(None, "", "test", MORNING)


def client_of(school: Morning, part: str) -> Client:
    client = Client()
    client.force_login(school.d.accounts[part], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("key", ["school", "grade"])
def test_a_unit_without_a_roll_answers_like_a_missing_one(school: Morning, key: str) -> None:
    principal, unit = school.actor("principal"), school.unit(key)
    with pytest.raises(NotFound):
        roll_unit(principal, ROLL_VIEW, unit)
    with pytest.raises(NotFound):
        print_sheet(principal, MORNING, unit_id=unit, session="morning")
    with pytest.raises(NotFound):
        queries.seats_on(principal, unit, DAY)
    with pytest.raises(NotFound):
        people.arrange_seats(principal, MORNING, unit=school.d.units[key], rows=2, columns=2, seats=())


def test_a_sheet_that_nobody_printed(school: Morning) -> None:
    with pytest.raises(NotFound):
        daily.sheet_view(school.actor("teacher"), uuid4(), MORNING)
    with pytest.raises(Forbidden):
        daily.sheet_view(school.actor("mother"), uuid4(), MORNING)


def test_who_has_no_post_says_nothing_about_others(school: Morning) -> None:
    with pytest.raises(Forbidden):
        school.leave("mother", school.pupil(0), said=SaidInput())
    item = ReportItem(actor=NOBODY, client_id=uuid4(), person_id=school.pupil(0), said=SaidInput())
    (refused,) = submit_reports([item])
    assert isinstance(refused, Forbidden) and refused.args == (REPORT_SUBMIT.name,)
    with pytest.raises(Forbidden):
        daily.own_subjects(NOBODY, MORNING)
    with pytest.raises(Forbidden):
        consents.see_notice(NOBODY, MORNING)


def test_an_erased_child_is_nobodys(school: Morning) -> None:
    child = school.pupil(0)
    assert consents.own_or_child(school.actor("mother"), child).pk == child
    Person.objects.filter(pk=child).update(erased_at=MORNING)
    with pytest.raises(NotFound):
        consents.own_or_child(school.actor("mother"), child)


def test_a_family_sees_its_own_words_apart_from_those_of_others(school: Morning) -> None:
    child, other = school.d.pupils["class1"][0], school.d.persons["other_guardian"]
    people.link_guardian(
        school.actor("admin"), MORNING, guardian=other, child=child, relation="father", begins=TERM[0], confirmed=True
    )
    forget_cached_actors()
    for part in ("mother", "other_guardian"):
        consents.say_consent(school.actor(part), MORNING, person_id=child.pk, purpose="tracks", word="given")
    assert Consent.objects.filter(child=child).count() == 2  # each for themselves, also the same word
    consents.say_consent(school.actor("other_guardian"), MORNING, person_id=child.pk, purpose="tracks", word="refused")
    for part, own, others in (("mother", "given", ["refused"]), ("other_guardian", "refused", ["given"])):
        (row,) = [
            row for row in privacy_sheet(school.actor(part), child.pk, MORNING).consents if row.purpose.id == "tracks"
        ]
        assert (row.mine, [said.word for said in row.others]) == (own, others)
    mother = school.actor("mother")
    sheets = [privacy_sheet(mother, pk, MORNING) for pk in (school.d.persons["mother"].pk, child.pk)]
    assert [sheet.own for sheet in sheets] == [True, False]


def test_places_and_buses_of_another_school_are_none(school: Morning) -> None:
    d, admin = school.d, school.actor("admin")
    foreign_admin = school.actor("foreign_admin")
    theirs = people.add_place(foreign_admin, MORNING, unit=d.units["foreign_school"], kind="building", name="甲楼")
    ours = people.add_place(admin, MORNING, unit=d.units["school"], kind="building", name="乙楼")
    bus = people.add_vehicle(
        foreign_admin, MORNING, unit=d.units["foreign_school"], name="一号车", plate="浙A12345", seats=30
    )
    with pytest.raises(NotFound):
        people.add_place(admin, MORNING, unit=d.units["school"], kind="floor", name="一层", parent=theirs)
    with pytest.raises(NotFound):
        people.add_place(
            admin, MORNING, unit=d.units["school"], kind="classroom", name="101", used_by=d.units["foreign_class"]
        )
    with pytest.raises(NotFound):
        people.update_place(admin, MORNING, place=ours, used_by=d.units["foreign_class"])
    with pytest.raises(NotFound):
        people.move_place(admin, MORNING, place=ours, parent=theirs)
    with pytest.raises(NotFound):
        people.update_vehicle(admin, MORNING, vehicle=bus, seats=40)


def test_a_door_and_a_bus_offer_changes_to_who_may_make_them(school: Morning) -> None:
    d, admin = school.d, school.actor("admin")
    place = people.add_place(admin, MORNING, unit=d.units["school"], kind="building", name="乙楼")
    bus = people.add_vehicle(admin, MORNING, unit=d.units["school"], name="一号车", plate="浙A12345", seats=30)
    door, ride = reverse("doors:place", args=[place.uid]), reverse("people:vehicle", args=[bus.pk])
    edit = reverse("people:edit_place", args=[d.units["school"].pk, place.pk])
    offered = {}
    with using_clock(FixedClock(MORNING)):
        for part in ("admin", "nurse"):
            client = client_of(school, part)
            pages = client.get(door), client.get(ride)
            assert [page.status_code for page in pages] == [200, 200]
            offered[part] = edit in pages[0].content.decode(), "<form" in pages[1].content.decode().split("<main")[1]
    assert offered == {"admin": (True, True), "nurse": (False, False)}


def test_no_account_and_no_post_at_another_school(school: Morning) -> None:
    d, admin = school.d, school.actor("admin")
    stranger = people.create_person(school.actor("foreign_admin"), MORNING, name="新老师")
    with pytest.raises(NotFound):
        people.open_account(admin, MORNING, person=stranger)
    row = RosterRow("staff", "新老师", begins=DAY, posts=(RosterPost("homeroom_teacher", d.units["foreign_class"].pk),))
    with pytest.raises(NotFound):
        people.apply_roster(admin, MORNING, institution=d.units["school"], rows=[row])
    with pytest.raises(Forbidden):
        foundation.relate_authority(
            admin, MORNING, authority=d.units["cdc"], capacity="education", begins=DAY, subject=d.units["school"]
        )


def test_an_undeclared_setting_is_missing(school: Morning) -> None:
    with using_clock(FixedClock(MORNING)):
        answer = client_of(school, "admin").put(
            f"/api/foundation/units/{school.unit('school')}/settings/rules.nothing",
            {"value": [], "begins": DAY.isoformat()},
            "application/json",
        )
    assert answer.status_code == 404


def test_who_has_no_account_was_asked_nothing(school: Morning) -> None:
    with pytest.raises(NotFound):
        duties.answer_change(NOBODY, MORNING, change_id=1, accept=True)
    with pytest.raises(NotFound):
        duties.take_back_change(NOBODY, MORNING, change_id=1)


def test_whoever_may_look_at_no_board_has_no_overview(school: Morning) -> None:
    d = school.d
    cdc = client_of(school, "cdc")
    with using_clock(FixedClock(MORNING)):
        assert cdc.get("/overview/").status_code == 302
        d.units["bureau"].authority_over.update(ends=DAY - timedelta(days=1))  # whose board the CDC receives
        forget_cached_actors()
        assert cdc.get("/overview/").status_code == 404
        assert cdc.get("/install").status_code == 404  # there only while `up --https` runs


def test_a_page_of_a_person_shows_what_lies_within_reach(school: Morning) -> None:
    """The mother has a child in each class; the teacher of this school has a post at another; an administrator of
    another school has a child here."""
    d = school.d

    def sheet(part: str, person: Person) -> queries.PersonSheet:
        return queries.person_sheet(school.actor(part), person.pk, DAY)

    mother, child = d.persons["mother"], d.pupils["class1"][3]
    wards = [{w.child_id for w in sheet(part, mother).wards} for part in ("teacher", "principal")]
    assert wards == [{school.pupil(0)}, {school.pupil(0), school.pupil(1, "class2")}]
    system = system_actor("test", MORNING)
    people.assign_post(
        system, MORNING, person=d.persons["teacher"], unit=d.units["foreign_school"], role="staff", begins=TERM[0]
    )
    assert {post.unit.name for post in sheet("admin", d.persons["teacher"]).posts} == {"三（1）班"}
    people.link_guardian(
        system, MORNING, guardian=d.persons["foreign_admin"], child=child, relation="father", begins=TERM[0],
        confirmed=True,
    )  # fmt: skip
    forget_cached_actors()
    for part, may in (("admin", True), ("foreign_admin", False)):
        seen = sheet(part, child)
        assert (seen.may_manage, seen.may_confirm, seen.may_open_account) == (may, may, may)


def test_slips_for_staff_are_for_who_gives_posts(school: Morning) -> None:
    d = school.d
    post = people.NewPost(d.units["class1"].pk, "subject_teacher", DAY)
    staff = people.invite_staff(school.actor("admin"), MORNING, unit=d.units["class1"], name="新老师", posts=[post])
    foreign = people.NewPost(d.units["foreign_class"].pk, "subject_teacher", DAY)
    with pytest.raises(NotFound):
        people.invite_staff(school.actor("admin"), MORNING, unit=d.units["class1"], name="新老师", posts=[foreign])
    people.invite_class(school.actor("teacher"), MORNING, unit=d.units["class1"])
    people.invite_class(school.actor("teacher2"), MORNING, unit=d.units["class2"])
    kinds = {
        part: sorted(
            row.invitation.kind for row in queries.invitations(school.actor(part), school.unit("class1"), MORNING)[1]
        )
        for part in ("teacher", "admin")
    }
    assert kinds == {"teacher": ["guardian"], "admin": ["guardian", "staff"]}
    assert queries.invitation_for(school.actor("admin"), staff.invitation.pk).pk == staff.invitation.pk
    for part in ("teacher", "foreign_admin"):
        with pytest.raises(NotFound):
            queries.invitation_for(school.actor(part), staff.invitation.pk)
    assert queries.open_invitations_by_class(school.actor("teacher"), MORNING) == {school.unit("class1"): 1}
    home = reverse("people:inviting")
    with using_clock(FixedClock(MORNING)):
        assert client_of(school, "teacher").get(home).status_code == 302  # straight to the own class
        listed = client_of(school, "admin").get(home).context["rows"]
    assert {unit.name for unit, _open in listed} == {"文一路小学", "三（1）班", "三（2）班"}


def test_deputies_are_arranged_for_ones_own_post(school: Morning) -> None:
    """A colleague with the same post at the same school is no way to give it away."""
    d = school.d
    people.assign_post(
        system_actor("test", MORNING), MORNING, person=d.persons["guard"], unit=d.units["school"], role="school_nurse",
        begins=TERM[0],
    )  # fmt: skip
    forget_cached_actors()

    def given(by: str, whose: str) -> None:
        duties.delegate(
            school.actor(by), MORNING, unit_id=school.unit("school"), role="school_nurse",
            from_account_id=d.accounts[whose].pk, to_account_id=d.accounts["teacher"].pk, begins=DAY,
            ends=DAY + timedelta(days=1), reason="外出",
        )  # fmt: skip

    with pytest.raises((Forbidden, NotFound)):
        given("guard", "nurse")
    with pytest.raises((Forbidden, NotFound)):
        given("teacher2", "teacher2")  # not their post
    given("nurse", "nurse")
    concerned = [len(delegations(school.actor(part), MORNING)) for part in ("nurse", "teacher", "teacher2", "admin")]
    assert concerned == [1, 1, 0, 1]


def test_what_one_may_is_listed_and_nothing_else(school: Morning) -> None:
    with using_clock(FixedClock(MORNING)):
        may = {
            part: set(client_of(school, part).get("/api/foundation/me").json()["permissions"])
            for part in ("mother", "teacher")
        }
        foundation.issue_token(system_actor("test", MORNING), MORNING, school.d.accounts["nurse"], "sync")
        assert client_of(school, "teacher").get("/api/foundation/tokens").json() == []
        Account.objects.filter(username="nurse").update(must_change_password=True)
        owed = [client_of(school, p).get("/api/foundation/password").json()["owed"] for p in ("teacher", "nurse")]
    assert owed == [False, True]
    assert {"daily.report.own"} <= may["mother"] < may["teacher"]
    assert ROLL_VIEW.name in may["teacher"] and "people.account.open" not in may["teacher"]


def test_the_account_page_shows_ones_own_ways_to_sign_in(school: Morning) -> None:
    """Somebody else of the school has an authenticator app, codes, a passkey, an identity and a session."""
    other = school.d.accounts["nurse"]
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES, Authenticator.Type.WEBAUTHN)
    rows = [Authenticator.objects.create(user=other, type=kind, data={}) for kind in kinds]
    SocialAccount.objects.create(user=other, provider="school", uid="nurse-at-the-city")
    UserSession.objects.create(
        user=other, session_key="x" * 32, ip="192.0.2.7", user_agent="her phone", created_at=MORNING
    )
    client = client_of(school, "teacher")
    with using_clock(FixedClock(MORNING)):
        shown = client.get("/account").context
        assert (shown["app"], shown["codes"], shown["passkeys"], shown["identities"]) == (None, None, [], [])
        assert not [row for row, _device, _here in shown["sessions"] if row.user_id == other.pk]
        for page in ("/account/authenticator/remove", "/account/codes"):
            answer = client.get(page)
            assert (answer.status_code, answer["Location"]) == (302, "/account"), page
        assert client.get(f"/account/passkeys/{rows[2].pk}/remove").status_code == 404
        assert client.post(f"/account/passkeys/{rows[2].pk}/remove").status_code == 404
        assert client.get("/welcome").status_code == 404  # there until somebody can sign in
    assert Authenticator.objects.filter(user=other).count() == 3


def test_a_roster_of_shifts_leads_to_the_chase_only_who_may_chase(school: Morning) -> None:
    page = reverse("duties:roster", args=[school.unit("school")])
    with using_clock(FixedClock(MORNING)):
        shown = {
            part: reverse("duties:chase") in client_of(school, part).get(page).content.decode().split("<main")[1]
            for part in ("guard", "principal")
        }
    assert shown == {"guard": False, "principal": True}


def test_a_pupil_sees_who_their_guardians_are(school: Morning) -> None:
    d, child = school.d, school.d.pupils["class1"][0]
    d.accounts["pupil"], _secret = people.open_account(
        system_actor("test", MORNING), MORNING, person=child, username="pupil"
    )
    (link,) = queries.person_sheet(school.actor("pupil"), child.pk, DAY).guardians
    assert link.guardian == d.persons["mother"]


def test_the_only_roll_opens_at_once_for_whose_it_is_to_call(school: Morning) -> None:
    with using_clock(FixedClock(MORNING)):
        shown = {
            part: client_of(school, part).get("/daily/").status_code for part in ("lesson_teacher", "training_reporter")
        }
    assert shown == {"lesson_teacher": 302, "training_reporter": 200}
