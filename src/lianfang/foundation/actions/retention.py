"""Removing for good: what is past its term, one person on request, and the bytes that the database leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Sum

from lianfang.foundation.actor import Actor
from lianfang.foundation.compacting import rewrite_files
from lianfang.foundation.files import sweep_erased, sweep_strays
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import RetentionCount, RetentionRun, Unit
from lianfang.foundation.retention import Holding, Subject, holdings, past_term, scrubbers
from lianfang.kernel.trees import ids_of_path

BATCH = 200
log = logging.getLogger("lianfang.retention")


def remove_due(actor: Actor, now: datetime) -> RetentionRun:
    """Remove everything that is past its term, in batches of their own transactions, with what each removed counted in
    the same transaction. A killed run is gone on with by the next; running twice removes nothing twice."""
    sweep_erased()
    sweep_strays(now)
    with transaction.atomic():
        run, _new = RetentionRun.objects.get_or_create(
            kind=RetentionRun.Kind.TERM, finished_at=None, defaults={"begun_at": now, "by_id": actor.account_id}
        )
    for holding in holdings():
        _remove_all(run, holding, now)
    return _finish(actor, run, now)


def _remove_all(run: RetentionRun, holding: Holding, now: datetime) -> None:
    last = 0
    while True:
        with transaction.atomic():
            rows = past_term(holding, now).filter(pk__gt=last).order_by("pk")
            batch = _with_paths(rows, holding)[:BATCH]
            if not batch:
                return
            last = batch[-1][0]
            remove_rows(run, holding, batch, now)


def _with_paths(rows: Any, holding: Holding) -> Any:
    if holding.unit:
        return list(rows.values_list("pk", holding.unit)[:BATCH])
    return [(pk, None) for pk in rows.values_list("pk", flat=True)[:BATCH]]


def remove_rows(run: RetentionRun, holding: Holding, rows: Sequence[tuple[int, str | None]], now: datetime) -> int:
    """Remove these rows ((id, path of the unit) pairs) and count them for the run; call inside a transaction."""
    ids = list(dict.fromkeys(pk for pk, _path in rows))
    removed = holding.remove(ids, now)
    if removed:
        paths = dict(rows)
        _count(run, holding.item, [paths[pk] for pk in ids])
    return removed


def _count(run: RetentionRun, item: str, paths: Iterable[str | None]) -> None:
    tally: dict[int | None, int] = {}
    homes: dict[str | None, int | None] = {None: None}
    for path in paths:
        if path not in homes:
            above = ids_of_path(path)
            levels = dict(Unit.objects.filter(pk__in=above).values_list("pk", "level"))
            homes[path] = next((i for i in reversed(above) if levels.get(i) == "institution"), above[0])
        tally[homes[path]] = tally.get(homes[path], 0) + 1
    for unit_id, number in tally.items():
        row, _new = RetentionCount.objects.get_or_create(run=run, item=item, unit_id=unit_id)  # type: ignore[misc]
        RetentionCount.objects.filter(pk=row.pk).update(removed=F("removed") + number)


@transaction.atomic
def _finish(actor: Actor, run: RetentionRun, now: datetime) -> RetentionRun:
    counts = dict(run.counts.values_list("item").annotate(Sum("removed")).order_by("item"))
    run.removed, run.finished_at = sum(counts.values()), now
    run.save(update_fields=["removed", "finished_at"])
    if run.removed:
        write(actor, [Event("foundation.retention.run", "retention_run", run.pk, None, now, {"removed": counts})], now)
    return run


def erase_subject(
    actor: Actor, now: datetime, subject: Subject, items: Iterable[str], unit: Unit | None = None, *, scrub: bool = True
) -> RetentionRun:
    """Remove one person's share of `items` and, with `scrub`, the person from others' free texts; call inside the
    transaction of the action that permitted it. Returns the run with its counts (`run.counts`)."""
    wanted = set(items)
    run = RetentionRun.objects.create(kind=RetentionRun.Kind.REQUEST, begun_at=now, by_id=actor.account_id)
    path = unit.path if unit is not None else None
    for scrubber in scrubbers() if scrub else ():
        for item, number in scrubber(subject, now).items():
            _count(run, item, [path] * number)
    for holding in holdings():
        if holding.item in wanted:
            ids = list(holding.of_person(subject.person_id).values_list("pk", flat=True).distinct())
            if ids:
                remove_rows(run, holding, [(pk, path) for pk in ids], now)
    return _finish(actor, run, now)


def compact(actor: Actor, now: datetime) -> bool:
    """Clear the bytes of removed rows out of the database's files, if something was removed since the last time.

    Outside a transaction; returns whether it was done. Backups made before still hold the bytes until they are replaced.
    """
    waiting = RetentionRun.objects.exclude(finished_at=None).filter(compacted_at=None)
    waiting.filter(removed=0).update(compacted_at=now)
    due = list(waiting.values_list("pk", flat=True))
    if not due or connection.in_atomic_block:
        return False
    if not rewrite_files():
        log.info("a reader holds the write-ahead log; compacting again later")
        return False
    RetentionRun.objects.filter(pk__in=due).update(compacted_at=now)
    return True
