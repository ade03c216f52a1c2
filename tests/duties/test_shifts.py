"""Duty rosters: who is on shift holds the post, changes hands, is on post, hands over; duties follow."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client

from lianfang.comms.models import Delivery
from lianfang.duties import actions, holders, jobs, queries
from lianfang.duties.models import Duty, HandOver, Shift, ShiftChange
from lianfang.foundation.actor import forget_cached_actors, system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.models import Grant, JournalEntry
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from tests.duties.roster import DAY_SLOT, LEADERS, NIGHT, TUESDAY, at, plan, school, shift_on

WEDNESDAY = TUESDAY + timedelta(days=1)
THURSDAY = TUESDAY + timedelta(days=2)


@pytest.fixture
def d(db):
    forget_cached_actors()
    yield school()
    forget_cached_actors()


def book(d, now):
    unit = d.units["school"]
    accounts = holders.book([unit], ["leader_on_duty"], now).at(unit.pk, "leader_on_duty")
    return [part for a in accounts for part in d.accounts if d.accounts[part].pk == a]


def raised(now):
    jobs.raise_duties(system_actor("test", now), now)
    return Duty.objects.filter(kind="leader-on-post").order_by("due_at")


def ask(d, part, shift, now=None, **how):
    now = now or at("06:10")
    return actions.ask_change(d.actor(part, now), now, shift_id=shift.pk, **how)


def answer(d, part, change, now=None, accept=True):
    now = now or at("06:20")
    return actions.answer_change(d.actor(part, now), now, change_id=change.pk, accept=accept)


def test_a_plan_gives_out_school_days_and_the_hour_decides_who_holds_the_post(d):
    row = plan(d)
    shifts = list(Shift.objects.order_by("begins").values_list("day", "account__username"))
    assert [s[1] for s in shifts] == ["leader", "nurse", "reporter", "leader", "nurse"]
    assert date(2026, 9, 19) not in [s[0] for s in shifts]  # a Saturday
    assert book(d, at("06:59")) == ["leader", "nurse", "reporter"]  # no shift: everybody in post
    assert book(d, at("07:00")) == ["leader"]
    assert book(d, at("18:59", WEDNESDAY)) == ["nurse"]
    assert JournalEntry.objects.get(action="duties.shifts.planned").subject_id == str(row.pk)


def test_duties_and_reminders_go_to_whoever_is_on_shift(d):
    plan(d)
    (duty,) = raised(at("06:30"))
    assert (duty.period, duty.opens_at, duty.due_at) == ("2026-09-15T07:00", at("07:00"), at("07:15"))
    jobs.raise_duties(system_actor("test", at("06:31")), at("06:31"))
    assert Duty.objects.filter(kind="leader-on-post").count() == 1
    jobs.sweep(system_actor("test", at("07:16")), at("07:16"))
    told = set(Delivery.objects.filter(notice__link=f"/duties/{duty.pk}/").values_list("account__username", flat=True))
    assert told == {"leader"}
    owed = {p: [o.kind for o in queries.owed_by(d.actor(p, at("07:16")), at("07:16"))] for p in LEADERS}
    assert "leader-on-post" in owed["leader"] and "leader-on-post" not in owed["nurse"]


def test_on_post_is_confirmed_in_time_late_or_not_at_all_and_the_bureau_sees_it(d):
    plan(d)
    for day, clock, part in ((TUESDAY, "07:05", "leader"), (WEDNESDAY, "07:40", "nurse")):
        raised(at("06:30", day))
        now = at(clock, day)
        actions.confirm_on_post(d.actor(part, now), now, shift_id=shift_on(day).pk)
    raised(at("06:30", THURSDAY))
    now = at("09:00", THURSDAY)
    officer = d.actor("officer", now)
    states = [
        queries.chase_list(officer, now, day=day, kind="leader-on-post").counts
        for day in (TUESDAY, WEDNESDAY, THURSDAY)
    ]
    assert [sorted(c, key=c.__getitem__)[-1] for c in states] == ["done", "done_late", "overdue"]
    (rate,) = queries.on_time_rates(officer, now, kind="leader-on-post", first=TUESDAY, last=THURSDAY)
    assert rate.on_time == pytest.approx(1 / 3)
    assert queries.chase_list(d.actor("foreign_officer", now), now, day=TUESDAY, kind="leader-on-post").total == 0


def test_being_on_post_before_the_job_ran_counts(d):
    plan(d)
    actions.confirm_on_post(d.actor("leader", at("06:30")), at("06:30"), shift_id=shift_on(TUESDAY).pk)
    (duty,) = raised(at("06:40"))
    assert duty.done_at == at("06:30")
    with pytest.raises(Conflict):
        actions.confirm_on_post(d.actor("nurse", at("06:30")), at("06:30"), shift_id=shift_on(WEDNESDAY).pk)
    with pytest.raises(NotFound):
        actions.confirm_on_post(d.actor("nurse", at("06:30")), at("06:30"), shift_id=shift_on(TUESDAY).pk)


def test_a_swap_changes_hands_when_it_is_accepted(d):
    plan(d)
    mine, theirs = shift_on(TUESDAY), shift_on(WEDNESDAY)
    change = ask(d, "leader", mine, other_id=theirs.pk, reason="外出")
    assert book(d, at("08:00")) == ["leader"]
    with pytest.raises(Conflict):
        ask(d, "leader", mine, other_id=theirs.pk)
    with pytest.raises(NotFound):
        answer(d, "reporter", change)
    answer(d, "nurse", change)
    assert (book(d, at("08:00")), book(d, at("08:00", WEDNESDAY))) == (["nurse"], ["leader"])
    assert not Grant.objects.filter(source__startswith="shift:").exists()  # both hold the post anyway
    with pytest.raises(Conflict):
        answer(d, "nurse", change)
    actions_done = set(JournalEntry.objects.filter(action__startswith="duties.shift.").values_list("action", flat=True))
    assert actions_done == {"duties.shift.change_asked", "duties.shift.changed"}


def test_who_is_asked_sees_the_shift_and_the_roster_only_by_right(d):
    plan(d)
    shift = shift_on(TUESDAY)
    ask(d, "leader", shift, to_account_id=d.accounts["teacher"].pk)
    link = f"/duties/shifts/of/{d.units['school'].pk}/?day="
    with using_clock(FixedClock(at("06:15"))):
        for part, offered in (("leader", True), ("nurse", True), ("teacher", False)):
            client = Client()
            client.force_login(d.accounts[part], "django.contrib.auth.backends.ModelBackend")
            page = client.get(f"/duties/shifts/{shift.pk}/")
            assert (page.status_code, link in page.content.decode()) == (200, offered), part


def test_a_swap_that_is_declined_or_taken_back_changes_nothing(d):
    plan(d)
    change = ask(d, "leader", shift_on(TUESDAY), other_id=shift_on(WEDNESDAY).pk)
    assert answer(d, "nurse", change, accept=False).outcome == "declined"
    change = ask(d, "leader", shift_on(TUESDAY), to_account_id=d.accounts["grade_head"].pk)
    now = at("06:30")
    actions.take_back_change(d.actor("leader", now), now, change_id=change.pk)
    with pytest.raises(Conflict):
        answer(d, "grade_head", change)
    assert book(d, at("08:00")) == ["leader"]


def test_a_stand_in_without_the_post_has_its_right_for_these_hours(d):
    plan(d)
    answer(d, "grade_head", ask(d, "leader", shift_on(TUESDAY), to_account_id=d.accounts["grade_head"].pk))
    assert book(d, at("08:00")) == ["grade_head"]
    grant = Grant.objects.get(source=f"shift:{shift_on(TUESDAY).pk}")
    assert (grant.begins, grant.ends) == (at("07:00"), at("19:00"))
    forget_cached_actors()
    assert "leader_on_duty" in d.actor("grade_head", at("08:00")).roles
    assert "leader_on_duty" not in d.actor("grade_head", at("19:00")).roles
    raised(at("06:30"))
    assert "leader-on-post" in [o.kind for o in queries.owed_by(d.actor("grade_head", at("07:01")), at("07:01"))]


def test_an_order_ends_a_right_that_another_change_gave(d):
    plan(d)
    shift = shift_on(TUESDAY)
    answer(d, "grade_head", ask(d, "leader", shift, to_account_id=d.accounts["grade_head"].pk))
    waiting = ask(d, "nurse", shift_on(WEDNESDAY), other_id=shift_on(THURSDAY).pk)
    now = at("10:00")  # in the middle of the shift
    order = {"shift_id": shift.pk, "to_account_id": d.accounts["nurse"].pk, "reason": "突发疾病"}
    with pytest.raises(Forbidden):
        actions.order_change(d.actor("leader", now), now, **order)
    actions.order_change(d.actor("admin", now), now, **order)
    assert book(d, at("10:01")) == ["nurse"]
    assert Grant.objects.get(source=f"shift:{shift.pk}").ends == now
    assert ShiftChange.objects.get(pk=waiting.pk).outcome == ""  # another shift's request is not touched
    told = Delivery.objects.filter(notice__text_key="duties.shift_ordered").values_list("account__username", flat=True)
    assert set(told) == {"grade_head", "nurse"}


@pytest.mark.parametrize(
    "how, code",
    [
        ({"to": "mother"}, "not_in_post"),
        ({"to": "foreign_teacher"}, "not_in_post"),
        ({"to": "leader"}, "same_person"),
        ({}, "required"),
        ({"to": "nurse", "reason": "长" * 201}, "too_long"),
    ],
)
def test_whom_a_shift_cannot_go_to(d, how, code):
    plan(d)
    to = d.accounts[how["to"]].pk if "to" in how else None
    with pytest.raises(Invalid) as refused:
        ask(d, "leader", shift_on(TUESDAY), to_account_id=to, reason=how.get("reason", ""))
    assert refused.value.errors[0].code == code
    assert not ShiftChange.objects.exists()


def test_a_delegation_goes_over_the_shift_of_the_one_who_is_away_only(d):
    plan(d)
    now = at("06:05")
    actions.delegate(
        d.actor("leader", now),
        now,
        unit_id=d.units["school"].pk,
        role="leader_on_duty",
        from_account_id=d.accounts["leader"].pk,
        to_account_id=d.accounts["teacher"].pk,
        begins=TUESDAY,
        ends=THURSDAY,
    )
    assert book(d, at("08:00")) == ["teacher"]
    assert book(d, at("08:00", WEDNESDAY)) == ["nurse"]


@pytest.mark.parametrize(
    "changes, field, code",
    [
        ({"role": "principal"}, "role", "unknown"),
        ({"last": TUESDAY - timedelta(days=1)}, "last", "before_begin"),
        ({"last": TUESDAY + timedelta(days=200)}, "last", "too_long"),
        ({"begins": date(2026, 9, 1), "last": date(2026, 9, 2)}, "last", "past"),
        ({"slots": ()}, "slots", "required"),
        ({"slots": (DAY_SLOT, DAY_SLOT)}, "slots", "overlap"),
        ({"people": ()}, "people", "required"),
        ({"begins": date(2026, 9, 19), "last": date(2026, 9, 20)}, "days", "none"),
    ],
)
def test_plans_that_cannot_be(d, changes, field, code):
    with pytest.raises(Invalid) as refused:
        plan(d, **changes)
    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]
    assert not Shift.objects.exists()


def test_a_plan_names_who_is_not_in_post_and_does_not_overlap_another(d):
    post = d.persons["nurse"].posts.get(role="leader_on_duty")
    people.end_post(system_actor("test", at("06:00")), at("06:00"), post=post, ends=WEDNESDAY)
    with pytest.raises(Invalid, match="not_in_post") as refused:
        plan(d)
    assert "吴芳（09-16）" in refused.value.errors[0].message
    only = tuple(d.accounts[p].pk for p in ("leader", "reporter"))
    plan(d, people=only)
    with pytest.raises(Conflict):
        plan(d, people=only, slots=(NIGHT, DAY_SLOT))
    with pytest.raises(Forbidden):
        actions.plan_shifts(
            d.actor("nurse", at("06:00")),
            at("06:00"),
            unit_id=d.units["school"].pk,
            plan=None,  # type: ignore[arg-type]
        )


def test_two_plans_at_once_do_not_overlap(transactional_db):
    from lianfang.foundation.apps import seed

    seed("default")
    forget_cached_actors()
    d = school()
    gate, outcomes = threading.Barrier(2), []

    def run():
        try:
            gate.wait()
            plan(d)
            outcomes.append("planned")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["planned", "refused"]
    assert Shift.objects.count() == 5


def test_shifts_follow_the_calendar(d):
    plan(d)
    now = at("06:10")
    admin = d.actor("admin", now)
    people.declare_day(admin, now, unit=d.units["school"], day=WEDNESDAY, kind="holiday", reason="台风")
    people.declare_day(admin, now, unit=d.units["school"], day=date(2026, 9, 19), kind="makeup", reason="补课")
    assert actions.shifts_follow_calendar(admin, now, unit=d.units["school"]) == (1, 1)
    assert not Shift.objects.filter(day=WEDNESDAY, cancelled_at=None).exists()
    assert (
        shift_on(date(2026, 9, 19)).account.username == "nurse"
    )  # who lost the holiday has the fewest, and comes first in the order
    assert actions.shifts_follow_calendar(admin, now, unit=d.units["school"]) == (0, 0)


def test_a_withdrawn_plan_cancels_what_has_not_begun_and_excuses_its_duties(d):
    row = plan(d)
    raised(at("06:30", WEDNESDAY))
    now = at("06:40", WEDNESDAY)
    assert actions.withdraw_plan(d.actor("admin", now), now, plan_id=row.pk) == 4
    duty = Duty.objects.get(kind="leader-on-post", day=WEDNESDAY)
    assert duty.excused_at == now and duty.excuse
    assert Shift.objects.filter(cancelled_at=None).count() == 1
    plan(d, now, begins=WEDNESDAY)  # the hours are free again


def test_the_week_shows_empty_doubled_and_missing_hours(d):
    plan(d)
    plan(d, role="school_nurse", people=(d.accounts["nurse"].pk,))
    post = d.persons["reporter"].posts.get(role="leader_on_duty")
    people.end_post(system_actor("test", at("06:00")), at("06:00"), post=post, ends=THURSDAY)
    Shift.objects.filter(day=date(2026, 9, 18), role="leader_on_duty").update(cancelled_at=at("06:00"))
    now = at("08:00")
    found = queries.roster(d.actor("principal", now), now, d.units["school"].pk, TUESDAY)
    leaders = {day.day: day for role in found.roles if role.role == "leader_on_duty" for day in role.days}
    assert leaders[WEDNESDAY].lines[0].doubled  # the nurse is leader and nurse at once
    assert leaders[THURSDAY].lines[0].empty
    assert leaders[date(2026, 9, 18)].gaps == ((at("07:00", date(2026, 9, 18)), at("19:00", date(2026, 9, 18))),)
    assert {r.role for r in found.on_duty} == {"leader_on_duty", "school_nurse"} and found.problems >= 4
    assert book(d, at("08:00", THURSDAY)) == ["leader", "nurse"]  # an empty shift does not leave nobody


def test_hand_over_is_written_and_seen_by_the_next(d):
    plan(d)
    shift = shift_on(TUESDAY)
    now = at("18:50")
    with pytest.raises(NotFound):
        actions.hand_over(d.actor("nurse", now), now, shift_id=shift.pk, text="x")
    for text, error in (("", Invalid), ("长" * 2001, Invalid)):
        with pytest.raises(error):
            actions.hand_over(d.actor("leader", now), now, shift_id=shift.pk, text=text)
    note = actions.hand_over(d.actor("leader", now), now, shift_id=shift.pk, text="三楼水管待修")
    later = at("06:50", WEDNESDAY)
    assert [n.text for n in queries.own_shifts(d.actor("nurse", later), later).notes] == ["三楼水管待修"]
    with pytest.raises(NotFound):
        actions.acknowledge(d.actor("reporter", later), later, note_id=note.pk)
    actions.acknowledge(d.actor("nurse", later), later, note_id=note.pk)
    seen = HandOver.objects.get(pk=note.pk)
    assert (seen.seen_at, seen.seen_by.username) == (later, "nurse")
    assert not queries.own_shifts(d.actor("nurse", later), later).notes
    entry = JournalEntry.objects.get(action="duties.shift.handed_over")
    assert "水管" not in str(entry.payload.body)


def test_a_note_is_read_by_both_shifts_and_who_plans_not_by_whoever_was_asked(d):
    plan(d)
    shift, now = shift_on(TUESDAY), at("06:10")
    teacher, teacher2 = d.accounts["teacher"].pk, d.accounts["teacher2"].pk
    actions.order_change(
        d.actor("admin", now), now, shift_id=shift_on(WEDNESDAY).pk, to_account_id=teacher, reason="病假"
    )
    change = ask(d, "leader", shift, to_account_id=teacher2, reason="家里有事")
    actions.take_back_change(d.actor("leader", now), now, change_id=change.pk)
    ask(d, "leader", shift, to_account_id=teacher, reason="家里有事")
    later = at("07:30")
    actions.hand_over(d.actor("leader", later), later, shift_id=shift.pk, text="三楼水管待修")
    seen = {
        part: queries.shift_detail(d.actor(part, later), later, shift.pk)
        for part in ("leader", "teacher", "teacher2", "admin")
    }
    assert {part: len(detail.notes) for part, detail in seen.items()} == {
        "leader": 1, "teacher": 1, "teacher2": 0, "admin": 1,
    }  # fmt: skip
    assert [part for part, detail in seen.items() if detail.may_acknowledge] == ["teacher"]
    assert [part for part, detail in seen.items() if detail.mine] == ["leader"]
    with pytest.raises(NotFound):
        queries.shift_detail(d.actor("foreign_teacher", later), later, shift.pk)


def test_nobody_is_told_what_they_did_themselves(d):
    people.assign_post(
        system_actor("test", at("05:00")), at("05:00"), person=d.persons["principal"], unit=d.units["school"],
        role="leader_on_duty", begins=TUESDAY,
    )  # fmt: skip
    plan(d, people=(d.accounts["principal"].pk, d.accounts["nurse"].pk))
    now, shift = at("06:10"), shift_on(TUESDAY)
    actions.order_change(
        d.actor("principal", now), now, shift_id=shift.pk, to_account_id=d.accounts["reporter"].pk, reason="外出开会"
    )
    told = Delivery.objects.filter(notice__text_key="duties.shift_ordered")
    assert set(told.values_list("account__username", flat=True)) == {"reporter"}
