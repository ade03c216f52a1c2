"""Large imports, carried out by the worker."""

from __future__ import annotations

from datetime import datetime

from lianfang.exchange import actions, progress
from lianfang.exchange.models import RosterImport
from lianfang.foundation.actor import Actor, load_actor
from lianfang.foundation.errors import ActionError, Conflict, Forbidden, Invalid
from lianfang.foundation.realm import in_realm


def run_imports(actor: Actor, now: datetime) -> int:
    """Commit every import that was requested, in the name of who asked. Returns how many were taken up.

    Killed in the middle, nothing is stored and the next run takes the import up again.
    """
    waiting = RosterImport.all_realms.filter(state__in=("queued", "committing")).select_related("committed_by")
    taken = 0
    for row in waiting.order_by("pk"):
        with in_realm(row.realm_id):
            RosterImport.objects.filter(pk=row.pk, state="queued").update(state="committing")
            _commit(actor, now, row)
            taken += 1
    return taken


def _commit(actor: Actor, now: datetime, row: RosterImport) -> None:
    who = load_actor(row.committed_by, now, f"import:{row.pk}") if row.committed_by is not None else actor
    try:
        actions.commit_import(
            who, now, roster_import=row, progress=lambda done, total: progress.tell(row.pk, done, total)
        )
    except ActionError as refused:
        actions.note_failure(actor, now, roster_import=row, reason=_reason(refused))
    finally:
        progress.forget(row.pk)


def _reason(refused: ActionError) -> str:
    """A code of `words.FAILURE`."""
    if isinstance(refused, Conflict):
        return "stale"
    if isinstance(refused, Invalid):
        return "rows"
    return "forbidden" if isinstance(refused, Forbidden) else "unfinished"
