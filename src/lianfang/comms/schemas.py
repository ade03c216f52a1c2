"""JSON shapes of the notices API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given


class NoticeOut(Schema):
    """A notice in the reader's language. `state` is a key of the status group `delivery`."""

    id: int
    subject: str
    body: str
    link: str
    importance: str
    sent_at: datetime
    read_at: datetime | None
    unit: str
    state: str
    email: str | None


class InboxOut(Schema):
    """A page of the inbox; `count` is of the whole list."""

    items: list[NoticeOut]
    count: int
    unread: int


class UnreadOut(Schema):
    """How many notices have not been opened."""

    unread: int


class ReadIn(Given):
    """Which notices were read, 500 at most; null: all of them."""

    notice_ids: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=500)] | None


class ReadOut(Schema):
    """How many were unread till now."""

    marked: int
    unread: int
