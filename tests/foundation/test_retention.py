"""Retention: what is past its term goes, in batches, once, with its bytes; the journal still verifies."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from lianfang.daily.models import HealthReport
from lianfang.foundation import journal
from lianfang.foundation.actions import retention as removing
from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.actor import forget_cached_actors, system_actor
from lianfang.foundation.errors import Invalid
from lianfang.foundation.jobs import retention
from lianfang.foundation.models import RetentionRun
from lianfang.foundation.retention import holdings, past_term, setting_key, term_days, unheld
from lianfang.people.actions.privacy import erase_person
from lianfang.people.models import Erasure, Person
from tests.district import DAY, MORNING, make_district

NOW = MORNING + timedelta(days=400)
CANARY = {"name": "寒号鸟", "id_number": "330106201703151237", "phone": "13912345671"}
TRACK = "寒号鸟去过千岛湖"


def report(d, child, day, **more):
    return HealthReport.objects.create(
        person=child,
        unit=d.units["class1"],
        day=day,
        channel="guardian",
        symptoms=["cough"],
        unwell=True,
        true_at=MORNING,
        received_at=MORNING,
        **more,
    )


def run(now=NOW):
    return removing.remove_due(system_actor("test", now), now)


@pytest.fixture
def d(db):
    forget_cached_actors()
    yield make_district(4, accounts=False)
    forget_cached_actors()


def test_rooms_and_rule_pack_agree():
    assert unheld(holdings()) == []


@pytest.mark.django_db
def test_only_what_is_past_its_term_goes_and_a_second_run_finds_nothing(d):
    child = d.pupils["class1"][0]
    today = NOW.date()
    report(d, child, today - timedelta(days=366))
    kept = report(d, child, today - timedelta(days=364), track=TRACK)
    assert run().removed >= 1
    kept.refresh_from_db()
    assert (kept.track, kept.symptoms) == (None, ["cough"])
    assert HealthReport.objects.count() == 1
    counted = dict(RetentionRun.objects.get().counts.values_list("item", "removed"))
    assert (counted["family-report.reports"], counted["tracks.places"]) == (1, 1)
    assert {c.unit_id for c in RetentionRun.objects.get().counts.all()} == {d.units["school"].pk}
    assert run(NOW + timedelta(hours=1)).removed == 0
    journal.seal(NOW)
    assert list(journal.verify()) == []


@pytest.mark.django_db
def test_sign_ins_and_tries_go_after_a_year(d):
    for days in (366, 364):
        at = NOW - timedelta(days=days)
        said = {"username": "寒号鸟", "ip_address": "192.0.2.7", "user_agent": f"phone {days}"}
        for model in (AccessLog, AccessFailureLog, AccessAttempt):
            more = {"failures_since_start": 1} if model is AccessAttempt else {}
            model.objects.filter(pk=model.objects.create(**said, **more).pk).update(attempt_time=at)
    run()
    for model in (AccessLog, AccessFailureLog, AccessAttempt):
        assert [row.user_agent for row in model.objects.all()] == ["phone 364"]
    assert RetentionRun.objects.get().counts.get(item="audit.sign-ins").removed == 3


@pytest.mark.django_db
def test_a_unit_may_shorten_a_term_for_itself_but_nobody_may_lengthen_it(d):
    school, key = d.units["school"], setting_key("family-report.reports")
    admin = system_actor("test", MORNING)
    for wrong in (366, -1, "30", True):
        with pytest.raises(Invalid):
            set_unit_setting(admin, MORNING, unit=school, key=key, value=wrong, begins=DAY)
    set_unit_setting(admin, MORNING, unit=d.units["bureau"], key=key, value=100, begins=DAY)
    set_unit_setting(admin, MORNING, unit=school, key=key, value=200, begins=DAY)
    assert term_days(d.units["class1"], "family-report.reports", DAY) == 100
    assert term_days(d.units["foreign_class"], "family-report.reports", DAY) == 365
    child = d.pupils["class1"][0]
    report(d, child, DAY)
    holding = holdings("family-report.reports")[0]
    at = MORNING + timedelta(days=102)
    rows = [h for h in holdings("family-report.reports") if h.person]
    assert holding in holdings() and sum(past_term(h, at).count() for h in rows) == 1
    assert sum(past_term(h, MORNING + timedelta(days=99)).count() for h in rows) == 0


@pytest.mark.django_db
def test_a_run_killed_in_the_middle_is_gone_on_with(d, monkeypatch):
    child = d.pupils["class1"][0]
    for _n in range(5):
        report(d, child, DAY)
    monkeypatch.setattr(removing, "BATCH", 2)
    whole = removing.remove_rows
    taken: list[Any] = []

    def killed(*args):
        if len(taken) == 1:
            raise KeyboardInterrupt
        taken.append(1)
        return whole(*args)

    monkeypatch.setattr(removing, "remove_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert HealthReport.objects.count() == 3
    assert RetentionRun.objects.get().finished_at is None
    monkeypatch.setattr(removing, "remove_rows", whole)
    assert retention(system_actor("test", NOW), NOW) is not None
    done = RetentionRun.objects.get()
    assert done.counts.get(item="family-report.reports").removed == 5
    assert done.finished_at is not None and HealthReport.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hour, before, runs", [(18, None, True), (3, None, False), (18, 2, False), (18, 23, True), (3, 60, True)]
)
def test_it_runs_once_a_night_and_catches_up(hour, before, runs):
    """Hours are UTC: 18:00 is 02:00 in Shanghai, 03:00 is 11:00."""
    now = datetime(2026, 9, 15, hour, tzinfo=MORNING.tzinfo)
    if before is not None:
        at = now - timedelta(hours=before)
        RetentionRun.objects.create(kind="term", begun_at=at, finished_at=at)
    assert (retention(system_actor("test", now), now) is not None) is runs


def forms_of(text):
    return {text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}


def stored_bytes():
    """Everything that is stored: database files with the write-ahead log (or all tables), and the data folder."""
    found = {}
    if connection.vendor == "sqlite":
        base = str(connection.settings_dict["NAME"])
        for name in (base, base + "-wal"):
            if Path(name).exists():
                found[name] = Path(name).read_bytes()
    else:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names():
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    found[table] = b"".join(bytes(block) for block in copy)
    for path in Path(settings.DATA_DIR).rglob("*"):
        if path.is_file() and ".sqlite3" not in path.name:
            found[str(path)] = path.read_bytes()
    return found


def where_found(texts):
    forms = {form for text in texts for form in forms_of(text)}
    return sorted(name for name, content in stored_bytes().items() if any(form in content for form in forms))


@pytest.mark.django_db(transaction=True)
def test_an_erased_person_is_nowhere_in_the_bytes():
    forget_cached_actors()
    try:
        d = make_district(3)
        _erase_and_search(d)
    finally:
        forget_cached_actors()
        call_command("flush", interactive=False, verbosity=0)


def _erase_and_search(d):
    from lianfang.comms.actions import send_notice
    from lianfang.comms.texts import declare_text
    from lianfang.people import actions as people
    from lianfang.people.actions.privacy import copy_own_data

    system = system_actor("test", MORNING)
    child = people.create_person(system, MORNING, sex="male", birth_date=date(2017, 3, 15), **dict[str, Any](CANARY))
    membership = people.add_membership(
        system, MORNING, person=child, unit=d.units["class1"], kind="student", begins=DAY, number="KN-77"
    )
    people.link_guardian(
        system, MORNING, guardian=d.persons["mother"], child=child, relation="mother", begins=DAY, confirmed=True
    )
    report(d, child, DAY, track=TRACK)
    declare_text("test.canary", subject="%(who)s", body="x")
    send_notice(
        system, MORNING, text_key="test.canary", params={"who": CANARY["name"]}, accounts=[d.accounts["teacher"]]
    )
    copy_own_data(d.actor("mother"), MORNING)
    admin = d.actor("admin")
    assert where_found([CANARY["name"]])
    people.end_membership(system, MORNING, membership=membership, ends=DAY + timedelta(days=1))
    later = MORNING + timedelta(days=3)
    done = erase_person(d.actor("admin", later), later, person_id=child.pk, reason=f"{CANARY['name']}已转学")
    assert done.whole and done.reason == "—" and admin.account_id is not None
    assert removing.compact(system_actor("test", later), later)
    assert where_found([*CANARY.values(), TRACK, "KN-77"]) == []
    row = Person.objects.get(pk=child.pk)
    assert (row.name, row.phone, row.erased_at) == ("", None, later)
    assert Erasure.objects.get().removed["tracks.places"] == 1
    journal.seal(later)
    assert list(journal.verify()) == []
