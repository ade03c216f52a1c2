"""Joining: slips, claims and their answer; what bad input gets; nothing half-done."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lianfang.comms.models import Delivery
from lianfang.config.wiring import READERS
from lianfang.foundation.actor import load_actor, system_actor
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.journal import seal, verify
from lianfang.foundation.models import Account, JournalEntry, JournalPayload
from lianfang.foundation.readers import run_reader
from lianfang.people import actions, joining, queries
from lianfang.people.actions import NewPost, NewSignIn
from lianfang.people.jobs import end_accounts
from lianfang.people.models import GuardianClaim, Guardianship, Invitation, Person, Post, WrongCode
from tests.people.cast import NOW, PASSWORD, TODAY

pytestmark = pytest.mark.django_db
SOURCE = "10.0.0.9"


def slip_for(cast, who="wang", by="teacher", unit="klass"):
    actor = cast.actor(by)
    return actions.invite_guardians(actor, NOW, unit=getattr(cast, unit), children=[cast.persons[who].pk])[0]


def open_with(code, now=NOW):
    return actions.find_invitation(now, code=code, source=SOURCE)


def accept(cast, slip, *, child="王一诺", name="王大明", username="wangdaming", actor=None, relation="father", now=NOW):
    return actions.accept_as_guardian(
        actor,
        now,
        invitation=slip.invitation,
        child_name=child,
        relation=relation,
        name=name,
        sign_in=None if actor else NewSignIn(username, PASSWORD),
    )


def tell(now):
    """Let the notices go out."""
    seal(now)
    run_reader(next(reader for reader in READERS if reader.name == "comms.joining"), now)


def codes(refused):
    return {(error.field, error.code) for error in refused.value.errors}


def test_from_slip_to_confirmed_guardian(cast):
    slip = slip_for(cast)
    assert open_with(slip.shown.lower()).pk == slip.invitation.pk
    joined = accept(cast, slip)
    father = load_actor(joined.account, NOW)
    assert father.family == frozenset()
    assert [claim.pk for claim in queries.own_claims(father)] == [joined.claim.pk]
    assert queries.own_claims(cast.actor("mother")) == []
    with pytest.raises(NotFound):
        queries.person_sheet(father, cast.persons["wang"].pk, TODAY)
    assert [row.claim.pk for row in queries.claims_to_answer(cast.actor("teacher"))] == [joined.claim.pk]
    actions.confirm_claim(cast.actor("teacher"), NOW, claim=joined.claim)
    joined.account.refresh_from_db()
    father = load_actor(joined.account, NOW)
    assert father.family == {cast.persons["wang"].pk}
    assert queries.person_sheet(father, cast.persons["wang"].pk, TODAY).person.name == "王一诺"
    tell(NOW)
    told = Delivery.objects.filter(channel="in_app").values_list("account__username", "notice__text_key")
    assert set(told) == {("teacher", "comms.claim_waits"), ("wangdaming", "comms.claim_confirmed")}


def test_the_code_is_kept_nowhere(cast, caplog):
    with caplog.at_level("DEBUG"):
        slip = slip_for(cast)
        accept(cast, slip)
    kept = [str(row) for model in (Invitation, JournalPayload, GuardianClaim) for row in model.objects.values()]
    assert not [row for row in kept if slip.code in row]
    assert slip.code not in caplog.text
    assert slip.code not in repr(slip)
    assert not list(verify())


def test_a_slip_works_once(cast):
    slip = slip_for(cast)
    accept(cast, slip)
    before = (Person.objects.count(), Account.objects.count(), JournalEntry.objects.count())
    with pytest.raises(Invalid) as refused:
        accept(cast, slip, name="别人", username="bieren")
    assert codes(refused) == {("code", "used")}
    with pytest.raises(Invalid) as refused:
        open_with(slip.code)
    assert codes(refused) == {("code", "used")}
    assert before == (Person.objects.count(), Account.objects.count(), JournalEntry.objects.count())


WRONG = [
    ("child", {"child": "王一一"}, {("child", "differs")}),
    ("no child", {"child": " "}, {("child", "required")}),
    ("long child", {"child": "长" * 61}, {("child", "required")}),
    ("relation", {"relation": "aunt"}, {("relation", "unknown")}),
    ("name", {"name": "=1+1"}, {("name", "characters")}),
    ("login name", {"username": "a b"}, {("username", "length")}),
    ("long login name", {"username": "x" * 61}, {("username", "length")}),
    ("login name taken", {"username": "teacher"}, {("username", "taken")}),
]


@pytest.mark.parametrize("given, found", [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_answers_leave_the_slip_open(cast, given, found):
    slip = slip_for(cast)
    before = (Person.objects.count(), Account.objects.count())
    with pytest.raises(Invalid) as refused:
        accept(cast, slip, **given)
    assert codes(refused) == found
    assert before == (Person.objects.count(), Account.objects.count())
    assert open_with(slip.code)


def test_a_weak_password_is_refused_and_nothing_is_kept(cast):
    slip = slip_for(cast)
    with pytest.raises(Invalid) as refused:
        actions.accept_as_guardian(
            None,
            NOW,
            invitation=slip.invitation,
            child_name="王一诺",
            relation="father",
            name="王大明",
            sign_in=NewSignIn("wangdaming", "12345"),
        )
    assert {error.field for error in refused.value.errors} == {"password"}
    assert not Account.objects.filter(username="wangdaming").exists()


def test_expired_and_taken_back(cast):
    slip = slip_for(cast)
    with pytest.raises(Invalid) as refused:
        accept(cast, slip, now=NOW + timedelta(days=14))
    assert codes(refused) == {("code", "expired")}
    actions.revoke_invitation(cast.actor("teacher"), NOW, invitation=slip.invitation)
    for now in (NOW, NOW + timedelta(days=30)):
        with pytest.raises(Invalid) as refused:
            open_with(slip.code, now)
        assert codes(refused) == {("code", "revoked")}


def test_guessing_codes_has_to_wait(cast):
    for _n in range(joining.MOST_WRONG):
        with pytest.raises(Invalid):
            open_with("ABCDE-FGH23")
    slip = slip_for(cast)
    with pytest.raises(actions.TooManyCodes):
        open_with(slip.code)
    assert actions.find_invitation(NOW, code=slip.code, source="10.0.0.10")
    assert open_with(slip.code, NOW + timedelta(minutes=16))
    assert SOURCE not in str(list(WrongCode.objects.values()))


def test_who_may_invite_confirm_and_revoke(cast):
    slip = slip_for(cast)
    joined = accept(cast, slip)
    for stranger in ("other_teacher", "stranger", "trainer"):
        actor = cast.actor(stranger)
        for attempt in (
            lambda a: actions.invite_guardians(a, NOW, unit=cast.klass),
            lambda a: actions.invite_class(a, NOW, unit=cast.klass),
            lambda a: actions.confirm_claim(a, NOW, claim=joined.claim),
            lambda a: actions.refuse_claim(a, NOW, claim=joined.claim, reason="不认识"),
            lambda a: actions.revoke_invitation(a, NOW, invitation=slip.invitation),
            lambda a: queries.invitations(a, cast.klass.pk, NOW),
        ):
            with pytest.raises(NotFound):
                attempt(actor)
        assert not queries.waiting_claims(actor).exists()
    for nobody in ("mother", "nurse", "officer"):
        with pytest.raises(Forbidden):
            actions.confirm_claim(cast.actor(nobody), NOW, claim=joined.claim)
    with pytest.raises(NotFound):  # a pupil of another class has no slip in this one
        actions.invite_guardians(cast.actor("admin"), NOW, unit=cast.klass, children=[cast.persons["zhang"].pk])
    with pytest.raises(Forbidden):
        actions.invite_staff(
            cast.actor("teacher"),
            NOW,
            unit=cast.klass,
            name="新人",
            posts=[NewPost(cast.klass.pk, "subject_teacher", TODAY)],
        )


def test_refused_with_a_reason_and_tried_again_with_another_slip(cast):
    joined = accept(cast, slip_for(cast))
    teacher = cast.actor("teacher")
    with pytest.raises(Invalid):
        actions.refuse_claim(teacher, NOW, claim=joined.claim, reason=" ")
    with pytest.raises(Invalid):
        actions.refuse_claim(teacher, NOW, claim=joined.claim, reason="长" * 201)
    actions.refuse_claim(teacher, NOW, claim=joined.claim, reason="电话核实不是本人")
    with pytest.raises(Conflict):
        actions.confirm_claim(teacher, NOW, claim=joined.claim)
    father = load_actor(joined.account, NOW)
    assert [claim.reason for claim in queries.own_claims(father)] == ["电话核实不是本人"]
    again = accept(cast, slip_for(cast), actor=father)
    assert not again.is_new
    with pytest.raises(Conflict):  # it waits already
        accept(cast, slip_for(cast), actor=father)
    actions.confirm_claim(teacher, NOW, claim=again.claim)
    with pytest.raises(Conflict):  # it is so already
        accept(cast, slip_for(cast), actor=load_actor(Account.objects.get(pk=joined.account.pk), NOW))


def test_parents_who_live_apart_do_not_see_each_other(cast):
    mother, father = (
        accept(cast, slip_for(cast), name=name, username=username, relation=relation)
        for name, username, relation in (("许兰", "xulan", "mother"), ("王大明", "wangdaming", "father"))
    )
    for joined in (mother, father):
        actions.confirm_claim(cast.actor("teacher"), NOW, claim=joined.claim)
    seen = {}
    for joined in (mother, father):
        actor = load_actor(Account.objects.get(pk=joined.account.pk), NOW)
        seen[joined.account.username] = [
            link.guardian.name for link in queries.person_sheet(actor, cast.persons["wang"].pk, TODAY).guardians
        ]
    assert seen == {"xulan": ["许兰"], "wangdaming": ["王大明"]}
    by_teacher = queries.person_sheet(cast.actor("teacher"), cast.persons["wang"].pk, TODAY).guardians
    assert {link.guardian.name for link in by_teacher} == {"许兰", "王大明"}


def test_one_account_for_children_in_two_schools(cast):
    joined = accept(cast, slip_for(cast))
    actions.confirm_claim(cast.actor("teacher"), NOW, claim=joined.claim)
    father = load_actor(Account.objects.get(pk=joined.account.pk), NOW)
    there = slip_for(cast, "foreign", by="stranger", unit="foreign_class")
    second = accept(cast, there, child="陈晨", actor=father)
    assert second.account.pk == joined.account.pk
    actions.confirm_claim(cast.actor("stranger"), NOW, claim=second.claim)
    father = load_actor(Account.objects.get(pk=joined.account.pk), NOW)
    assert father.family == {cast.persons["wang"].pk, cast.persons["foreign"].pk}
    end = Guardianship.objects.get(child=cast.persons["wang"])
    actions.end_guardian(cast.actor("teacher"), NOW, guardianship=end, ends=TODAY)
    assert Account.objects.get(pk=joined.account.pk).is_active
    end = Guardianship.objects.get(child=cast.persons["foreign"])
    actions.end_guardian(cast.actor("stranger"), NOW, guardianship=end, ends=TODAY)
    assert not Account.objects.get(pk=joined.account.pk).is_active


def test_a_guardian_whom_the_school_knows_is_not_made_twice(cast):
    actions.register_guardian(
        cast.actor("teacher"), NOW, child=cast.persons["wang"], name="王大明", relation="father", begins=TODAY
    )
    known = Guardianship.objects.get(child=cast.persons["wang"]).guardian
    joined = accept(cast, slip_for(cast))
    assert load_actor(joined.account, NOW).family == frozenset()
    actions.confirm_claim(cast.actor("teacher"), NOW, claim=joined.claim)
    known.refresh_from_db()
    assert known.account_id == joined.account.pk
    assert Guardianship.objects.filter(child=cast.persons["wang"], ends=None).count() == 1
    assert load_actor(Account.objects.get(pk=joined.account.pk), NOW).family == {cast.persons["wang"].pk}


def test_a_known_guardian_with_a_child_elsewhere_is_not_taken_over(cast):
    """The class teacher answers for their class alone: who is also written down at another school stays another."""
    system = system_actor("test", NOW)
    for child in ("wang", "foreign"):
        actions.register_guardian(
            system,
            NOW,
            child=cast.persons[child],
            name="王大明",
            relation="father",
            begins=TODAY,
            phone="13900001111",
        )
    joined = accept(cast, slip_for(cast))
    actions.confirm_claim(cast.actor("teacher"), NOW, claim=joined.claim)
    assert load_actor(Account.objects.get(pk=joined.account.pk), NOW).family == {cast.persons["wang"].pk}


def test_a_slip_for_a_child_that_left_the_class_opens_nothing(cast):
    slip = slip_for(cast)
    actions.move_member(
        cast.actor("admin"), NOW, membership=cast.memberships["wang"], to_unit=cast.other_class, on=TODAY
    )
    with pytest.raises(Invalid) as refused:
        accept(cast, slip)
    assert codes(refused) == {("code", "left")}


def test_a_class_code_leaves_the_choice_of_the_child_to_the_teacher(cast):
    slip = actions.invite_class(cast.actor("teacher"), NOW, unit=cast.klass)
    first = accept(cast, slip, child="王 一诺")
    second = accept(cast, slip, child="王以诺", name="许兰", username="xulan")
    assert first.claim.child == cast.persons["wang"]
    assert second.claim.child is None
    with pytest.raises(Invalid) as refused:
        actions.confirm_claim(cast.actor("teacher"), NOW, claim=second.claim)
    assert codes(refused) == {("child", "required")}
    with pytest.raises(Invalid) as refused:
        actions.confirm_claim(cast.actor("teacher"), NOW, claim=second.claim, child=cast.persons["zhang"])
    assert codes(refused) == {("child", "left")}
    actions.confirm_claim(cast.actor("teacher"), NOW, claim=second.claim, child=cast.persons["wang"])
    assert Guardianship.objects.filter(child=cast.persons["wang"]).count() == 1


def test_staff_take_up_their_posts(cast):
    posts = [
        NewPost(cast.klass.pk, "subject_teacher", TODAY),
        NewPost(cast.school.pk, "leader_on_duty", date(2026, 10, 1)),
    ]
    slip = actions.invite_staff(cast.actor("admin"), NOW, unit=cast.school, name="赵新", posts=posts)
    with pytest.raises(Invalid) as refused:
        actions.accept_as_staff(
            None, NOW, invitation=slip.invitation, name="赵旧", sign_in=NewSignIn("zhaoxin", PASSWORD)
        )
    assert codes(refused) == {("name", "differs")}
    with pytest.raises(Conflict):  # somebody else is signed in
        actions.accept_as_staff(cast.actor("teacher"), NOW, invitation=slip.invitation)
    joined = actions.accept_as_staff(
        None, NOW + timedelta(days=2), invitation=slip.invitation, name="赵新", sign_in=NewSignIn("zhaoxin", PASSWORD)
    )
    held = Post.objects.filter(person__account=joined.account).order_by("begins")
    assert [(post.role, post.begins) for post in held] == [
        ("subject_teacher", TODAY + timedelta(days=2)),
        ("leader_on_duty", date(2026, 10, 1)),
    ]
    assert load_actor(joined.account, NOW + timedelta(days=2)).roles == {"subject_teacher"}


def test_a_post_that_somebody_else_holds_keeps_the_whole_invitation_open(cast):
    slip = actions.invite_staff(
        cast.actor("admin"),
        NOW,
        unit=cast.klass,
        name="赵新",
        posts=[NewPost(cast.klass.pk, "homeroom_teacher", TODAY)],
    )
    with pytest.raises(Invalid) as refused:
        actions.accept_as_staff(
            None, NOW, invitation=slip.invitation, name="赵新", sign_in=NewSignIn("zhaoxin", PASSWORD)
        )
    assert codes(refused) == {("role", "single")}
    assert not Person.objects.filter(name="赵新").exists()
    assert open_with(slip.code)


def test_an_account_without_anything_ends_but_not_while_a_claim_waits(cast):
    joined = accept(cast, slip_for(cast))
    system = system_actor("people.accounts", NOW)
    end_accounts(system, NOW + timedelta(days=100))
    assert Account.objects.get(pk=joined.account.pk).is_active
    actions.refuse_claim(cast.actor("teacher"), NOW, claim=joined.claim, reason="不是本人")
    end_accounts(system, NOW + timedelta(days=29))
    assert Account.objects.get(pk=joined.account.pk).is_active
    end_accounts(system, NOW + timedelta(days=31))
    assert not Account.objects.get(pk=joined.account.pk).is_active


RESETS = [
    ("admin", "teacher", None),
    ("principal", "admin", None),
    ("teacher", "mother", None),
    ("teacher", "nurse", NotFound),
    ("teacher", "teacher", Forbidden),
    ("other_teacher", "mother", NotFound),
    ("stranger", "teacher", NotFound),
    ("nurse", "mother", Forbidden),
    ("mother", "mother", Forbidden),
]


@pytest.mark.parametrize("who, whose, refusal", RESETS)
def test_who_resets_whose_sign_in(cast, who, whose, refusal):
    person = cast.persons[whose]
    if refusal is None:
        secret = actions.reset_sign_in(cast.actor(who), NOW, person=person, reason="手机丢失")
        account = Person.objects.get(pk=person.pk).account
        assert account is not None
        assert account.must_change_password
        assert account.check_password(secret)
        entry = JournalEntry.objects.get(action="people.sign_in.reset")
        assert entry.payload.body == {"account": account.pk, "reason": "手机丢失"}
    else:
        with pytest.raises(refusal):
            actions.reset_sign_in(cast.actor(who), NOW, person=person, reason="手机丢失")


def test_a_guardian_with_a_post_elsewhere_is_reset_by_nobody_here(cast):
    system = system_actor("test", NOW)
    actions.assign_post(
        system, NOW, person=cast.persons["mother"], unit=cast.bureau, role="county_officer", begins=TODAY
    )
    for who in ("teacher", "admin"):
        with pytest.raises(Forbidden):
            actions.reset_sign_in(cast.actor(who), NOW, person=cast.persons["mother"], reason="手机丢失")


def test_a_reset_is_told_to_the_person(cast):
    actions.reset_sign_in(cast.actor("teacher"), NOW, person=cast.persons["mother"], reason="手机丢失")
    tell(NOW)
    told = Delivery.objects.get(channel="in_app")
    assert (told.account.username, told.notice.text_key) == ("mother", "comms.sign_in_reset")
    assert told.notice.params == {"by": "李静"}
