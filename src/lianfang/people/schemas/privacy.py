"""Shapes of /api/people/privacy."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from lianfang.foundation.apischemas import Given

Words = Annotated[str, Field(min_length=1, max_length=500)]


class RetentionTermOut(Schema):
    """One thing that a purpose keeps. `days` None: no end. `rows`, `until` about one person; `held`, `due` of a unit."""

    item: str
    label: str
    start: str
    days: int | None
    most: int | None
    least: int
    needs_review: bool
    rows: int | None = None
    until: date | None = None
    held: int | None = None
    due: int | None = None


class PurposeOut(Schema):
    id: str
    label: str
    text: str
    basis: Literal["statutory_duty", "consent", "contract"]
    source: list[str]
    seen_by: list[str]
    needs_review: bool
    terms: list[RetentionTermOut]


class PurposesOut(Schema):
    version: str
    items: list[PurposeOut]


class LookOut(Schema):
    at: datetime
    who: str
    roles: list[str]
    unit: str
    purpose: str


class ConsentOut(Schema):
    purpose: str
    allowed: bool
    mine: str


class RequestOut(Schema):
    id: int
    person_id: int
    unit_id: int
    kind: str
    text: str
    asked_at: datetime
    due_at: datetime
    decision: str
    answer: str
    answered_at: datetime | None


class RequestsOut(Schema):
    items: list[RequestOut]
    count: int


class PrivacyOut(Schema):
    person_id: int
    notice_seen: bool
    looks: list[LookOut]
    kept: list[RetentionTermOut]
    consents: list[ConsentOut]
    requests: list[RequestOut]


class ConsentIn(Given):
    purpose: Annotated[str, Field(max_length=40)]
    word: Literal["given", "refused", "withdrawn"]


class RequestIn(Given):
    kind: Literal["correct", "erase", "ask"]
    text: Words


class AnswerIn(Given):
    decision: Literal["done", "partly", "declined"]
    answer: Words


class SeenOut(Schema):
    version: str


class CopyOut(Schema):
    id: int
    made_at: datetime


class EraseIn(Given):
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class ErasureOut(Schema):
    person_id: int
    whole: bool
    removed: dict[str, int]
    held_back: list[str]


class ShortenIn(Given):
    item: Annotated[str, Field(max_length=60)]
    days: Annotated[int, Field(ge=0, le=36500)] | None = None


class RetentionOut(Schema):
    unit_id: int
    items: list[RetentionTermOut]


class YearRowOut(Schema):
    purpose: str
    held: int
    removed: int
    given: int
    refused: int
    withdrawn: int


class YearOut(Schema):
    unit_id: int
    year: int
    items: list[YearRowOut]
    looks: dict[str, int]
    requests: dict[str, int]
    answer_days: float | None
    runs: int
    erasures: int
    copies: int


Year = Annotated[int, Field(ge=2000, le=2200)]
