"""After the faults, in a process of its own: compares what was acknowledged with what the database and the files hold.

`python -m tests.faults.checker LEDGER...` first waits until the worker has caught up, then prints a JSON object: `counts`,
and lists of findings `lost`, `doubled`, `half`, `unfinished`, `late`, `chain`; all empty when nothing is wrong.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults import ledger

PATIENCE = 60.0
# Client and server stand on one machine: what the server calls received lies between sending and answer, give or take.
SLACK = timedelta(seconds=2)
ACTIONS = {
    "health_report": {"daily.report.submitted"},
    "roll_check": {"daily.check.saved", "daily.check.corrected"},
    "early_leave": {"daily.leave.recorded"},
    "report": {"reporting.report.signed", "reporting.report.amended"},
}
SUBJECT = {"report": "health_report", "check": "roll_check", "leave": "early_leave", "sign": "report"}


class Findings:
    def __init__(self) -> None:
        self.lists: dict[str, list[str]] = {
            key: [] for key in ("lost", "doubled", "half", "unfinished", "late", "chain")
        }

    def add(self, what: str, words: str) -> None:
        self.lists[what].append(words)


def settle() -> list[str]:
    """Wait for the worker; what it has not done in time."""
    from lianfang.config.wiring import READERS
    from lianfang.foundation.models import JournalEntry, JournalHead, ParkedEvent, ReaderCursor

    until = time.monotonic() + PATIENCE
    while True:
        head = JournalHead.objects.get(pk=1)
        left = [
            f"{JournalEntry.all_realms.filter(seal__isnull=True).count()} entries without a seal",
            f"{len(READERS) - ReaderCursor.objects.filter(seq__gte=head.seq).count()} readers behind",
            f"{ParkedEvent.objects.count()} events set aside",
        ]
        left = [words for words in left if not words.startswith("0 ")]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.2)


def check(said: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found = Findings()
    found.lists["unfinished"] = settle()
    receipts = _receipts(said, found)
    _journal(found)
    _rolls(said, receipts, found)
    _duties(found)
    _notices(found)
    _uploads(said, found)
    from lianfang.foundation.journal import verify

    found.lists["chain"] = [f"{fault.seq}: {fault.what}" for fault in verify()]
    acked = Counter(entry["kind"] for entry in said.values() if "answer" in entry)
    counts = {"acknowledged": sum(acked.values()), "open": sum(1 for e in said.values() if _open(e)), "kinds": acked}
    return {"counts": counts, **found.lists}


def _open(entry: dict[str, Any]) -> bool:
    return "answer" not in entry and "refused" not in entry


def _facts() -> dict[str, dict[int, Any]]:
    from lianfang.daily.models import EarlyLeave, HealthReport, RollCheck
    from lianfang.reporting.models import Report

    models = {"health_report": HealthReport, "roll_check": RollCheck, "early_leave": EarlyLeave}
    facts = {kind: dict(model.all_realms.values_list("pk", "received_at")) for kind, model in models.items()}
    return {**facts, "report": dict(Report.all_realms.values_list("pk", "signed_at"))}


def _receipts(said: dict[str, dict[str, Any]], found: Findings) -> dict[str, tuple[str, int]]:
    """Client id → (subject type, fact): each receipt has its fact and each fact its receipt, and both what was said."""
    from lianfang.foundation.models import Receipt

    facts = _facts()
    stored: dict[str, tuple[str, int]] = {}
    answers: dict[str, Any] = {}
    times: Counter[tuple[str, int]] = Counter()
    for client_id, answer in Receipt.objects.values_list("client_id", "answer"):
        key = str(client_id)
        if key not in said:
            found.add("half", f"a receipt of nobody's submission {key}")
            continue
        place = (SUBJECT[said[key]["kind"]], answer["report"] if "report" in answer else answer["id"])
        stored[key], answers[key] = place, answer
        times[place] += 1
        if place[1] not in facts[place[0]]:
            found.add("half", f"{key}: a receipt without its {place[0]}")
    found.lists["doubled"] += [f"{n} receipts for {place}" for place, n in times.items() if n > 1]
    for kind, rows in facts.items():
        found.lists["half"] += [f"{kind} {pk} has no receipt" for pk in rows if (kind, pk) not in times]
    for key, entry in said.items():
        if entry["kind"] == "upload":
            continue
        if "refused" in entry and key in stored:
            found.add("half", f"{key}: refused and stored")
        if "answer" not in entry:
            continue
        if key not in stored:
            found.add("lost", f"{key} ({entry['kind']})")
        elif stored[key][1] != entry["answer"]["id"]:
            found.add("lost", f"{key}: acknowledged as {entry['answer']['id']}, stored as {stored[key]}")
        else:
            kind, pk = stored[key]
            _received(key, entry, facts[kind].get(pk), found)
    return stored


def _received(key: str, entry: dict[str, Any], received: datetime | None, found: Findings) -> None:
    sent, acked = datetime.fromisoformat(entry["sent"]), datetime.fromisoformat(entry["acked"])
    slack = SLACK + timedelta(seconds=entry.get("slack", 0))
    if received is not None and not sent - slack <= received <= acked + slack:
        found.add(
            "late", f"{key}: received {received.isoformat()}, but sent {entry['sent']}, answered {entry['acked']}"
        )


def _journal(found: Findings) -> None:
    """One entry for each fact, one fact for each entry, a payload for each entry."""
    from lianfang.foundation.models import JournalEntry, JournalPayload

    facts = _facts()
    for kind, actions in ACTIONS.items():
        told = Counter(
            int(pk)
            for pk in JournalEntry.all_realms.filter(subject_type=kind, action__in=actions).values_list(
                "subject_id", flat=True
            )
        )
        found.lists["half"] += [f"{kind} {pk} is not in the journal" for pk in facts[kind].keys() - told.keys()]
        found.lists["half"] += [f"the journal tells of {kind} {pk}" for pk in told.keys() - facts[kind].keys()]
        found.lists["doubled"] += [f"{kind} {pk} is {n} times in the journal" for pk, n in told.items() if n > 1]
    entries, payloads = JournalEntry.all_realms.count(), JournalPayload.objects.count()
    if entries != payloads:
        found.add("half", f"{entries} entries, {payloads} payloads")


def _rolls(said: dict[str, dict[str, Any]], stored: dict[str, tuple[str, int]], found: Findings) -> None:
    """Every roll has the marks that were sent; of each session one is in force, and the others were replaced once."""
    from django.db.models import Count

    from lianfang.daily.models import RollCheck

    marks = dict(RollCheck.all_realms.annotate(n=Count("marks")).values_list("pk", "n"))
    for key, (kind, pk) in stored.items():
        if kind == "roll_check" and marks.get(pk) != said[key]["marks"]:
            found.add("half", f"{key}: {said[key]['marks']} marks sent, {marks.get(pk)} stored")
    rows: dict[Any, list[tuple[int, Any, int | None]]] = defaultdict(list)
    for row in RollCheck.all_realms.values_list("unit_id", "day", "session", "pk", "superseded_at", "corrects_id"):
        rows[row[:3]].append(row[3:])
    for cell, checks in rows.items():
        in_force = [pk for pk, superseded, _corrects in checks if superseded is None]
        corrected = {corrects for _pk, _superseded, corrects in checks if corrects is not None}
        if len(in_force) != 1 or corrected != {pk for pk, superseded, _c in checks if superseded is not None}:
            found.add("half", f"{cell}: in force {in_force}, corrected {len(corrected)} of {len(checks)}")


def _duties(found: Findings) -> None:
    """What a roll or a signature fulfils is done once, when we received the first; a step is taken once."""
    from lianfang.daily.models import RollCheck
    from lianfang.duties.models import Duty, DutyStep
    from lianfang.foundation.models import JournalEntry
    from lianfang.reporting.models import Report

    first: dict[tuple[int, Any], datetime] = {}
    # The first is the one that corrects none: a clock put back gives its corrections an earlier time.
    checks = RollCheck.all_realms.filter(session="morning", corrects=None)
    for unit, day, at in checks.values_list("unit_id", "day", "received_at"):
        first[unit, day] = min(at, first.get((unit, day), at))
    signed = {(u, d): at for u, d, at in Report.all_realms.values_list("unit_id", "day", "first_signed_at")}
    done = Counter(JournalEntry.all_realms.filter(action="duties.done").values_list("subject_id", flat=True))
    steps: dict[int, list[int]] = defaultdict(list)
    for duty_id, number in DutyStep.all_realms.filter(number__isnull=False).values_list("duty_id", "number"):
        steps[duty_id].append(number)
    wanted = {"class-morning-check": first, "division-daily-report": signed, "institution-daily-report": signed}
    for duty in Duty.all_realms.order_by("pk"):
        at = wanted.get(duty.kind, {}).get((duty.unit_id, duty.day))
        if at is not None and duty.done_at != at:
            found.add("half", f"{duty.kind} of {duty.day}: done {duty.done_at}, received {at}")
        if done[str(duty.pk)] != (duty.done_at is not None):
            what = "doubled" if done[str(duty.pk)] > 1 else "half"
            found.add(what, f"duty {duty.pk}: done {duty.done_at}, {done[str(duty.pk)]} times in the journal")
        if sorted(steps[duty.pk]) != list(range(duty.step)):
            found.add("half", f"duty {duty.pk}: {duty.step} steps taken, recorded {sorted(steps[duty.pk])}")


def _notices(found: Findings) -> None:
    """Who has to know of a sick class was told once of the roll in force; each notice reached somebody and is journalled."""
    from django.db.models import Count

    from lianfang.comms.models import Notice
    from lianfang.daily.models import HealthReport, RollCheck
    from lianfang.foundation.models import JournalEntry
    from tests.faults.load import TODAY

    keys = Counter(Notice.all_realms.exclude(dedupe=None).values_list("dedupe", flat=True))
    found.lists["doubled"] += [f"notice {key}: {n} times" for key, n in keys.items() if n > 1]
    unwell = RollCheck.all_realms.filter(fever__gt=0, superseded_at=None, day=TODAY, unit__level="class")
    expected = {f"daily.unwell:{pk}" for pk in unwell.values_list("pk", flat=True)}
    family = HealthReport.all_realms.filter(channel="guardian", unwell=True, superseded_at=None)
    expected |= {f"daily.family:{unit}:{day}" for unit, day in family.values_list("unit_id", "day").distinct()}
    found.lists["unfinished"] += [f"nobody was told: {key}" for key in sorted(expected - keys.keys())]
    told = Counter(JournalEntry.all_realms.filter(action="comms.notice.sent").values_list("subject_id", flat=True))
    for pk, reached in Notice.all_realms.annotate(n=Count("deliveries")).values_list("pk", "n"):
        if not reached or told[str(pk)] != 1:
            found.add("half", f"notice {pk}: {reached} deliveries, {told[str(pk)]} times in the journal")


def _uploads(said: dict[str, dict[str, Any]], found: Findings) -> None:
    """An acknowledged upload is there with its file, readable; every file has its row and every row its file."""
    import hashlib

    from lianfang.exchange.models import RosterImport
    from lianfang.foundation.files import read_file
    from lianfang.foundation.models import StoredFile

    there = set(RosterImport.all_realms.values_list("pk", flat=True))
    acked = {e["answer"]["id"] for e in said.values() if e["kind"] == "upload" and "answer" in e}
    found.lists["lost"] += [f"upload {pk}" for pk in sorted(acked - there)]
    rows = list(StoredFile.all_realms.filter(erased_at=None))
    used = Counter(RosterImport.all_realms.values_list("file_id", flat=True))
    for row in rows:
        try:
            whole = hashlib.sha256(read_file(row)).hexdigest() == row.sha256
        except Exception as error:
            whole = False
            found.add("half", f"file {row.pk}: {type(error).__name__}")
        if not whole or used[row.pk] != 1:
            found.add("half", f"file {row.pk}: whole {whole}, {used[row.pk]} imports")


def main(paths: list[Path]) -> None:
    import django

    django.setup()
    print(json.dumps(check(ledger.read(paths)), default=str))


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
