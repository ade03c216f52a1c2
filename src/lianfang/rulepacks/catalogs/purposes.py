"""Why personal data is kept, on what legal basis, who sees it and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.entry import Entry

Basis = Literal["statutory_duty", "consent", "contract"]
Start = Literal["recorded", "left", "closed", "made"]
OnRequest = Literal["always", "after_leaving", "keep"]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One thing that a purpose keeps, with its term.

    The term begins with ``start`` (recorded: the day it speaks of; left: the person's last membership and post ended;
    closed: the matter was decided or undone; made: the copy was made) and lasts ``days``; None: no end, because nothing
    in it is about a person. An institution may shorten it to ``at_least``, never lengthen it. ``on_request`` says when
    one person's share can be erased before its time.
    """

    label: Label
    start: Start = "recorded"
    days: int | None = None
    at_least: int = 0
    on_request: OnRequest = "after_leaving"
    source: tuple[str, ...] = ()
    needs_review: bool = False

    def __post_init__(self) -> None:
        if self.days is not None and not 0 <= self.at_least <= self.days:
            raise ValueError("a term lies between its least and its full length")


@dataclass(frozen=True, kw_only=True)
class Purpose(Entry):
    """One purpose. ``seen_by`` are roles; ``looks`` names the permissions under which somebody looks for this purpose.

    ``consent_age``: below it the guardians decide. ``answer_days``: how long a request about the data may wait.
    """

    basis: Basis
    text: Label
    kept: Mapping[str, Kept]
    seen_by: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    consent_age: int | None = None
    answer_days: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.basis == "consent" and self.consent_age is None:
            raise ValueError("a purpose that rests on consent says until which age the guardians decide")
        if not self.kept:
            raise ValueError("a purpose keeps something")
