"""New keys: everything stored stands under them afterwards, nothing is lost on the way, older backups still open."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.db import connection

from lianfang.config.backups import renewing, sheet
from lianfang.config.backups.keyfile import write
from lianfang.config.backups.problems import BackupError
from lianfang.config.backups.renewing import Renewed, renew
from lianfang.config.backups.restoring import not_running, restore
from lianfang.foundation import journal, rekeying
from lianfang.foundation.actor import system_actor
from lianfang.foundation.files import erase_file, read_file, store_file
from lianfang.foundation.keys import PURPOSES, RENEWABLE, load_keyring
from lianfang.foundation.models import Account, JournalEntry, StoredFile
from lianfang.people.models import Household, Person
from lianfang.ui.account import account_key
from lianfang.web.signin.codes import secret_of
from tests.backups.conftest import CONTENT, LATER, Elsewhere, Home
from tests.backups.forked import in_a_child

PEOPLE = 1203  # more than two batches


@pytest.fixture
def kept(home: Home, settings: Any) -> Home:
    """With secrets of every kind, and its keys in the folder of the keys."""
    settings.KEYRING = settings.KEYRING  # put back after the test
    write(settings.SECRET_DIR, settings.KEYRING)
    household = Household.objects.create(address="湖墅南路 8 号")
    Person.objects.bulk_create(
        Person(
            name=f"人{n}",
            name_key=f"人{n}",
            phone="" if n == 7 else f"138{n:08d}",
            household=household,
            created_at=LATER,
        )
        for n in range(PEOPLE)
    )
    account = Account.objects.get(pk=home.district.accounts["teacher"].pk)
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(account)
    Session.objects.create(session_key="open", session_data="", expire_date=LATER)
    return home


def renewed(home: Home, progress: Any = lambda number: None) -> Renewed:
    return renew(home.data, load_keyring(configured.SECRET_DIR), LATER, progress)


def contents() -> dict[str, Any]:
    """Everything that stands encrypted, in plain."""
    found: dict[str, Any] = {
        field.label: list(field.model._base_manager.order_by("pk").values_list("pk", field.name))
        for field in rekeying.encrypted_columns()
    }
    app = Authenticator.objects.get(type="totp")
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).generate_codes()
    files = [read_file(row) for row in StoredFile.all_realms.filter(erased_at=None).order_by("pk")]
    return {**found, "secret": secret_of(app), "codes": codes, "files": files}


def test_everything_stands_under_the_new_key_and_reads_as_before(kept: Home, settings: Any) -> None:
    before, old, outbox = contents(), settings.KEYRING, account_key(Account.objects.earliest("pk"))
    done = renewed(kept)
    assert not done.finished and done.cleared
    assert done.values >= PEOPLE + 3  # phones, the address, the file, the secret, the seed
    now = load_keyring(settings.SECRET_DIR)
    assert now == done.keyring == settings.KEYRING
    for purpose in PURPOSES:
        assert (now.current[purpose] == "k2") is (purpose in RENEWABLE), purpose
        assert now.keys[purpose]["k1"] == old.keys[purpose]["k1"]
    assert contents() == before
    assert not rekeying.anything_stale()
    assert not Session.objects.exists()
    entry = JournalEntry.objects.get(action="foundation.keys.renewed")
    assert entry.payload.body == {"generation": "k2", "values": done.values}
    assert account_key(Account.objects.earliest("pk")) == outbox  # what waits on a phone is still its owner's
    assert journal.seal(LATER) and list(journal.verify()) == []
    settings.KEYRING = type(now)({**now.keys, "field": {"k2": now.keys["field"]["k2"]}}, now.current)
    assert contents() == before  # the old key is needed for nothing


@pytest.mark.one_database("reads the database's file; everything else about new keys runs on both")
def test_the_old_bytes_are_in_no_file_of_the_database(kept: Home) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM people_person WHERE name = '人11'")
        (stored,) = cursor.fetchone()
        cursor.execute("PRAGMA database_list")
        file = cursor.fetchone()[2]
    assert bytes(stored) in read_whole(file)
    renewed(kept)
    assert bytes(stored) not in read_whole(file)


def read_whole(file: str) -> bytes:
    parts = [file, f"{file}-wal"]
    return b"".join(open(part, "rb").read() for part in parts if os.path.exists(part))


# Killed with the new keyring there and nothing else; with a batch encrypted and not committed: the first of all, the third
# of the people, the files, the second factors.
@pytest.mark.parametrize("at", [0, 1, PEOPLE, "file", "second factors"])
def test_killed_anywhere_the_next_call_finishes_it(kept: Home, settings: Any, at: Any, monkeypatch: Any) -> None:
    before = contents()
    columns = sum(value is not None for rows in list(before.values())[:-3] for _pk, value in rows)
    wanted = {"file": columns + 1, "second factors": columns + 3}.get(at, at)

    def dies(number: int) -> None:
        if number >= wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    def dies_at_once(*given: Any) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    with monkeypatch.context() as patched:
        if at == 0:
            patched.setattr(renewing, "encrypt_anew", dies_at_once)
        assert in_a_child(lambda: renewed(kept, dies)) == -signal.SIGKILL
    between = load_keyring(settings.SECRET_DIR)
    assert between.current["field"] == "k2"
    settings.KEYRING = between
    assert contents() == before  # whatever stands under which key, it can be read
    done = renewed(kept)
    assert done.finished and done.keyring == between
    assert contents() == before and not rekeying.anything_stale()
    again = renewed(kept)
    assert not again.finished and again.keyring.current["field"] == "k3"


def test_older_backups_and_their_sheet_are_still_good(kept: Home, elsewhere: Elsewhere, settings: Any) -> None:
    before, made = contents(), kept.back_up()
    old_sheet = "\n".join(sheet.lines(settings.KEYRING))
    keyring = renewed(kept).keyring
    assert sheet.read_sheet("\n".join(sheet.lines(keyring))) == keyring
    for ring in (keyring, sheet.read_sheet(old_sheet)):
        settings.KEYRING = ring
        with elsewhere() as data:
            assert restore(made.file, data, ring, LATER, version="0.2.0").faults == []
            assert contents() == before
            assert rekeying.anything_stale() is (ring is keyring)
    settings.KEYRING = keyring
    newer = kept.back_up(LATER)
    with elsewhere() as data, pytest.raises(BackupError):
        restore(newer.file, data, sheet.read_sheet(old_sheet), LATER, version="0.2.0")


def test_a_value_that_does_not_open_is_named_and_nothing_else_is_touched(kept: Home, settings: Any) -> None:
    before, broken = contents(), Person.objects.get(name="人800")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET phone = %s WHERE id = %s", [b"\x01\x02k1" + bytes(60), broken.pk])
    with pytest.raises(BackupError) as refusal:
        renewed(kept)
    assert f"people.Person.phone {broken.pk}" in refusal.value.label.en
    Person.objects.filter(pk=broken.pk).update(phone=dict(before["people.Person.phone"])[broken.pk])
    assert renewed(kept).finished
    assert contents() == before and not rekeying.anything_stale()


def test_an_erased_file_stays_erased(kept: Home) -> None:
    actor = system_actor("test", LATER)
    gone = store_file(
        actor, LATER, unit=kept.district.units["school"], name="x", media_type="a/b", purpose="roster", content=CONTENT
    )
    erase_file(gone, LATER)
    renewed(kept)
    assert StoredFile.all_realms.get(pk=gone.pk).erased_at == LATER
    assert not list((kept.data / "files").glob(f"??/{gone.uid.hex}*"))


def test_while_it_runs_nobody_takes_its_keys(kept: Home, settings: Any) -> None:
    before = load_keyring(settings.SECRET_DIR)
    with not_running(kept.data), pytest.raises(BackupError) as refusal:
        renewed(kept)
    assert "更换密钥" in refusal.value.label.zh
    assert load_keyring(settings.SECRET_DIR) == before
