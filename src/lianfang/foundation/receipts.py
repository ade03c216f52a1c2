"""Accept exactly once: every submission carries a client-made id (DESIGN, Accept exactly once)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from lianfang.foundation.bulk import new_row
from lianfang.foundation.errors import Conflict
from lianfang.foundation.journal import canonical
from lianfang.foundation.models import Receipt


@dataclass(frozen=True, slots=True)
class Submission:
    """What came in: `source` (e.g. "account:12", "import:5"), the client's id, and the body whose hash is kept."""

    source: str
    client_id: uuid.UUID
    body: Any

    @property
    def body_hash(self) -> str:
        return str(settings.KEYRING.digest("receipt", canonical(self.body)))


def earlier_answers(submissions: Sequence[Submission]) -> dict[tuple[str, uuid.UUID], Any]:
    """Answers given before to these submissions, by (source, client id), in one query.

    A value is the stored answer, or a `Conflict` instance where the same id came with other content. Call it inside the
    transaction of the change, before anything else: a repetition waits here until the first try, which may still be under
    way in another process, has ended. Otherwise it would meet the first try's own rows and be refused although it was
    stored.
    """
    _wait_for_twins(submissions)
    wanted = {(s.source, s.client_id): s for s in submissions}
    found: dict[tuple[str, uuid.UUID], Any] = {}
    rows = Receipt.objects.filter(client_id__in={s.client_id for s in submissions}).values_list(
        "source", "client_id", "body_hash", "answer"
    )
    for source, client_id, body_hash, answer in rows:
        submission = wanted.get((source, client_id))
        if submission is None:
            continue
        if submission.body_hash == body_hash:
            found[(source, client_id)] = answer
        else:
            found[(source, client_id)] = Conflict(
                _("这个编号的内容已经收到过，而且与这次不同。先前的内容保持不变；请刷新后重新填写。")
            )
    return found


def _wait_for_twins(submissions: Sequence[Submission]) -> None:
    """Hold each id until the transaction ends. SQLite: one writes at a time, and reads what was committed before."""
    if connection.vendor != "postgresql" or not submissions:
        return
    keys = sorted({s.client_id.int % 2**63 for s in submissions})  # in one order, so that no two wait for each other
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def receipt(submission: Submission, answer: Any, now: datetime) -> Receipt:
    """The row to store in the same transaction as the change (the caller saves it, alone or in bulk)."""
    return new_row(
        Receipt,
        source=submission.source,
        client_id=submission.client_id,
        body_hash=submission.body_hash,
        answer=answer,
        received_at=now,
    )
