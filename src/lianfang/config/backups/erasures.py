"""Erasures on request, kept outside the database, so that restoring an older backup does not bring people back.

What is past its term goes again by itself (`foundation.retention`); what was erased on request is known only to the
database that did it. So a reader of the journal notes it in `erasures.jsonl` in the key folder and beside the backups:
the journal entry, the instant, the person's random id and whether everything went. No names. Each line is signed with
the journal's key, so that nobody has somebody erased by editing the file.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lianfang.config.backups import places
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.keys import Keyring

FILE = "erasures.jsonl"
log = logging.getLogger("lianfang.backups")


@dataclass(frozen=True, slots=True)
class Erased:
    """One erasure: uid of its journal entry, instant (ISO 8601), uid of the person, and whether everything went."""

    entry: str
    at: str
    person: str
    whole: bool


def _signature(keyring: Keyring, what: Erased) -> str:
    said = json.dumps(["erasure", what.entry, what.at, what.person, what.whole])
    return keyring.digest("journal", said.encode())


def _line(keyring: Keyring, what: Erased) -> str:
    return json.dumps({**asdict(what), "sign": _signature(keyring, what)}) + "\n"


def read(paths: Iterable[Path], keyring: Keyring) -> list[Erased]:
    """What these files say, each erasure once, oldest first. Lines that were cut off or not signed by us are left out."""
    found: dict[str, Erased] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
            try:
                raw = json.loads(line)
                what = Erased(str(raw["entry"]), str(raw["at"]), str(raw["person"]), bool(raw["whole"]))
                known = hmac.compare_digest(_signature(keyring, what), str(raw["sign"]))
                datetime.fromisoformat(what.at)
            except (ValueError, TypeError, KeyError):
                known = False
            if known:
                found[what.entry] = what
            elif line.strip():
                log.warning("a line of %s is not ours and was passed over", path.name)
    return sorted(found.values(), key=lambda what: (datetime.fromisoformat(what.at), what.entry))


def _add(folder: Path, keyring: Keyring, new: Iterable[Erased]) -> int:
    """Write what the folder's file does not hold yet, durably. Returns how many."""
    path = folder / FILE
    known = {what.entry for what in read([path], keyring)}
    lines = [_line(keyring, what) for what in new if what.entry not in known]
    if lines:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as out:
            size = out.seek(0, os.SEEK_END)
            if size:
                out.seek(size - 1)
                lines = lines if out.read(1) == b"\n" else ["\n", *lines]  # the last write was cut off
            out.write("".join(lines).encode())
            out.flush()
            os.fsync(out.fileno())
        places.sync_folder(folder)
    return len(lines)


def copy_beside(data: Path, backups: Path, keyring: Keyring) -> None:
    """Give the folder of backups what the key folder knows."""
    _add(backups, keyring, read([places.key_folder(data) / FILE], keyring))


def note(actor: Actor, entry: Any, now: datetime) -> None:
    """Reader of `people.person.erased`: keep it outside the database. The key folder must take it, the folder of
    backups gets it again with the next backup."""
    from django.conf import settings

    from lianfang.people.models import Person

    person = Person.objects.filter(pk=int(entry.subject_id)).first()
    if person is None:
        return
    whole = bool((entry.payload.body or {}).get("whole", person.erased_at is not None))
    what = Erased(entry.uid.hex, entry.received_at.isoformat(), person.uid.hex, whole)
    data, keyring = Path(settings.DATA_DIR), settings.KEYRING
    _add(Path(settings.SECRET_DIR), keyring, [what])
    backups = places.backup_folder(data)
    if backups is not None and backups.is_dir():
        try:
            _add(backups, keyring, [what])
        except OSError as error:
            log.warning("the folder of backups does not take the erasure now: %s", error.strerror)


def repeat(paths: Iterable[Path], keyring: Keyring, now: datetime) -> int:
    """Erase again, in the connected database, what its journal does not know. Returns how many persons."""
    from lianfang.foundation.models import JournalEntry
    from lianfang.foundation.realm import REAL, in_realm
    from lianfang.people.actions.privacy import erase_again
    from lianfang.people.models import Person

    noted = read(paths, keyring)
    known = {
        uid.hex for uid in JournalEntry.all_realms.filter(action="people.person.erased").values_list("uid", flat=True)
    }
    done = set()
    for what in noted:
        person = Person.objects.filter(uid=what.person).first() if what.entry not in known else None
        if person is None:
            continue
        with in_realm(person.realm_id or REAL):
            at = datetime.fromisoformat(what.at)
            actor = system_actor("backups.restore", now)
            if erase_again(actor, now, person_id=person.pk, whole=what.whole, at=at) is not None:
                done.add(what.person)
    return len(done)
