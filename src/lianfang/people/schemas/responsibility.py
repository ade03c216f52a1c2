"""Shapes of groups and of the link book."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given
from lianfang.people.schemas import Day, Id, Text

Long = Annotated[str, Field(max_length=2000)]


class GroupIn(Given):
    """A new group; `kind` is of the rule pack `group_kinds`."""

    kind: Annotated[str, Field(max_length=40)]
    begins: Day
    name: Text = ""
    task: Long = ""


class GroupMemberIn(Given):
    person_id: Id
    part: Literal["head", "deputy", "member"]
    begins: Day
    task: Long = ""


class GroupMemberOut(Schema):
    """`in_post` is false for somebody who no longer works at the institution."""

    id: int
    person_id: int
    name: str
    part: str
    task: str
    begins: date
    ends: date | None
    in_post: bool = True


class GroupOut(Schema):
    id: int
    kind: str
    name: str
    task: str
    begins: date
    ends: date | None
    members: list[GroupMemberOut] = []


class HeldPostOut(Schema):
    """Who holds a post; nobody when it is vacant."""

    role: str
    names: list[str]


class ResponsibilityOut(Schema):
    """Who answers for what at a unit on a day."""

    unit_id: int
    on: date
    posts: list[HeldPostOut]
    groups: list[GroupOut]


class LinkIn(Given):
    """An entry. When one is mended, an empty phone stays as it is."""

    kind: Annotated[str, Field(max_length=20)]
    name: Text
    phone: Annotated[str, Field(max_length=60)] = ""
    contact: Text = ""
    private: bool = False
    note: Long = ""


class LinkCallIn(Given):
    outcome: Literal["reached", "no_answer", "wrong_number"]
    note: Long = ""


class LinkCallOut(Schema):
    id: int
    outcome: str
    note: str
    called_at: datetime


class LinkOut(Schema):
    """An entry; `number` is masked where the reader may not call. `call` is the last call."""

    id: int
    kind: str
    name: str
    contact: str
    number: str
    private: bool
    note: str
    wrong: bool
    call: LinkCallOut | None


class LinkBookOut(Schema):
    """`wrong` counts numbers to be mended."""

    items: list[LinkOut]
    wrong: int
