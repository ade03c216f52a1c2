"""Shapes of invitations, claims and sign-in resets. A code or one-time password is answered once and nowhere again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given
from lianfang.people.schemas import Day, Id, Text

Days = Annotated[int, Field(ge=1, le=60)]
Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class InvitationOut(Schema):
    """An invitation without its code."""

    id: int
    unit_id: int
    kind: str
    many: bool
    child_id: int | None
    name: str
    state: str
    created_at: datetime
    expires_at: datetime
    uses: int


class InvitationsOut(Schema):
    items: list[InvitationOut]
    count: int


class SlipOut(InvitationOut):
    """A new invitation with its code, which is not kept."""

    code: str


class SlipsOut(Schema):
    items: list[SlipOut]
    count: int


class GuardianInvitationsIn(Given):
    """Slips for guardians: of all pupils of a class, or of `person_ids`. `many`: one code for the whole class."""

    person_ids: Annotated[list[Id], Field(max_length=200)] | None = None
    copies: Annotated[int, Field(ge=1, le=3)] = 1
    days: Days = 14
    many: bool = False


class InvitedPostIn(Given):
    unit_id: Id
    role: Annotated[str, Field(max_length=40)]
    begins: Day


class StaffInvitationIn(Given):
    name: Text
    posts: Annotated[list[InvitedPostIn], Field(min_length=1, max_length=10)]
    days: Days = 14


class ClaimOut(Schema):
    """A claim: who says what of whom. `child_id` is null where the typed name fitted nobody."""

    id: int
    unit_id: int
    claimant_id: int
    claimant: str
    child_id: int | None
    said_child: str
    relation: str
    created_at: datetime
    decided_at: datetime | None
    confirmed: bool | None
    reason: str


class ClaimsOut(Schema):
    items: list[ClaimOut]
    count: int


class ConfirmIn(Given):
    """`person_id` names the child where the claim does not."""

    person_id: Id | None = None


class ReasonIn(Given):
    reason: Reason


class JoinIn(Given):
    """Accepting with the account that is signed in; `child` and `relation` for a guardian's slip."""

    code: Annotated[str, Field(max_length=40)]
    child: Text = ""
    relation: Annotated[str, Field(max_length=20)] = ""


class JoinedOut(Schema):
    """What came of it: the claim that waits (null for staff)."""

    unit_id: int
    claim: ClaimOut | None


class ResetOut(Schema):
    username: str
    one_time_password: str
    day: date
