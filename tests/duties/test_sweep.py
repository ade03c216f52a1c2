"""Raising and sweeping against a real database: who is told what, when, once."""

from datetime import timedelta

import pytest

from lianfang.comms.actions import send_notices
from lianfang.comms.models import Delivery, Notice
from lianfang.duties import actions, jobs
from lianfang.duties.models import Duty, DutyStep
from lianfang.duties.planning import DutyKey
from lianfang.duties.queries import owed_by, state_of
from lianfang.foundation.models import JournalEntry
from tests.duties.cast import MONDAY, SATURDAY, local, system

CHECK = "class-morning-check"
REPORT = "institution-daily-report"


def raised(now):
    return jobs.raise_duties(system(now), now)


def told(kind, unit):
    """(text, account) of everything sent about a duty, in order."""
    duty = Duty.objects.get(kind=kind, unit=unit)
    rows = Delivery.objects.filter(notice__link=f"/duties/{duty.pk}/", channel="in_app").order_by("pk")
    return [(d.notice.text_key, d.account.username) for d in rows.select_related("notice", "account")]


def key(kind, unit, day=MONDAY):
    return DutyKey(kind, unit.pk, day.isoformat())


@pytest.mark.django_db
class TestRaise:
    def test_a_school_day_raises_what_the_templates_ask(self, cast):
        assert raised(local("00:01")) == 3 + 1 + 2 + 1
        duty = Duty.objects.get(kind=CHECK, unit=cast.unit("三年级1班"))
        assert (duty.opens_at, duty.due_at) == (local("6:30"), local("8:30"))
        assert duty.closes_at == local("24:00")
        assert duty.next_step_at == local("8:20")
        assert duty.holder_role == "homeroom_teacher"
        assert set(Duty.objects.values_list("kind", flat=True)) == {
            CHECK,
            "division-daily-report",
            REPORT,
            "county-daily-report",
        }

    def test_raising_again_adds_nothing(self, cast):
        raised(local("00:01"))
        assert raised(local("7:00")) == 0
        assert JournalEntry.objects.filter(action="duties.owed").count() == 3

    def test_a_weekend_raises_nothing(self, cast):
        assert raised(local("7:00", SATURDAY)) == 0

    def test_the_number_of_queries_does_not_grow_with_classes(self, cast, django_assert_max_num_queries):
        for number in range(3, 40):
            cast.add_unit(f"三年级{number}班", "三年级", "class", "class", order=number)
        with django_assert_max_num_queries(45):
            assert raised(local("00:01")) == 40 + 1 + 2 + 1


@pytest.mark.django_db
class TestSweep:
    def test_reminders_and_escalations_go_up_in_time(self, cast):
        raised(local("00:01"))
        unit = cast.unit("三年级1班")
        seen: list[tuple[str, list[tuple[str, str]]]] = []
        for at in ("8:19", "8:20", "8:25", "8:30", "8:40", "8:50", "9:00", "12:00"):
            jobs.sweep(system(local(at)), local(at))
            seen.append((at, told(CHECK, unit)[len([x for _t, new in seen for x in new]) :]))
        assert seen == [
            ("8:19", []),
            ("8:20", [("duties.reminder", "teacher1")]),
            ("8:25", []),
            ("8:30", [("duties.reminder", "teacher1")]),
            ("8:40", [("duties.overdue", "teacher1"), ("duties.escalated", "grade_head")]),
            ("8:50", [("duties.escalated", "reporter")]),
            ("9:00", []),
            ("12:00", []),
        ]

    def test_a_missing_report_reaches_principal_and_county(self, cast):
        raised(local("00:01"))
        for at in ("8:55", "9:05", "9:10", "9:20", "9:30"):
            jobs.sweep(system(local(at)), local(at))
        assert told(REPORT, cast.unit("第一小学")) == [
            ("duties.reminder", "reporter"),
            ("duties.reminder", "reporter"),
            ("duties.reminder", "reporter"),
            ("duties.overdue", "reporter"),
            ("duties.escalated", "principal"),
            ("duties.escalated", "officer"),
        ]
        assert told(REPORT, cast.unit("第二小学")) == [
            ("duties.escalated", "other_principal"),
            ("duties.escalated", "officer"),
        ]
        nobody = DutyStep.objects.filter(duty__unit=cast.unit("第二小学"), outcome="nobody")
        assert nobody.count() == 4

    def test_done_is_not_chased(self, cast):
        raised(local("00:01"))
        unit = cast.unit("三年级1班")
        done = actions.fulfil(cast.actor("teacher1", local("8:10")), local("8:10"), [key(CHECK, unit)])
        assert done == 1
        jobs.sweep(system(local("10:00")), local("10:00"))
        assert told(CHECK, unit) == []
        duty = Duty.objects.get(kind=CHECK, unit=unit)
        assert state_of(duty, local("10:00")).value == "done"
        assert duty.done_by == cast.account("teacher1")

    def test_after_downtime_the_newest_step_is_sent_to_all_who_are_to_know(self, cast):
        raised(local("00:01"))
        unit = cast.unit("三年级1班")
        jobs.sweep(system(local("8:20")), local("8:20"))
        jobs.sweep(system(local("8:55")), local("8:55"))
        assert told(CHECK, unit) == [
            ("duties.reminder", "teacher1"),
            ("duties.overdue", "teacher1"),
            ("duties.escalated", "grade_head"),
            ("duties.escalated", "reporter"),
        ]
        outcomes = DutyStep.objects.filter(duty__unit=unit, number__isnull=False).order_by("number")
        assert list(outcomes.values_list("number", "outcome")) == [
            (0, "sent"),
            (1, "skipped"),
            (2, "skipped"),
            (3, "sent"),
        ]

    def test_a_server_that_was_down_all_day_says_nothing_about_yesterday(self, cast):
        raised(local("00:01"))
        late = local("24:01")
        jobs.sweep(system(late), late)
        assert Notice.objects.count() == 0
        assert not Duty.objects.filter(next_step_at__isnull=False).exists()
        assert set(DutyStep.objects.values_list("outcome", flat=True)) == {"skipped"}

    def test_a_failure_between_claim_and_notice_leaves_nothing_behind(self, cast, monkeypatch):
        raised(local("00:01"))
        unit = cast.unit("三年级1班")
        whole = send_notices

        def power_cut(*args, **kwargs):
            whole(*args, **kwargs)
            raise SystemExit("killed")

        monkeypatch.setattr(jobs, "send_notices", power_cut)
        with pytest.raises(SystemExit):
            jobs.sweep(system(local("8:20")), local("8:20"))
        assert Duty.objects.get(kind=CHECK, unit=unit).step == 0
        assert Notice.objects.count() == 0
        monkeypatch.setattr(jobs, "send_notices", whole)
        jobs.sweep(system(local("8:21")), local("8:21"))
        jobs.sweep(system(local("8:22")), local("8:22"))
        assert told(CHECK, unit) == [("duties.reminder", "teacher1")]

    def test_one_duty_that_cannot_be_taken_does_not_hold_up_the_others(self, cast, monkeypatch):
        raised(local("00:01"))
        broken = Duty.objects.get(kind=CHECK, unit=cast.unit("三年级1班"))
        whole = send_notices

        def breaks_on_one(actor, now, items):
            if any(item.unit_id == broken.unit_id for item in items):
                raise RuntimeError("cannot")
            return whole(actor, now, items)

        monkeypatch.setattr(jobs, "send_notices", breaks_on_one)
        swept = jobs.sweep(system(local("8:20")), local("8:20"))
        assert (swept.sent, swept.failed) == (2, 1)
        assert told(CHECK, cast.unit("三年级2班")) == [("duties.reminder", "teacher2")]
        broken.refresh_from_db()
        assert (broken.step, broken.next_step_at) == (0, local("8:20") + timedelta(minutes=1))

    def test_the_number_of_queries_does_not_grow_with_duties(self, cast, django_assert_max_num_queries):
        for number in range(3, 43):
            cast.add_unit(f"三年级{number}班", "三年级", "class", "class", order=number)
        raised(local("00:01"))
        # 43 claims are 43 statements; everything else is read and written together
        with django_assert_max_num_queries(43 + 30):
            swept = jobs.sweep(system(local("8:20")), local("8:20"))
        assert (swept.sent, swept.nobody) == (3, 40)


@pytest.mark.django_db
class TestBeforeTheJobRan:
    def test_a_check_that_comes_before_the_duty_was_raised_is_not_asked_for_again(self, cast):
        unit = cast.unit("三年级1班")
        now = local("7:00")
        assert actions.fulfil(cast.actor("teacher1", now), now, [key(CHECK, unit)]) == 1
        raised(local("7:05"))
        assert owed_by(cast.actor("teacher1", local("7:10")), local("7:10")) == []

    def test_what_nobody_owes_is_passed_over(self, cast):
        now = local("7:00", SATURDAY)
        assert actions.fulfil(system(now), now, [key(CHECK, cast.unit("三年级1班"), SATURDAY)]) == 0
        assert actions.fulfil(system(now), now, [key("no-such-duty", cast.unit("三年级1班"))]) == 0
