"""Rules about people without a database: how names and dates are read, and what follows from what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

NAME_LENGTH = 60
OLDEST = date(1900, 1, 1)
RELATIONS = ("mother", "father", "grandparent", "guardian", "other")
MEMBER_LEVELS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "student": frozenset({"class"}),
        "resident": frozenset({"dormitory"}),
        "rider": frozenset({"vehicle"}),
        "staff": frozenset({"department", "class", "division", "campus", "institution", "authority", "dormitory"}),
    }
)
_UNSEEN = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_DOTS = re.compile(r"[·•‧∙⋅・･.．]")
_MIDDLE_DOTS = re.compile(r"\s*[•‧∙⋅・･]\s*")


def clean_name(text: str) -> str:
    """A name as it is kept: NFKC, one kind of middle dot, no invisible marks; Chinese names without inner spaces.

    Spreadsheets pad two-character names to the width of three ("王　芳"); Latin names keep single spaces.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u00b7", "·")
    plain = _MIDDLE_DOTS.sub("·", _UNSEEN.sub(" ", plain)).strip()
    if any("\u3400" <= letter <= "\u9fff" or ord(letter) >= 0x20000 for letter in plain):
        plain = plain.replace(" ", "")
    return unicodedata.normalize("NFC", plain)


def name_key(text: str) -> str:
    """What two spellings of one name have alike: NFKC, no spaces, no dots, lower case, at most 60 characters."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", _DOTS.sub("", _UNSEEN.sub("", plain)))[:NAME_LENGTH]


NameFault = Literal["required", "too_long", "characters"]


def name_fault(name: str) -> NameFault | None:
    """What is wrong with a cleaned name, or None. Digits and signs of markup and formulas are not part of a name."""
    if not name:
        return "required"
    if len(name) > NAME_LENGTH:
        return "too_long"
    letters = [c for c in name if c not in " ·-'’.()（）"]
    if not letters or not all(unicodedata.category(c)[0] in "LM" for c in letters):
        return "characters"
    return None


BirthFault = Literal["future", "too_early", "differs_from_id"]


def birth_fault(birth_date: date | None, today: date, in_id_number: date | None = None) -> BirthFault | None:
    """What is wrong with a birth date seen on a day, or None."""
    if birth_date is None:
        return None
    if birth_date > today:
        return "future"
    if birth_date < OLDEST:
        return "too_early"
    if in_id_number is not None and birth_date != in_id_number:
        return "differs_from_id"
    return None


def ends_before_it_begins(begins: date, ends: date | None) -> bool:
    return ends is not None and ends < begins


@dataclass(frozen=True, slots=True)
class Holding:
    """A stretch of days on which somebody belongs or holds something; `ends` is the first day after it."""

    begins: date
    ends: date | None

    def meets(self, other: Holding) -> bool:
        """Whether the two share a day."""
        first, second = (self, other) if self.begins <= other.begins else (other, self)
        if first.begins == first.ends or second.begins == second.ends:
            return False
        return first.ends is None or second.begins < first.ends


def clash(wanted: Holding, kept: Iterable[Holding]) -> Holding | None:
    """The first of the kept stretches that shares a day with the wanted one."""
    return next((held for held in kept if held.meets(wanted)), None)


def account_ends(*, posts_left: int, confirmed_wards: int, memberships_left: int, claims_waiting: int = 0) -> bool:
    """An account ends when nothing is left that it is for: no post, no child in its care, no membership of its own,
    and no claim that waits for an answer."""
    return posts_left == 0 and confirmed_wards == 0 and memberships_left == 0 and claims_waiting == 0
