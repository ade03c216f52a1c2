"""Accept exactly once: every submission carries a client-made id (DESIGN, Accept exactly once)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

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

    A value is the stored answer, or a `Conflict` instance where the same id came with other content.
    """
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


def receipt(submission: Submission, answer: Any, now: datetime) -> Receipt:
    """The row to store in the same transaction as the change (the caller saves it, alone or in bulk)."""
    return Receipt(
        source=submission.source,
        client_id=submission.client_id,
        body_hash=submission.body_hash,
        answer=answer,
        received_at=now,
    )
