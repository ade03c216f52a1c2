"""Makes a county of any size on PostgreSQL for benchmarks: `python -m bench.county FOLDER` with the size in the environment
(`County.from_environment`) prints what was made as JSON. Everything is invented.

The cast (bureau, CDC, the posts of those who look) is made through the actions that users use. Schools, classes, pupils and
the past days' facts are too many for that and come from SQL: 45 a class, about 44 classes a school, a morning check per
class and school day with marks for who was not well, personal reports of a share of the pupils, a signed report per school
and day. Journal entries stand beside the facts with seals that continue the order but whose digests are not a chain
(`journal verify` would say so), without payloads and receipts.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from lianfang.config.environment import collect_static, migrate, set_up


@dataclass(frozen=True)
class County:
    """How much: `share` of the pupils reports each day; `more` further personal reports on days before (restart)."""

    schools: int = 500
    classes: int = 44
    size: int = 45
    days: int = 30
    share: float = 0.05
    more: int = 0
    journal: bool = True

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """LIANFANG_BENCH_SCHOOLS, _DAYS, _SHARE, _FACTS (further reports)."""
        return cls(
            schools=int(environ.get("LIANFANG_BENCH_SCHOOLS", "500")),
            days=int(environ.get("LIANFANG_BENCH_DAYS", "30")),
            share=float(environ.get("LIANFANG_BENCH_SHARE", "0.05")),
            more=int(environ.get("LIANFANG_BENCH_FACTS", "0")),
        )

    def environment(self) -> dict[str, str]:
        return {
            "LIANFANG_BENCH_SCHOOLS": str(self.schools),
            "LIANFANG_BENCH_DAYS": str(self.days),
            "LIANFANG_BENCH_SHARE": str(self.share),
            "LIANFANG_BENCH_FACTS": str(self.more),
        }


UNITS = """
INSERT INTO foundation_unit (uid, realm_id, parent_id, depth, kind, level, code, name, stage, grade, region, time_zone, "order")
SELECT gen_random_uuid(), 'real', {bureau}, 1, 'school', 'institution', 's' || i, '第' || i || '小学', '', NULL, '330106', '', i
FROM generate_series(1, {schools}) AS i;
INSERT INTO foundation_unit (uid, realm_id, parent_id, depth, kind, level, code, name, stage, grade, region, time_zone, "order")
SELECT gen_random_uuid(), 'real', s.id, 2, 'division', 'division', '', g || '年级', '', g, '', '', g
FROM foundation_unit s, generate_series(1, 6) AS g WHERE s.level = 'institution';
INSERT INTO foundation_unit (uid, realm_id, parent_id, depth, kind, level, code, name, stage, grade, region, time_zone, "order")
SELECT gen_random_uuid(), 'real', d.id, 3, 'class', 'class', '', d.grade || '（' || k || '）班', '', d.grade, '', '', k
FROM foundation_unit d, generate_series(1, {most}) AS k
WHERE d.level = 'division' AND (k - 1) * 6 + d.grade <= {classes};
UPDATE foundation_unit u SET path = p.path || u.id || '/' FROM foundation_unit p WHERE u.parent_id = p.id AND u.level = 'institution';
UPDATE foundation_unit u SET path = p.path || u.id || '/' FROM foundation_unit p WHERE u.parent_id = p.id AND u.level = 'division';
UPDATE foundation_unit u SET path = p.path || u.id || '/' FROM foundation_unit p WHERE u.parent_id = p.id AND u.level = 'class';
CREATE TEMP TABLE classes AS SELECT c.id, d.parent_id AS school_id, row_number() OVER (ORDER BY c.id) AS n
FROM foundation_unit c JOIN foundation_unit d ON d.id = c.parent_id WHERE c.level = 'class';
ANALYZE classes;
"""
PEOPLE = """
CREATE TEMP TABLE pupils AS SELECT nextval(pg_get_serial_sequence('people_person', 'id')) AS id, c.id AS class_id, k AS seat
FROM classes c, generate_series(1, {size}) AS k;
INSERT INTO people_person (id, uid, realm_id, name, name_key, sex, birth_date, id_type, id_index, phone_index, created_at)
SELECT id, gen_random_uuid(), 'real', '某' || (id % 97), '某' || (id % 97), CASE id % 2 WHEN 0 THEN 'male' ELSE 'female' END,
  DATE '2016-01-01' + (id % 1500)::int, '', '', '', '{setup}' FROM pupils;
INSERT INTO people_membership (begins, known_at, kind, number, "order", unit_id, person_id)
SELECT DATE '{begins}', '{setup}', 'student', '', seat, class_id, id FROM pupils;
ANALYZE people_person; ANALYZE people_membership; ANALYZE foundation_unit; ANALYZE pupils;
"""
# One day: marks for about 4 % of the pupils (2 % ill at home, 1 % other causes, 1 % at school with a cough).
DAY = """
CREATE TEMP TABLE ill AS SELECT id AS person_id, class_id,
  CASE WHEN r < 0.02 THEN 'illness' WHEN r < 0.03 THEN 'personal' ELSE '' END AS cause
FROM (SELECT *, random() AS r FROM pupils) p WHERE r < 0.04;
CREATE TEMP TABLE checked AS SELECT nextval(pg_get_serial_sequence('daily_rollcheck', 'id')) AS id, c.id AS unit_id, c.school_id,
  count(i.person_id) FILTER (WHERE i.cause <> '') AS absent, count(i.person_id) FILTER (WHERE i.cause = 'illness') AS ill,
  count(i.person_id) FILTER (WHERE i.cause = 'personal') AS other, count(i.person_id) FILTER (WHERE i.cause <> 'personal') AS sick,
  TIMESTAMPTZ '{morning}' + random() * interval '50 minutes' AS at
FROM classes c LEFT JOIN ill i ON i.class_id = c.id {part} GROUP BY c.id, c.school_id;
INSERT INTO daily_rollcheck (id, realm_id, true_at, received_at, on_paper, day, session, all_well, expected, present, absent, absent_ill,
  absent_other, late_arrivals, symptomatic, fever, rules_version, stand_in, correction_reason, unit_id)
SELECT id, 'real', at, at, false, '{day}', 'morning', sick = 0 AND absent = 0, {size}, {size} - absent, absent, ill, other, 0, sick, 0,
  'bench', false, '', unit_id FROM checked;
INSERT INTO daily_rollmark (realm_id, check_id, person_id, unit_id, day, session, presence, cause, symptoms, site, instrument, fever,
  since, diagnosis, hospital, answers)
SELECT 'real', c.id, i.person_id, i.class_id, '{day}', 'morning', CASE WHEN i.cause = '' THEN 'present' ELSE 'absent' END, i.cause,
  CASE WHEN i.cause = 'personal' THEN '[]' ELSE '["cough"]' END::jsonb, '', '', false,
  CASE WHEN i.cause = '' THEN NULL ELSE DATE '{day}' END, '', '', '[]'
FROM ill i JOIN checked c ON c.unit_id = i.class_id;
INSERT INTO daily_healthreport (realm_id, true_at, received_at, on_paper, day, channel, site, instrument, symptoms, fever, absent, unwell,
  cause, contact_case, contact_region, person_id, unit_id)
SELECT 'real', at, at, false, '{day}', 'guardian', '', '', '[]', false, false, false, '', false, false, id, class_id
FROM (SELECT *, TIMESTAMPTZ '{morning}' + random() * interval '50 minutes' AS at FROM pupils WHERE random() < {share}) p;
INSERT INTO reporting_report (realm_id, kind, kind_version, level, unit_id, day, verdict, figures, basis, due_at, grace_minutes, true_at,
  signed_at, first_signed_at, signed_by_id, stand_in, late_reason, reason)
SELECT 'real', 'daily-zero', '{version}', 'institution', school_id, '{day}',
  CASE WHEN sum(sick) + sum(ill) = 0 THEN 'confirmed_zero' ELSE 'has_cases' END,
  jsonb_build_object('registered', count(*) * {size}, 'excused', 0, 'expected', count(*) * {size}, 'present', sum({size} - absent),
    'absent', sum(absent), 'absent_ill', sum(ill), 'absent_other', sum(other), 'absent_unknown', 0, 'fever', 0, 'symptomatic', sum(sick),
    'early_leave', 0, 'new_ill', sum(ill), 'returned', 0, 'unanswered', 0),
  jsonb_build_object('units', '[]'::jsonb, 'unanswered', '[]'::jsonb, 'unsigned', '[]'::jsonb, 'excused', '[]'::jsonb,
    'broken', '[]'::jsonb, 'reasons', '[]'::jsonb, 'lowest', jsonb_agg(jsonb_build_object('unit', unit_id, 'level', 'class',
    'state', CASE WHEN sick + ill = 0 THEN 'confirmed_zero' ELSE 'has_cases' END, 'source', 'check', 'check', id, 'report', NULL,
    'late', false, 'members', {size}, 'counts', jsonb_build_object('registered', {size}, 'expected', {size}, 'present', {size} - absent,
    'absent', absent, 'absent_ill', ill, 'absent_other', other, 'symptomatic', sick, 'new_ill', ill)))),
  TIMESTAMPTZ '{morning}' + interval '100 minutes', 0, TIMESTAMPTZ '{morning}' + interval '60 minutes',
  TIMESTAMPTZ '{morning}' + interval '60 minutes', TIMESTAMPTZ '{morning}' + interval '60 minutes', {signer}, false, '', ''
FROM checked {signed} GROUP BY school_id;
DROP TABLE ill; DROP TABLE checked;
"""
MORE = """
INSERT INTO daily_healthreport (realm_id, true_at, received_at, on_paper, day, channel, site, instrument, symptoms, fever, absent, unwell,
  cause, contact_case, contact_region, person_id, unit_id)
SELECT 'real', '{morning}', '{morning}', false, '{day}', 'guardian', '', '', '[]', false, false, false, '', false, false, id, class_id
FROM pupils LIMIT {rows};
"""
JOURNAL = """
INSERT INTO foundation_journalentry (uid, realm_id, action, agent, subject_type, subject_id, payload_hash, request_id, true_at, received_at,
  unit_id)
SELECT gen_random_uuid(), 'real', 'daily.check.saved', 'bench', 'roll_check', id::text, repeat('0', 64), '', true_at, received_at, unit_id
FROM daily_rollcheck ORDER BY id;
INSERT INTO foundation_journalentry (uid, realm_id, action, agent, subject_type, subject_id, payload_hash, request_id, true_at, received_at,
  unit_id)
SELECT gen_random_uuid(), 'real', 'daily.report.submitted', 'bench', 'health_report', id::text, repeat('0', 64), '', true_at,
  received_at, unit_id FROM daily_healthreport ORDER BY id;
INSERT INTO foundation_journalseal (seq, entry_id, digest, sealed_at)
SELECT h.seq + row_number() OVER (ORDER BY e.id), e.id, repeat('0', 64), e.received_at
FROM foundation_journalentry e, foundation_journalhead h
WHERE NOT EXISTS (SELECT 1 FROM foundation_journalseal s WHERE s.entry_id = e.id);
UPDATE foundation_journalhead SET seq = (SELECT max(seq) FROM foundation_journalseal),
  floor_id = (SELECT max(id) FROM foundation_journalentry),
  digest = repeat('0', 64);
INSERT INTO foundation_readercursor (reader, seq) SELECT r, (SELECT seq FROM foundation_journalhead) FROM unnest(%s::text[]) AS r
ON CONFLICT (reader) DO UPDATE SET seq = EXCLUDED.seq;
"""


TABLES = {
    "persons": "people_person",
    "checks": "daily_rollcheck",
    "marks": "daily_rollmark",
    "reports": "daily_healthreport",
    "signed": "reporting_report",
    "entries": "foundation_journalentry",
}


def school_days(last: date, count: int) -> list[date]:
    """The last `count` weekdays up to `last`, which is one of them itself; the newest last."""
    found = [last]
    day = last
    while len(found) < count:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            found.append(day)
    return found[::-1]


def main(folder: Path, county: County) -> None:
    os.environ["LIANFANG_SECRET_DIR"] = str(folder / "keys")
    data = set_up(str(folder / "data"))
    from django.db import connection

    from lianfang.config.wiring import READERS
    from lianfang.foundation.clock import system_now
    from lianfang.kernel.clock import local_date
    from lianfang.rulepacks import packs

    migrate()
    collect_static(data)
    now = system_now()
    today = local_date(now, "Asia/Shanghai")
    begins = today - timedelta(days=county.days * 2 + 60)
    made = _cast(now, begins, today)
    days = school_days(today, county.days)
    fill = {**asdict(county), **made, "setup": f"{begins.isoformat()} 08:00+08", "begins": begins.isoformat()}
    fill |= {"most": -(-county.classes // 6), "version": packs().report_kinds["daily-zero"].version}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off; SET jit = off")
        cursor.execute(UNITS.format(**fill))
        cursor.execute(PEOPLE.format(**fill))
        for day in days:
            # Today four classes in five have answered and half of the schools have signed.
            part = "WHERE c.n % 5 <> 0" if day == today else ""
            signed = "WHERE school_id % 2 = 0" if day == today else ""
            morning = _local(day, time(7, 20))
            cursor.execute(DAY.format(**fill, day=day.isoformat(), morning=morning, part=part, signed=signed))
        left, day = county.more, days[0]
        while left > 0:
            day -= timedelta(days=1)
            rows = min(left, county.schools * county.classes * county.size)
            cursor.execute(MORE.format(day=day.isoformat(), morning=_local(day, time(7, 20)), rows=rows))
            left -= rows
        if county.journal:
            cursor.execute(JOURNAL, [[reader.name for reader in READERS]])
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("SELECT min(id) FROM foundation_unit WHERE level = 'institution'")
        made["school"] = cursor.fetchone()[0]
        cursor.execute("SELECT min(id) FROM foundation_unit WHERE level = 'class'")
        made["class"] = cursor.fetchone()[0]
        for name, table in TABLES.items():
            cursor.execute(f"SELECT count(*) FROM {table}")
            made[name] = cursor.fetchone()[0]
    made |= _looking(now, begins, made)
    print(json.dumps(made))


def _local(day: date, at: time) -> str:
    return datetime.combine(day, at, ZoneInfo("Asia/Shanghai")).isoformat()


def _cast(now: datetime, begins: date, today: date) -> dict[str, Any]:
    """Bureau and CDC over the region, the term, and whoever signed."""
    from django.db import transaction

    from lianfang.foundation import actions as foundation
    from lianfang.foundation.actor import system_actor
    from lianfang.people import actions as people

    system = system_actor("bench", now)
    with transaction.atomic():
        units = {
            kind: foundation.create_unit(
                system, now, parent=None, kind=kind, level="authority", name=name, region="330106"
            )
            for kind, name in (("education_bureau", "某区教育局"), ("cdc", "某区疾控中心"))
        }
        for kind, capacity in (("education_bureau", "education"), ("cdc", "disease_control")):
            foundation.relate_authority(
                system, now, authority=units[kind], capacity=capacity, begins=begins, region="330106"
            )
        bureau = units["education_bureau"]
        people.declare_term(system, now, unit=bureau, name="term", begins=begins, ends=today + timedelta(days=90))
        signer, _secret = foundation.create_account(
            system, now, username="signer", display_name="某人", password="x" * 12
        )
    return {"bureau": bureau.pk, "cdc": units["cdc"].pk, "signer": signer.pk}


def _looking(now: datetime, begins: date, made: dict[str, Any]) -> dict[str, Any]:
    """Who looks (sessions) and who reports (tokens): posts given as users give them."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import transaction

    from lianfang.foundation import actions as foundation
    from lianfang.foundation.actor import system_actor
    from lianfang.foundation.models import Unit
    from lianfang.people import actions as people

    system = system_actor("bench", now)
    found: dict[str, Any] = {"sessions": {}, "reporters": []}
    posts = [("officer", "county_officer", made["bureau"]), ("cdc", "cdc_officer", made["cdc"]),
             ("principal", "principal", made["school"])]  # fmt: skip
    with transaction.atomic():
        for name, role, unit_id in posts:
            account = _somebody(system, now, begins, name, role, Unit.objects.get(pk=unit_id))
            session = SessionStore()
            session["_auth_user_id"] = str(account.pk)
            session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
            session["_auth_user_hash"] = account.get_session_auth_hash()
            session.create()
            found["sessions"][name] = session.session_key
        school = Unit.objects.get(pk=made["school"])
        office = foundation.create_unit(
            system, now, parent=school, kind="department", level="department", name="教师办公室"
        )
        for number in range(200):
            account = _somebody(system, now, begins, f"r{number}", "staff", office)
            people.add_membership(system, now, person=account.person, unit=office, kind="staff", begins=begins)
            _token, secret = foundation.issue_token(system, now - timedelta(days=1), account, "bench")
            found["reporters"].append({"person": account.person.pk, "token": secret})
    return found


def _somebody(system: Any, now: datetime, begins: date, username: str, role: str, unit: Any) -> Any:
    from lianfang.foundation import actions as foundation
    from lianfang.people import actions as people

    person = people.create_person(system, now, name="某人")
    account, _secret = foundation.create_account(system, now, username=username, display_name="某人", password="x" * 12)
    person.account = account
    person.save(update_fields=["account"])
    people.assign_post(system, now, person=person, unit=unit, role=role, begins=begins)
    return account


if __name__ == "__main__":
    main(Path(sys.argv[1]), County.from_environment(os.environ))
