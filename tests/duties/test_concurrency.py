"""Two sweepers, two raisers, two hands at once, on a real database with transactions that really commit."""

import threading

import pytest
from django.db import connection

from lianfang.comms.models import Delivery, Notice
from lianfang.duties import actions, jobs
from lianfang.duties.models import Duty, DutyStep
from lianfang.foundation.actor import forget_cached_actors
from lianfang.foundation.apps import seed
from lianfang.foundation.models import JournalEntry
from tests.duties.cast import MONDAY, county, local, system

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db):
    seed("default")
    forget_cached_actors()
    return county()


def at_once(*works):
    """Run these together, each with its own connection; returns results, raises the first error."""
    gate = threading.Barrier(len(works))
    results, errors = [None] * len(works), []

    def run(place, work):
        try:
            gate.wait()
            results[place] = work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def sweeps(at):
    return lambda: jobs.sweep(system(local(at)), local(at))


def test_two_sweepers_send_each_step_once(cast):
    for number in range(3, 23):
        cast.add_unit(f"三年级{number}班", "三年级", "class", "class", order=number)
        cast.add_account(f"t{number}", ("homeroom_teacher", f"三年级{number}班"))
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    for at in ("8:20", "8:30", "8:40"):
        swept = at_once(sweeps(at), sweeps(at))
        assert sum(s.failed for s in swept) == 0
    checks = Duty.objects.filter(kind="class-morning-check")
    assert checks.count() == 23
    for duty in checks:
        numbers = sorted(DutyStep.objects.filter(duty=duty, number__isnull=False).values_list("number", flat=True))
        assert numbers == [0, 1, 2]
        keys = sorted(Notice.objects.filter(link=f"/duties/{duty.pk}/").values_list("dedupe", flat=True))
        assert keys == sorted(set(keys))
        reminders = Delivery.objects.filter(notice__link=f"/duties/{duty.pk}/", notice__dedupe__endswith=":holder")
        assert reminders.count() == 3


def test_two_raisers_enter_each_duty_once(cast):
    now = local("00:01")
    entered = at_once(*[lambda: jobs.raise_duties(system(now), now)] * 2)
    assert sum(entered) == Duty.objects.count() == 7
    told = JournalEntry.objects.filter(action="duties.owed")
    assert sum(entry.payload.body["count"] for entry in told) == 7


def test_a_duty_done_during_the_sweep_is_either_done_or_reminded_before(cast):
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    key = actions.DutyKey("class-morning-check", cast.unit("三年级1班").pk, MONDAY.isoformat())
    at_once(sweeps("8:20"), lambda: actions.fulfil(system(local("8:20")), local("8:20"), [key]))
    duty = Duty.objects.get(kind=key.kind, unit_id=key.unit_id)
    assert duty.done_at == local("8:20")
    assert duty.next_step_at is None
    sweeps("9:00")()
    assert DutyStep.objects.filter(duty=duty).count() == duty.step <= 1


def test_two_hands_remind_once(cast):
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    duty = Duty.objects.get(kind="class-morning-check", unit=cast.unit("三年级1班"))
    now = local("8:00")
    hands = [cast.actor("reporter", now), cast.actor("principal", now)]
    outcomes = at_once(*[lambda actor=actor: actions.remind_now(actor, now, duty_ids=[duty.pk]) for actor in hands])
    assert sorted((o.reminded, o.too_soon) for o in outcomes) == [(0, 1), (1, 0)]
