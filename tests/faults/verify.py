"""Run in a process of its own after the kills: compares what was acknowledged with what the database holds.

`python -m tests.faults.verify ACKNOWLEDGED.json` prints a JSON object of findings; empty lists mean that nothing is wrong.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(acknowledged: Path) -> None:
    import django

    django.setup()
    from django.db.models import Count

    from lianfang.comms.models import Notice
    from lianfang.config.wiring import READERS
    from lianfang.daily.models import HealthReport, RollCheck
    from lianfang.duties.models import Duty
    from lianfang.foundation.journal import verify
    from lianfang.foundation.models import JournalEntry, JournalHead, JournalPayload, ParkedEvent, ReaderCursor, Receipt

    said = json.loads(acknowledged.read_text())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        head = JournalHead.objects.get(pk=1)
        waiting = JournalEntry.all_realms.filter(pk__gt=head.floor_id, seal__isnull=True).count()
        behind = ReaderCursor.objects.filter(reader__in=[r.name for r in READERS], seq__lt=head.seq).count()
        if not waiting and not behind:
            break
        time.sleep(0.1)
    receipts = {str(r.client_id): r.answer for r in Receipt.objects.all()}
    reports = set(HealthReport.all_realms.values_list("pk", flat=True))
    checks = set(RollCheck.all_realms.values_list("pk", flat=True))
    entries = JournalEntry.all_realms.filter(action__startswith="daily.")
    journalled = {
        kind: [int(e.subject_id) for e in entries.filter(subject_type=kind)] for kind in ("health_report", "roll_check")
    }
    with_payload = set(JournalPayload.objects.values_list("entry_id", flat=True))
    repeated = HealthReport.all_realms.values("person_id", "true_at").annotate(n=Count("pk")).filter(n__gt=1)
    unwell = RollCheck.all_realms.filter(fever__gt=0, superseded_at=None)
    notices = list(Notice.all_realms.filter(text_key="daily.check_unwell").values_list("dedupe", flat=True))
    findings = {
        "waiting": waiting,
        "behind": behind,
        "acknowledged": len(said),
        "stored": len(reports) + len(checks),
        "lost": sorted(c for c in said if c not in receipts),
        "other_answer": sorted(c for c, answer in said.items() if c in receipts and receipts[c]["id"] != answer),
        "stored_without_receipt": len(reports) + len(checks) - len(receipts),
        "reports_without_journal": sorted(reports - set(journalled["health_report"])),
        "checks_without_journal": sorted(checks - set(journalled["roll_check"])),
        "journal_without_report": sorted(set(journalled["health_report"]) - reports),
        "journalled_twice": sum(len(ids) - len(set(ids)) for ids in journalled.values()),
        "entries_without_payload": JournalEntry.all_realms.exclude(pk__in=with_payload).count()
        if len(with_payload) < 30_000
        else 0,
        "same_moment_twice": repeated.count(),
        "parked": list(ParkedEvent.objects.values_list("reader", "error")),
        "notices_missing": sorted({f"daily.unwell:{c.pk}" for c in unwell} - set(notices)),
        "notices_doubled": len(notices) - len(set(notices)),
        "chain": [f"{f.seq}: {f.what}" for f in verify()],
        "checked_duties_open": Duty.all_realms.filter(
            kind="class-morning-check",
            unit_id__in=RollCheck.all_realms.filter(session="morning").values("unit_id"),
            done_at=None,
        ).count(),
    }
    print(json.dumps(findings))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
