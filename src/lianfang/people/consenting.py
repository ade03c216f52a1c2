"""Whose word counts when a purpose rests on consent. Pure: no database."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date


def age_on(birth_date: date | None, on: date) -> int | None:
    """Full years on a day; None where the birth date is not known."""
    if birth_date is None:
        return None
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def consented(words: Mapping[int, str], person_id: int, guardians: Set[int], age: int | None, consent_age: int) -> bool:
    """Whether a purpose may use a person's data, from the latest word of each speaker (person id → given, refused,
    withdrawn).

    Below `consent_age`, or with an unknown age while there are guardians, the guardians decide: at least one says yes
    and none says no. From that age on the person's own word decides; until there is one, the guardians' word stands.
    """
    own = words.get(person_id)
    of_age = age >= consent_age if age is not None else not guardians
    if of_age and own is not None:
        return own == "given"
    said = [words[g] for g in guardians if g in words]
    return bool(said) and all(word == "given" for word in said)
