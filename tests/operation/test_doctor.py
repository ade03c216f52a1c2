"""`lianfang doctor`: what each finding rests on, as tables, and whole examinations of real folders."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection

from lianfang.config import beat
from lianfang.config.backups.places import State
from lianfang.config.doctor import Case, Finding, Level, database, examine, machine, surroundings, work
from lianfang.config.doctor.round import guarded
from lianfang.config.processes import BESIDE_ALL, BESIDE_EACH, places_for
from lianfang.config.schedule import JOBS
from lianfang.foundation import journal
from lianfang.foundation.models import JournalEntry, JournalPayload
from tests.district import MORNING, make_district

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
OK, WARNING, PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM
GIB = 2**30


@pytest.fixture
def case(tmp_path: Path) -> Case:
    for name in ("data", "keys"):
        (tmp_path / name).mkdir(mode=0o700)
    return Case(tmp_path / "data", tmp_path / "keys", {}, NOW, running=False)


def with_environ(case: Case, **environ: str) -> Case:
    return Case(case.data, case.keys, environ, case.now, case.running)


def levels(findings: Any) -> dict[str, Level]:
    """The worst level of each check."""
    found: dict[str, Level] = {}
    for finding in findings:
        before = found.get(finding.check, OK)
        found[finding.check] = max(before, finding.level, key=lambda level: level.exit_code)
        assert finding.zh and finding.en
        assert bool(finding.do_zh) == bool(finding.do_en) == (finding.level is not OK), finding
    return found


@pytest.mark.parametrize(
    "free, size, level",
    [
        (50 * GIB, 100 * GIB, OK),
        (9 * GIB, 100 * GIB, WARNING),
        (3 * GIB // 2, 8 * GIB, WARNING),
        (2 * GIB, 100 * GIB, PROBLEM),
        (GIB // 4, 4 * GIB, PROBLEM),
    ],
)
def test_space(free: int, size: int, level: Level) -> None:
    assert machine.space_level(free, size) is level


@pytest.mark.parametrize("free, total, level", [(50, 100, OK), (9, 100, WARNING), (1, 100, PROBLEM), (0, 0, OK)])
def test_inodes(free: int, total: int, level: Level) -> None:
    assert machine.inode_level(free, total) is level


@pytest.mark.parametrize("days, level", [(90, OK), (20, WARNING), (4, PROBLEM), (-1, PROBLEM)])
def test_certificates(case: Case, days: int, level: Level) -> None:
    (case.data / "tls").mkdir()
    (case.data / "tls" / "site.pem").write_bytes(certificate(NOW - timedelta(days=30), NOW + timedelta(days=days)))
    assert levels(surroundings.certificates(case)) == {"certificate": level}


def certificate(begins: datetime, ends: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lianfang")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(begins).not_valid_after(ends)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_a_certificate_that_cannot_be_read_or_is_not_yet_good(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    named = with_environ(case, LIANFANG_TLS_SERVED=str(path))
    assert levels(surroundings.certificates(named)) == {"certificate": PROBLEM}
    path.write_bytes(certificate(NOW + timedelta(days=1), NOW + timedelta(days=90)))
    assert levels(surroundings.certificates(named)) == {"certificate": PROBLEM}
    assert levels(surroundings.certificates(case)) == {"certificate": OK}


@pytest.mark.parametrize(
    "environ, demo, found",
    [
        ({}, False, {}),
        ({"LIANFANG_HOSTS": "localhost,127.0.0.1"}, True, {"demo": OK}),
        ({"LIANFANG_HOSTS": "*"}, True, {"hosts": WARNING, "demo": PROBLEM}),
        ({"LIANFANG_HOSTS": "school.example"}, False, {"https": PROBLEM}),
        ({"LIANFANG_HOSTS": "school.example", "LIANFANG_HTTPS": "1"}, False, {"https": OK}),
        ({"LIANFANG_HOSTS": "school.example", "LIANFANG_HTTPS": "1"}, True, {"demo": PROBLEM, "https": OK}),
    ],
)
def test_addresses(case: Case, environ: dict[str, str], demo: bool, found: dict[str, Level]) -> None:
    if demo:
        (case.data / "demo").touch()
    assert levels(surroundings.addresses(with_environ(case, **environ))) == found


def test_how_up_was_started_counts_as_well(case: Case) -> None:
    beat.Start("0.0.0.0", 8000, 2, 24, "*", debug=True, https=False).write(case.data)
    assert levels(surroundings.addresses(case)) == {"hosts": WARNING, "https": PROBLEM}
    assert levels(surroundings.switches(case)) == {"debug": PROBLEM}


@pytest.mark.parametrize(
    "environ, found",
    [
        ({}, {}),
        ({"LIANFANG_DEBUG": "1"}, {"debug": PROBLEM}),
        ({"LIANFANG_METRICS_TOKEN": "short"}, {"metrics.token": WARNING}),
        ({"LIANFANG_LOG_FORMAT": "xml"}, {"log.format": PROBLEM}),
        ({"LIANFANG_SMTP_HOST": "mail.example"}, {"mail.tls": WARNING}),
        ({"LIANFANG_SMTP_HOST": "mail.example", "LIANFANG_SMTP_TLS": "1"}, {}),
        ({"LIANFANG_SMTP_HOST": "localhost"}, {}),
    ],
)
def test_switches(case: Case, environ: dict[str, str], found: dict[str, Level]) -> None:
    assert levels(surroundings.switches(with_environ(case, **environ))) == found


def test_folders_and_keys(case: Case) -> None:
    keyring = case.keys / "keyring.json"
    keyring.touch(mode=0o600)
    assert set(levels(machine.folders(case)).values()) == {OK}
    keyring.chmod(0o644)
    case.data.chmod(0o755)
    assert levels(machine.folders(case)) == {"folders.data": PROBLEM, "folders.keys": OK, "keys.file": PROBLEM}
    keyring.unlink()
    (case.data / "lianfang.sqlite3").touch()
    assert levels(machine.folders(case))["keys.file"] is PROBLEM
    inside = Case(case.data, case.data / "keys", {}, NOW, running=False)
    assert levels(machine.folders(inside))["keys.apart"] is WARNING


def test_the_clock(case: Case) -> None:
    (case.data / "x").touch()
    os.utime(case.data / "x", times=(NOW.timestamp() + 4000,) * 2)
    assert levels(machine.clock(case))["clock.files"] is PROBLEM
    os.utime(case.data / "x", times=(NOW.timestamp(),) * 2)
    running = Case(case.data, case.keys, {}, NOW, running=True)
    for moved, level in ((0.0, OK), (-60.0, WARNING)):
        beat.Beat(boot=beat.boot_id(), offset=beat.clock_offset() + moved).write(case.data, NOW)
        os.utime(case.data / beat.NAME, times=(NOW.timestamp(),) * 2)
        found = levels(machine.clock(running))
        assert found["clock.jumps"] is level and "clock.files" not in found
    assert levels(machine._synchronised("no")) == {"clock.service": WARNING}
    assert levels(machine._synchronised("yes")) == {"clock.service": OK}


JOB = JOBS[2]


@pytest.mark.parametrize(
    "seen, ran, failed, found",
    [
        (timedelta(seconds=5), timedelta(seconds=5), 0, {"worker": OK}),
        (timedelta(minutes=5), timedelta(minutes=5), 0, {"worker": PROBLEM}),
        (timedelta(seconds=5), timedelta(minutes=30), 0, {"worker": OK, "worker.job": WARNING}),
        (timedelta(seconds=5), timedelta(seconds=5), 1, {"worker": OK, "worker.job": WARNING}),
        (timedelta(seconds=5), timedelta(seconds=5), 3, {"worker": OK, "worker.job": PROBLEM}),
    ],
)
def test_the_worker(case: Case, seen: timedelta, ran: timedelta, failed: int, found: dict[str, Level]) -> None:
    running = Case(case.data, case.keys, {}, NOW, running=True)
    sign = beat.Beat()
    sign.ran(JOB.name, NOW - ran, 0.1, None)
    sign.jobs[JOB.name].failed = failed
    sign.write(case.data, NOW - seen)
    assert levels(work.worker(running)) == found
    assert levels(work.worker(case)) == {"worker": WARNING}


DRILLED = {"ok": True}
HOURS = timedelta(hours=1)


def backed_up(age: timedelta | None, *, on: bool = True, ok: bool | None = None, drill: Any = DRILLED) -> State:
    last = {} if ok is None else {"ok": ok}
    return State(Path("x") if on else None, None, None, age, 1, last, drill, unfinished_restore=False)


@pytest.mark.parametrize(
    "backup, found",
    [
        (backed_up(None, on=False), {"backup": WARNING}),
        (backed_up(None), {"backup": WARNING}),
        (backed_up(20 * HOURS, ok=True), {"backup": OK}),
        (backed_up(20 * HOURS, ok=False), {"backup": WARNING}),
        (backed_up(40 * HOURS), {"backup": WARNING}),
        (backed_up(96 * HOURS, ok=False), {"backup": PROBLEM}),
        (backed_up(20 * HOURS, drill={}), {"backup": OK, "drill": WARNING}),
        (backed_up(20 * HOURS, drill={"ok": False}), {"backup": OK, "drill": WARNING}),
        (replace(backed_up(20 * HOURS), unfinished_restore=True), {"backup": OK, "restore": PROBLEM}),
    ],
)
def test_backups(backup: State, found: dict[str, Level]) -> None:
    assert levels(work.backup_findings(backup)) == found


@pytest.mark.django_db
def test_a_sound_database_and_one_that_was_altered(case: Case) -> None:
    make_district(4)
    journal.seal(MORNING)
    later = Case(case.data, case.keys, {}, MORNING + timedelta(minutes=1), running=True)
    found = levels(f for check in database.CHECKS for f in check(later))
    if connection.vendor == "postgresql":  # the tests' server is the operator's business
        found = {
            k: v
            for k, v in found.items()
            if k not in ("postgres.role", "postgres.fsync", "postgres.synchronous_commit", "postgres.full_page_writes")
        }
    assert set(found.values()) == {OK} and {"journal.tail", "migrations", "clock.journal"} <= set(found)
    earlier = Case(case.data, case.keys, {}, datetime(2020, 1, 1, tzinfo=UTC), running=True)
    assert levels(database.journal(earlier))["clock.journal"] is PROBLEM
    JournalPayload.objects.filter(entry=JournalEntry.all_realms.order_by("-pk").first()).update(body={"x": 1})
    assert levels(database.journal(later))["journal.tail"] is PROBLEM


@pytest.mark.django_db
def test_lateness_of_seal_and_mail(case: Case, settings: Any) -> None:
    make_district(4)
    running = Case(case.data, case.keys, {}, MORNING, running=True)
    assert levels(work.lateness(running))["journal.seal"] is PROBLEM
    journal.seal(MORNING)
    assert levels(work.lateness(running))["journal.seal"] is OK
    assert levels(work.mail(running)) == {"mail": OK}
    settings.EMAIL_HOST = "localhost"
    assert levels(work.mail(running)) == {"mail": OK}


def test_the_longest_mount_point_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\nproc /proc proc rw 0 0\n")
    assert database.filesystem_of(tmp_path / "db", mounts) == "nfs4"
    assert database.filesystem_of(Path("/var/x"), mounts) == "ext4"
    assert database.filesystem_of(Path("/var/x"), tmp_path / "none") == ""


def test_a_check_that_fails_is_a_finding(case: Case) -> None:
    def broken(case: Case) -> Any:
        yield Finding("a", OK, "好", "well")
        raise ValueError("13987654321")

    first, second = guarded(broken, case)
    assert (first.level, second.level) == (OK, PROBLEM)
    assert "ValueError" in second.en and "1398" not in second.en + second.zh


def test_without_a_folder_or_without_keys_nothing_is_made(case: Case, tmp_path: Path) -> None:
    none = Case(tmp_path / "none", tmp_path / "nokeys", {}, NOW, running=False)
    assert levels(examine(none)) == {"folders.data": PROBLEM}
    (case.data / "lianfang.sqlite3").write_bytes(b"")
    assert levels(examine(case))["keys.file"] is PROBLEM
    assert not (tmp_path / "none").exists() and not (tmp_path / "nokeys").exists()
    assert list(case.keys.iterdir()) == []


@pytest.mark.parametrize(
    "workers, allowed, places",
    [(1, None, 24), (4, None, 24), (4, 150, 24), (4, 100, 16), (2, 100, 24), (4, 20, 4), (8, 100, 5)],
)
def test_places_fit_the_connections_of_the_database(workers: int, allowed: int | None, places: int) -> None:
    assert places_for(workers, allowed) == places
    assert allowed is None or places == 4 or workers * (places + BESIDE_EACH) + BESIDE_ALL <= allowed
