"""Owing, fulfilling, reopening, excusing, the calendar's word, delegations."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.comms.models import Delivery, Notice
from lianfang.duties import actions, jobs, queries, rules
from lianfang.duties.models import Duty, DutyStep
from lianfang.duties.planning import DutyKey
from lianfang.duties.templates import declare_link, kind_for_report, kinds_for_session, packs_for
from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.journal import seal
from lianfang.foundation.models import Realm
from lianfang.foundation.readers import Reader, run_reader
from lianfang.foundation.realm import in_realm
from lianfang.people.actions import declare_day
from lianfang.rulepacks import packs
from tests.duties.cast import MONDAY, SATURDAY, county, local, system

CHECK = "class-morning-check"
READER = Reader("duties.calendar", {"people.calendar.changed": jobs.on_calendar_changed})


@pytest.fixture
def morning(cast):
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    return cast


def duty_of(cast, unit="三年级1班", kind=CHECK):
    return Duty.objects.get(kind=kind, unit=cast.unit(unit))


def key(cast, unit="三年级1班", kind=CHECK, day=MONDAY):
    return DutyKey(kind, cast.unit(unit).pk, day.isoformat())


def states(now):
    return {d.unit.name: queries.state_of(d, now).value for d in Duty.objects.filter(kind=CHECK).select_related("unit")}


@pytest.mark.django_db
class TestFulfil:
    def test_late_follows_from_when_we_received_it(self, morning):
        actor = morning.actor("teacher1", local("8:31"))
        assert actions.fulfil(actor, local("8:31"), [key(morning), key(morning, "三年级2班")]) == 2
        assert actions.fulfil(actor, local("9:00"), [key(morning)]) == 0
        assert duty_of(morning).done_at == local("8:31")
        assert states(local("9:00")) == {"三年级1班": "done_late", "三年级2班": "done_late", "五年级1班": "overdue"}

    def test_what_was_withdrawn_is_owed_again_with_the_steps_to_come(self, morning):
        jobs.sweep(system(local("8:20")), local("8:20"))
        actions.fulfil(system(local("8:25")), local("8:25"), [key(morning)])
        assert actions.reopen(system(local("8:27")), local("8:27"), [key(morning)], "填错班级") == 1
        duty = duty_of(morning)
        assert (duty.done_at, duty.step, duty.next_step_at) == (None, 1, local("8:30"))
        jobs.sweep(system(local("8:30")), local("8:30"))
        assert DutyStep.objects.filter(duty=duty, outcome="sent").count() == 2

    def test_the_number_of_queries_does_not_grow_with_keys(self, morning, django_assert_max_num_queries):
        for number in range(3, 33):
            morning.add_unit(f"三年级{number}班", "三年级", "class", "class", order=number)
        jobs.raise_duties(system(local("00:02")), local("00:02"))
        keys = [key(morning, u.name) for u in morning.units.values() if u.kind == "class"]
        with django_assert_max_num_queries(8):
            assert actions.fulfil(system(local("8:00")), local("8:00"), keys) == 33


@pytest.mark.django_db
class TestCalendar:
    def declare(self, cast, kind, day=MONDAY, unit="第一小学", at="7:30"):
        principal = cast.actor("principal", local(at))
        declare_day(principal, local(at), unit=cast.unit(unit), day=day, kind=kind, reason="暴雨停课")
        seal(local(at))
        run_reader(READER, local(at))

    def test_a_day_declared_later_excuses_what_is_open_and_says_why(self, morning):
        actions.fulfil(system(local("7:00")), local("7:00"), [key(morning, "三年级2班")])
        self.declare(morning, "suspension")
        assert states(local("9:00")) == {"三年级1班": "excused", "三年级2班": "done", "五年级1班": "overdue"}
        fact = duty_of(morning).excuse_fact
        assert fact == {"day": "2026-03-02", "basis": "exception", "declared": "suspension", "source": "暴雨停课"}
        jobs.sweep(system(local("12:00")), local("12:00"))
        assert not Notice.objects.filter(unit=morning.unit("三年级1班")).exists()

    def test_taken_back_it_is_owed_again(self, morning):
        self.declare(morning, "suspension")
        self.declare(morning, "withdrawn", at="7:40")
        assert states(local("7:45"))["三年级1班"] == "open"
        assert duty_of(morning).next_step_at == local("8:20")

    def test_a_makeup_day_raises_its_duties_at_once(self, cast):
        now = local("7:30", SATURDAY)
        principal = cast.actor("principal", now)
        declare_day(principal, now, unit=cast.unit("第一小学"), day=SATURDAY, kind="makeup", reason="调休")
        seal(now)
        run_reader(READER, now)
        assert Duty.objects.filter(day=SATURDAY).count() == 4

    def test_what_a_person_excused_stays_excused(self, morning):
        principal = morning.actor("principal", local("7:00"))
        actions.excuse_duty(principal, local("7:00"), duty_id=duty_of(morning).pk, reason="外出")
        self.declare(morning, "suspension")
        self.declare(morning, "withdrawn", at="7:40")
        assert duty_of(morning).excuse == "外出"


@pytest.mark.django_db
class TestRealm:
    """Units of an exercise do not exist for who acts in real days."""

    def drill_class(self, cast):
        Realm.objects.create(key="drill", name="drill", created_at=local("0:00"))
        with in_realm("drill"):
            return cast.add_unit("演练班", "三年级", "class", "class")

    def test_nothing_is_owed_for_them(self, morning):
        self.drill_class(morning)
        assert actions.fulfil(system(local("8:20")), local("8:20"), [key(morning, "演练班")]) == 0
        assert not Duty.all_realms.filter(unit=morning.unit("演练班")).exists()

    def test_no_post_is_handed_over_there(self, morning):
        unit = self.drill_class(morning)
        morning.give("teacher1", "homeroom_teacher", "演练班")
        with pytest.raises(NotFound):
            TestDelegation().delegate(morning, unit_id=unit.pk)


@pytest.mark.django_db
class TestDelegation:
    def delegate(self, cast, by="teacher1", **changes):
        now = local("7:00")
        given = {
            "unit_id": cast.unit("三年级1班").pk,
            "role": "homeroom_teacher",
            "from_account_id": cast.accounts["teacher1"].pk,
            "to_account_id": cast.accounts["deputy"].pk,
            "begins": MONDAY,
            "ends": MONDAY + timedelta(days=2),
        }
        return actions.delegate(cast.actor(by, now), now, **{**given, **changes})

    def test_ones_own_posts_come_first_then_those_below(self, cast):
        def offered(name):
            posts = queries.posts_to_hand_over(cast.actor(name, local("7:00")), local("7:00"))
            return [(post.account_name, post.own) for post in posts]

        assert offered("teacher1") == [("teacher1", True)]
        below = {("teacher1", False), ("teacher2", False), ("deputy", False)}
        first, *others = offered("grade_head")
        assert (first, set(others)) == (("grade_head", True), below)

    def test_notices_and_duties_follow_the_deputy_and_come_back(self, morning):
        row = self.delegate(morning)
        now = local("8:20")
        jobs.sweep(system(now), now)
        told = Delivery.objects.filter(notice__text_key="duties.reminder", notice__unit=row.unit)
        assert list(told.values_list("account__username", flat=True)) == ["deputy"]
        (mine,) = queries.owed_by(morning.actor("deputy", now), now)
        assert (mine.deputy, mine.stand_in) == (True, False)
        assert queries.owed_by(morning.actor("teacher1", now), now) == []
        tuesday = local("7:00", MONDAY + timedelta(days=1))
        jobs.raise_duties(system(tuesday), tuesday)
        assert queries.owed_by(morning.actor("teacher1", tuesday), tuesday) == []
        wednesday = local("7:00", MONDAY + timedelta(days=2))
        jobs.raise_duties(system(wednesday), wednesday)
        (own,) = queries.owed_by(morning.actor("teacher1", wednesday), wednesday)
        assert not own.deputy
        assert "homeroom_teacher" not in morning.actor("deputy", wednesday).roles

    def test_ended_early_it_is_over_at_once(self, morning):
        row = self.delegate(morning)
        now = local("8:00")
        actions.end_delegation(morning.actor("teacher1", now), now, delegation_id=row.pk)
        assert len(queries.owed_by(morning.actor("teacher1", now), now)) == 1
        assert queries.owed_by(morning.actor("deputy", now), now) == []

    @pytest.mark.parametrize("by", ["teacher1", "grade_head", "reporter", "principal"])
    def test_who_may(self, morning, by):
        assert self.delegate(morning, by).pk

    @pytest.mark.parametrize(
        "by, error",
        [("teacher2", NotFound), ("stranger", NotFound), ("other_principal", NotFound), ("nurse", NotFound)],
    )
    def test_who_may_not(self, morning, by, error):
        with pytest.raises(error):
            self.delegate(morning, by)

    def test_a_reporter_cannot_make_somebody_principal(self, morning):
        with pytest.raises(Forbidden):
            self.delegate(
                morning,
                "reporter",
                unit_id=morning.unit("第一小学").pk,
                role="principal",
                from_account_id=morning.accounts["principal"].pk,
            )

    @pytest.mark.parametrize(
        "changes, field",
        [
            ({"ends": MONDAY}, "ends"),
            ({"begins": date(2026, 2, 1), "ends": date(2026, 2, 3)}, "ends"),
            ({"ends": date(2028, 3, 2)}, "ends"),
            ({"to": "stranger"}, "to_account"),
            ({"to": "teacher1"}, "to_account"),
            ({"reason": "x" * 201}, "reason"),
        ],
    )
    def test_bad_input_names_its_field(self, morning, changes, field):
        if "to" in changes:
            changes = {"to_account_id": morning.accounts[changes["to"]].pk}
        with pytest.raises(Invalid) as error:
            self.delegate(morning, **changes)
        assert [e.field for e in error.value.errors] == [field]

    def test_not_twice_in_the_same_days(self, morning):
        self.delegate(morning)
        with pytest.raises(Conflict):
            self.delegate(morning, begins=MONDAY + timedelta(days=1), ends=MONDAY + timedelta(days=3))


@pytest.mark.django_db
class TestTemplates:
    def test_stand_in_when_nobody_holds_the_post(self, morning):
        unit = morning.add_unit("三年级3班", "三年级", "class", "class", order=3)
        morning.give("deputy", "subject_teacher", "三年级3班")
        jobs.raise_duties(system(local("7:00")), local("7:00"))
        (mine,) = queries.owed_by(morning.actor("deputy", local("7:00")), local("7:00"))
        assert (mine.unit_id, mine.stand_in) == (unit.pk, True)

    def test_a_class_that_begins_today_owes_from_its_local_midnight(self, morning):
        """00:30 in Shanghai is still yesterday in UTC."""
        unit = morning.add_unit("三年级3班", "三年级", "class", "class", order=3, begins=MONDAY)
        morning.give("deputy", "subject_teacher", "三年级3班")
        jobs.raise_duties(system(local("0:30")), local("0:30"))
        assert Duty.objects.filter(unit=unit, day=MONDAY, kind=CHECK).count() == 1

    def test_a_school_may_change_its_hour_and_switch_the_noon_check_on(self, cast):
        school = cast.unit("第一小学")
        changes = [
            {"rule_id": "report_kinds.daily-zero.levels.class.due", "value": "08:10"},
            {"rule_id": "report_kinds.noon-check.enabled", "value": True},
            {"rule_id": "duty_templates.class-noon-check.enabled", "value": True},
        ]
        principal = cast.actor("principal", local("00:00"))
        set_unit_setting(principal, local("00:00"), unit=school, key="rules.overrides", value=changes, begins=MONDAY)
        jobs.raise_duties(system(local("00:01")), local("00:01"))
        assert duty_of(cast).due_at == local("8:10")
        assert duty_of(cast, "五年级1班").due_at == local("8:30")
        assert duty_of(cast, kind="class-noon-check").due_at == local("14:30")
        assert packs_for([school], MONDAY)[school.pk].version != packs().version

    @pytest.mark.parametrize("value", [{}, [1], [{"rule_id": "nothing.there", "value": 1}]])
    def test_changes_that_do_not_fit_are_refused_in_words(self, cast, value):
        principal = cast.actor("principal", local("00:00"))
        with pytest.raises(Invalid):
            set_unit_setting(
                principal, local("00:00"), unit=cast.unit("第一小学"), key="rules.overrides", value=value, begins=MONDAY
            )

    def test_names_for_other_rooms(self):
        known = packs().duty_templates
        assert kinds_for_session("class_check", "morning", known) == (CHECK,)
        assert kind_for_report("daily-zero", "institution", known) == "institution-daily-report"
        assert kind_for_report("daily-zero", "nowhere", known) is None

    @pytest.mark.parametrize("pattern", ["https://example.org/{unit}", "//x", "/{person}"])
    def test_a_link_is_a_path_of_known_places(self, pattern):
        with pytest.raises(ValueError):
            declare_link("test-kind", pattern)


@pytest.mark.django_db
class TestRealms:
    def test_an_exercise_has_its_own_duties_at_its_own_hour(self, cast):
        Realm.objects.create(key="drill", name="drill", clock_at=local("8:20"), created_at=local("00:00"))
        with in_realm("drill"):
            drill = county("drill-")
        night = local("00:01")
        jobs.raise_duties(system(night), night)
        jobs.sweep(system(night), night)
        assert Notice.objects.count() == 0
        with in_realm("drill"):
            assert Duty.objects.count() == 7
            told = Delivery.objects.filter(notice__unit=drill.unit("三年级1班"))
            assert [d.account.username for d in told] == ["drill-teacher1"]
        assert Duty.objects.count() == 7


@pytest.mark.django_db
def test_the_database_and_the_rules_say_the_same_state(morning):
    moments = [None, local("8:00"), local("8:30"), local("8:31")]
    terms = duty_of(morning).terms
    for number, done_at in enumerate(moments):
        for other, excused_at in enumerate(moments):
            Duty.objects.create(
                kind=f"k{number}{other}",
                unit=morning.unit("三年级1班"),
                holder_role="homeroom_teacher",
                period="p",
                day=SATURDAY,
                opens_at=local("8:10"),
                due_at=local("8:30"),
                done_at=done_at,
                excused_at=excused_at,
                excuse="x" if excused_at else "",
                terms=terms,
            )
    rows = Duty.objects.filter(day=SATURDAY)
    for at in ("6:00", "8:00", "8:09", "8:10", "8:30", "8:31"):
        now = local(at)
        for row in rows:
            said = [s for s in rules.STATES if rows.filter(queries.state_q(s, now), pk=row.pk).exists()]
            assert said == [queries.state_of(row, now).value], (row.kind, at)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    story=st.lists(
        st.tuples(st.sampled_from(["sweep", "fulfil", "reopen", "excuse", "owe_again"]), st.integers(0, 1500)),
        max_size=12,
    )
)
def test_any_story_sends_each_step_at_most_once_and_never_after_done(morning, story):
    DutyStep.objects.all().delete()
    Delivery.objects.all().delete()
    Notice.objects.all().delete()
    Duty.objects.all().delete()
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    duty = duty_of(morning)
    for what, minutes in sorted(story, key=lambda event: event[1]):
        now = local("00:02") + timedelta(minutes=minutes)
        actor = system(now)
        sent = DutyStep.objects.filter(duty=duty, outcome="sent")
        before = set(sent.values_list("pk", flat=True))
        was = queries.state_of(Duty.objects.get(pk=duty.pk), now).value
        if what == "sweep":
            jobs.sweep(actor, now)
            told = list(sent.exclude(pk__in=before).values_list("role", flat=True))
            if was in ("done", "done_late", "excused"):
                assert not told
            assert len(told) == len(set(told))  # the holder, and each who is told, once
        elif what == "fulfil":
            actions.fulfil(actor, now, [key(morning)])
        elif what == "reopen":
            actions.reopen(actor, now, [key(morning)])
        elif was in ("open", "due_soon", "overdue") and what == "excuse":
            actions.excuse_duty(actor, now, duty_id=duty.pk, reason="x")
        elif was == "excused" and what == "owe_again":
            actions.take_back_excuse(actor, now, duty_id=duty.pk)
    numbers = list(DutyStep.objects.filter(duty=duty, number__isnull=False).values_list("number", flat=True))
    assert len(numbers) == len(set(numbers))
    keys = list(Notice.objects.filter(link=f"/duties/{duty.pk}/").values_list("dedupe", flat=True))
    assert len(keys) == len(set(keys))
