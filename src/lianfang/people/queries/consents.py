"""Consents and the privacy notice. `allows` takes no actor: the actions that collect something optional ask it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q

from lianfang.people.consenting import age_on, consented
from lianfang.people.models import Consent, Guardianship, NoticeSeen, Person
from lianfang.rulepacks import packs
from lianfang.rulepacks.library import content_version


def notice_version() -> str:
    """The version of the notice: the hash of all purposes as they stand."""
    return content_version({key: purpose.version for key, purpose in packs().purposes.items()})


def has_seen_notice(person_id: int) -> bool:
    return NoticeSeen.objects.filter(person_id=person_id, version=notice_version()).exists()


def allows(child_id: int, purpose: str, on: date, known_at: datetime | None = None) -> bool:
    """Whether a purpose may use a person's data on a day; with `known_at` by what was said until then.

    True for a purpose that does not rest on consent. Raises KeyError for an unknown purpose.
    """
    return allowed([child_id], purpose, on, known_at)[child_id]


def allowed(child_ids: Iterable[int], purpose: str, on: date, known_at: datetime | None = None) -> dict[int, bool]:
    """`allows` for many persons in three queries, by id."""
    known = packs().purposes[purpose]
    ids = list(dict.fromkeys(child_ids))
    if known.basis != "consent" or known.consent_age is None:
        return dict.fromkeys(ids, True)
    rows = Consent.objects.filter(child_id__in=ids, purpose=purpose)
    if known_at is not None:
        rows = rows.filter(said_at__lte=known_at)
    words: dict[int, dict[int, str]] = {}
    for child_id, speaker_id, word in rows.order_by("said_at", "pk").values_list("child_id", "speaker_id", "word"):
        words.setdefault(child_id, {})[speaker_id] = word
    if not words:
        return dict.fromkeys(ids, False)
    guardians: dict[int, set[int]] = {}
    links = Guardianship.objects.filter(child_id__in=list(words), begins__lte=on).exclude(confirmed_at=None)
    links = links.filter(Q(ends=None) | Q(ends__gt=on))
    for child_id, guardian_id in links.values_list("child_id", "guardian_id"):
        guardians.setdefault(child_id, set()).add(guardian_id)
    births = dict(Person.objects.filter(pk__in=list(words)).values_list("pk", "birth_date"))
    return {
        i: i in words and consented(words[i], i, guardians.get(i, set()), age_on(births.get(i), on), known.consent_age)
        for i in ids
    }


def latest_words(child_id: int) -> dict[tuple[str, int], Consent]:
    """The latest word about each purpose of each speaker: (purpose, speaker id) → row."""
    rows = Consent.objects.filter(child_id=child_id).select_related("speaker").order_by("said_at", "pk")
    return {(row.purpose, row.speaker_id): row for row in rows}
