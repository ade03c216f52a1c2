"""What the writes of the import share: the row under lock, its next state, the word in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.exchange import perms, rules
from lianfang.exchange.models import RosterImport
from lianfang.foundation.access import permit
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.kernel.errors import InputError


def refused(error: InputError) -> Invalid:
    """A file that cannot be taken, at its field."""
    return invalid("file", error.kind, error.text(get_language() or "zh-hans"))


def locked(actor: Actor, roster_import: RosterImport) -> RosterImport:
    """The import for writing. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.ROSTER_IMPORT)
    rows = RosterImport.objects.select_for_update(of=("self",)).filter(scope.unit_q("unit__path"))
    kept: RosterImport | None = rows.select_related("unit", "file").filter(pk=roster_import.pk).first()
    if kept is None:
        raise NotFound("import")
    return kept


def becomes(row: RosterImport, state: str) -> None:
    """Set the state where the table allows it. Raises Conflict."""
    if not rules.may_become(row.state, state):
        raise over()
    row.state = state


def over() -> Conflict:
    return Conflict(_("这次导入已经完成或取消，不能再改。要再次导入，请重新上传。"))


def tell(actor: Actor, now: datetime, what: str, row: RosterImport, body: Mapping[str, Any]) -> None:
    """One entry of the journal about an import."""
    write(actor, [Event(f"exchange.import.{what}", "roster_import", row.pk, row.unit_id, now, body)], now)
