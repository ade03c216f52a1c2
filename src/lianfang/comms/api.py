"""/api/comms: one's own notices."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import get_language
from ninja import Router
from pydantic import Field

from lianfang.comms import actions, perms, queries
from lianfang.comms.schemas import InboxOut, ReadIn, ReadOut, UnreadOut
from lianfang.foundation.access import access
from lianfang.foundation.apischemas import ERRORS

router = Router(tags=["comms"])
Limit = Annotated[int, Field(ge=1, le=100)]
Offset = Annotated[int, Field(ge=0, le=1_000_000)]


@router.get("/notices", response={200: InboxOut, **ERRORS})
@access(perms.OWN_NOTICES)
def inbox(
    request: Any,
    unread_only: bool = False,
    limit: Limit = 20,
    offset: Offset = 0,
) -> dict[str, Any]:
    """The caller's notices, newest first."""
    rows = queries.inbox(request.actor, unread_only=unread_only)
    return {
        "items": queries.items(rows[offset : offset + limit], get_language() or ""),
        "count": rows.count(),
        "unread": queries.unread_count(request.actor),
    }


@router.get("/notices/unread", response={200: UnreadOut, **ERRORS})
@access(perms.OWN_NOTICES)
def unread(request: Any) -> dict[str, int]:
    """How many of the caller's notices have not been opened."""
    return {"unread": queries.unread_count(request.actor)}


@router.post("/notices/read", response={200: ReadOut, **ERRORS})
@access(perms.OWN_NOTICES)
def read(request: Any, body: ReadIn) -> dict[str, int]:
    """Say that notices were read; ids of others' notices change nothing."""
    marked = actions.mark_read(request.actor, request.now, notice_ids=body.notice_ids)
    return {"marked": marked, "unread": queries.unread_count(request.actor)}
