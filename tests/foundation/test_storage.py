"""Encrypted columns, blind indexes, keyring, files, receipts, inherited settings."""

from __future__ import annotations

import json
import resource
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from lianfang.foundation import actions
from lianfang.foundation.actor import system_actor
from lianfang.foundation.crypto import DecryptionError, blind_index, decrypt, encrypt
from lianfang.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from lianfang.foundation.files import erase_file, read_file, store_file, sweep_strays
from lianfang.foundation.keys import KeyringError, load_keyring
from lianfang.foundation.models import Receipt
from lianfang.foundation.receipts import Submission, earlier_answers, receipt
from lianfang.foundation.unitsettings import declare_setting, setting_for
from lianfang.people.models import Person
from tests.foundation.cast import NOW, Cast


@pytest.mark.parametrize("text", ["", "330106200901010012", "张三 🙂", "x" * 5000])
def test_a_value_comes_back_and_is_never_the_same_twice(text: str) -> None:
    first, second = encrypt(text, "a.B.c"), encrypt(text, "a.B.c")
    assert first != second
    assert decrypt(first, "a.B.c") == text
    assert text.encode() not in first or not text


def test_a_value_moved_to_another_column_or_damaged_does_not_open() -> None:
    stored = encrypt("secret", "a.B.c")
    with pytest.raises(DecryptionError):
        decrypt(stored, "a.B.d")
    with pytest.raises(DecryptionError):
        decrypt(stored[:-1] + bytes([stored[-1] ^ 1]), "a.B.c")
    with pytest.raises(DecryptionError):
        decrypt(b"plain", "a.B.c")


@pytest.mark.django_db
def test_the_database_holds_no_plain_number_and_null_stays_null() -> None:
    Person.objects.create(name="李四", name_key="李四", id_number="330106200901010012", created_at=NOW)
    Person.objects.create(name="王五", name_key="王五", id_number="", created_at=NOW)
    Person.objects.create(name="赵六", name_key="赵六", created_at=NOW)
    stored: list[object] = list(Person.objects.order_by("pk").values_list("id_number", flat=True))
    assert stored == ["330106200901010012", "", None]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number FROM people_person ORDER BY id")
        raw = [bytes(r[0]) if r[0] is not None else None for r in cursor.fetchall()]
    assert raw[0] is not None
    assert b"330106" not in raw[0]
    assert raw[2] is None


def test_blind_indexes_agree_by_value_and_differ_by_purpose() -> None:
    assert blind_index("id", "1") == blind_index("id", "1") != blind_index("phone", "1")
    assert blind_index("id", "") == ""


def test_a_keyring_is_made_once_private_and_checked(tmp_path: Path) -> None:
    first = load_keyring(tmp_path / "keys")
    assert load_keyring(tmp_path / "keys") == first
    path = tmp_path / "keys" / "keyring.json"
    assert path.stat().st_mode & 0o077 == 0
    body = json.loads(path.read_text())
    del body["journal"]
    path.write_text(json.dumps(body))
    with pytest.raises(KeyringError, match="recovery"):
        load_keyring(tmp_path / "keys")


def test_two_processes_that_start_together_share_one_keyring(tmp_path: Path) -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(load_keyring(tmp_path / "k"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({r.text("django") for r in found}) == 1


def test_files_are_stored_encrypted_and_really_erased(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    actor = system_actor("test", NOW)
    row = store_file(
        actor, NOW, unit=cast.school, name="../../花名册.xlsx", media_type="x", purpose="roster", content=b"canary" * 9
    )
    assert row.name == "花名册.xlsx"
    stored = list((Path(settings.DATA_DIR) / "files").rglob(row.uid.hex))
    assert len(stored) == 1
    assert b"canary" not in stored[0].read_bytes()
    assert read_file(row) == b"canary" * 9
    with django_capture_on_commit_callbacks(execute=True):
        erase_file(row, NOW)
        assert stored[0].exists(), "not before the commit"
    assert not stored[0].exists()
    with pytest.raises(NotFound):
        read_file(row)


@pytest.fixture
def small_files() -> Iterator[Callable[[], None]]:
    """From the call until the end of the test this process can write no file beyond 64 bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents() -> set[Path]:
    return {path for path in (Path(settings.DATA_DIR) / "files").rglob("*") if path.is_file()}


def test_a_full_disk_leaves_nothing_of_a_file(cast: Cast, small_files: Callable[[], None]) -> None:
    before = contents()
    small_files()
    with pytest.raises(OSError, match="too large"):
        store_file(
            system_actor("test", NOW),
            NOW,
            unit=cast.school,
            name="名册.xlsx",
            media_type="x",
            purpose="roster",
            content=b"x" * 900,
        )
    assert contents() == before


def test_what_an_undone_upload_left_is_removed_after_a_day(cast: Cast) -> None:
    actor = system_actor("test", NOW)
    known = {"unit": cast.school, "name": "a.csv", "media_type": "text/csv", "purpose": "roster", "content": b"x"}
    before = contents()
    kept = store_file(actor, NOW, **known)  # type: ignore[arg-type]
    stray = store_file(actor, NOW, **known)  # type: ignore[arg-type]
    stray.delete()
    assert len(contents() - before) == 2
    assert sweep_strays(NOW + timedelta(hours=23)) == 0
    assert sweep_strays(NOW + timedelta(hours=25)) == 1
    assert {path.name for path in contents() - before} == {kept.uid.hex}
    assert read_file(kept) == b"x"


@pytest.mark.django_db
def test_a_receipt_answers_again_and_refuses_other_content() -> None:
    first = Submission("account:1", uuid.uuid4(), {"t": 36.5, "s": ["cough"]})
    assert earlier_answers([first]) == {}
    receipt(first, {"id": 7}, NOW).save()
    same = Submission(first.source, first.client_id, {"s": ["cough"], "t": 36.5})
    other = Submission(first.source, first.client_id, {"t": 38.5, "s": []})
    elsewhere = Submission("account:2", first.client_id, {"t": 38.5})
    assert earlier_answers([same]) == {(first.source, first.client_id): {"id": 7}}
    assert isinstance(earlier_answers([other])[(first.source, first.client_id)], Conflict)
    assert earlier_answers([elsewhere]) == {}
    with pytest.raises(IntegrityError), transaction.atomic():
        receipt(same, {"id": 8}, NOW).save()
    assert Receipt.objects.count() == 1


def positive(value: object) -> str | None:
    return None if isinstance(value, int) and value > 0 else "must be a positive number"


def test_settings_are_inherited_dated_and_known_in_time(cast: Cast) -> None:
    declare_setting("test.number", 1, positive)
    admin = cast.actor("admin")
    day = date(2026, 9, 15)
    later = NOW + timedelta(hours=1)
    assert setting_for(cast.klass, "test.number", day).value == 1
    actions.set_unit_setting(admin, NOW, unit=cast.school, key="test.number", value=5, begins=day)
    actions.set_unit_setting(admin, later, unit=cast.grade, key="test.number", value=7, begins=day)
    assert setting_for(cast.klass, "test.number", day).value == 7
    assert setting_for(cast.klass, "test.number", day).unit_id == cast.grade.pk
    assert setting_for(cast.klass, "test.number", day - timedelta(days=1)).value == 1
    assert setting_for(cast.klass, "test.number", day, known_at=NOW).value == 5
    actions.set_unit_setting(admin, later, unit=cast.grade, key="test.number", value=None, begins=day)
    assert setting_for(cast.klass, "test.number", day).value == 5
    with pytest.raises(Invalid):
        actions.set_unit_setting(admin, NOW, unit=cast.school, key="test.number", value=0, begins=day)
    with pytest.raises(Forbidden):
        actions.set_unit_setting(cast.actor("teacher"), NOW, unit=cast.klass, key="test.number", value=3, begins=day)
    with pytest.raises(NotFound):
        actions.set_unit_setting(cast.actor("stranger"), NOW, unit=cast.school, key="test.number", value=3, begins=day)
