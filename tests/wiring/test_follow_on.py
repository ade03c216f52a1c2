"""What the worker does after a morning's facts: told once, in numbers, to those who have to know."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from lianfang.comms.models import Delivery, Notice
from lianfang.config.wiring import READERS
from lianfang.config.worker import catch_up
from lianfang.daily.actions import CheckItem, ReportItem, save_checks, submit_reports
from lianfang.daily.follow_on import reports_to_tell
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.duties.models import Duty
from lianfang.foundation import journal
from lianfang.foundation.models import JournalEntry, ReaderCursor
from lianfang.foundation.readers import Told
from tests.district import DAY, MORNING, District, make_district

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def district(transactional_db: None) -> District:
    return make_district(4)


def save(d: District, marks: list[MarkInput], corrects: int | None = None) -> int:
    item = CheckItem(
        actor=d.actor("teacher"),
        client_id=uuid.uuid4(),
        unit_id=d.units["class1"].pk,
        day=DAY,
        session="morning",
        marks=marks,
        all_well=not marks,
        corrects=corrects,
        reason="更正" if corrects else "",
    )
    (answer,) = save_checks([item])
    if isinstance(answer, Exception):
        raise answer
    return answer.id


def told(key: str) -> list[tuple[str, int]]:
    rows = Delivery.objects.filter(notice__text_key=key).values_list("account__username", "notice_id")
    return sorted(rows)


def feverish(d: District, seat: int = 0) -> MarkInput:
    return MarkInput(
        d.pupils["class1"][seat].pk,
        "present",
        symptoms=("fever", "cough"),
        temperature="38.4",
        site="axillary",
        instrument="electronic",
    )


def test_new_fever_is_told_to_nurse_and_reporter_once(district: District) -> None:
    save(district, [feverish(district)])
    for _again in range(3):
        catch_up(MORNING + timedelta(seconds=5))
    assert [who for who, _notice in told("daily.check_unwell")] == ["nurse", "reporter"]
    notice = Notice.objects.get(text_key="daily.check_unwell")
    assert district.pupils["class1"][0].name not in str(notice.params)
    assert notice.params["fever"] == 1


def test_a_class_that_is_well_tells_nobody(district: District) -> None:
    save(district, [])
    catch_up(MORNING)
    assert told("daily.check_unwell") == []


def test_a_correction_is_told_anew_and_the_replaced_check_is_not(district: District) -> None:
    first = save(district, [feverish(district)])
    save(district, [feverish(district), feverish(district, 1)], corrects=first)
    catch_up(MORNING)
    notices = Notice.objects.filter(text_key="daily.check_unwell")
    assert [n.params["fever"] for n in notices] == [2]


def test_a_familys_report_reaches_the_teacher_before_the_roll(district: District) -> None:
    item = ReportItem(
        actor=district.actor("mother", MORNING - timedelta(minutes=35)),
        client_id=uuid.uuid4(),
        person_id=district.pupils["class1"][0].pk,
        said=SaidInput("38.2", "axillary", "electronic", ("fever",)),
    )
    (answer,) = submit_reports([item])
    assert not isinstance(answer, Exception), answer
    catch_up(MORNING - timedelta(minutes=34))
    catch_up(MORNING)
    assert [who for who, _notice in told("daily.family_unwell")] == ["teacher"]


def test_the_worker_raises_the_mornings_duties_and_the_check_does_its_own(district: District) -> None:
    catch_up(MORNING)
    duty = Duty.objects.get(kind="class-morning-check", unit=district.units["class1"])
    assert duty.done_at is None
    save(district, [])
    duty.refresh_from_db()
    assert duty.done_at == MORNING
    assert ReaderCursor.objects.get(reader="daily.nurse").seq <= journal.seal(MORNING)
    catch_up(MORNING)
    assert Duty.objects.filter(kind="class-morning-check", unit=district.units["class1"]).count() == 1


def test_only_what_a_family_reports_unwell_is_chosen_for_the_teacher(district: District) -> None:
    now = MORNING - timedelta(minutes=35)
    people = [(0, SaidInput()), (0, SaidInput("38.2", "axillary", "electronic", ("fever",)))]
    items = [
        ReportItem(
            actor=district.actor("mother", now),
            client_id=uuid.uuid4(),
            person_id=district.pupils["class1"][seat].pk,
            said=said,
        )
        for seat, said in people
    ]
    own = ReportItem(
        actor=district.actor("teacher", now),
        client_id=uuid.uuid4(),
        person_id=district.pupils["class1"][2].pk,
        said=SaidInput("38.2", "axillary", "electronic", ("fever",)),
    )
    answers = submit_reports([*items, own])
    assert not [a for a in answers if isinstance(a, Exception)], answers
    rows = JournalEntry.objects.filter(action="daily.report.submitted").order_by("pk")
    entries = [Told(*row) for row in rows.values_list("pk", "subject_id")]
    assert [entry.pk in reports_to_tell(entries) for entry in entries] == [False, True, False]


def test_choosers_belong_to_actions_that_are_handled() -> None:
    for reader in READERS:
        assert set(reader.choosers) <= set(reader.handlers), reader.name
