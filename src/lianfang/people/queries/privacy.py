"""What is shown about data protection: purposes, one's own data, who looked, requests, terms, the year's report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, Sum

from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import (
    Grant,
    JournalEntry,
    NamedLook,
    RetentionCount,
    RetentionRun,
    StoredFile,
    Unit,
    UnitSetting,
)
from lianfang.foundation.permissions import permission
from lianfang.foundation.retention import Holding, holdings, items, of_units, past_term, setting_key, term_days
from lianfang.kernel.clock import at_local, local_date
from lianfang.people import perms
from lianfang.people.actions.consents import own_or_child
from lianfang.people.actions.privacy import home_of_person, once_here, plan_of
from lianfang.people.models import Consent, DataRequest, Erasure, Membership, OwnDataCopy, Person
from lianfang.people.queries.consents import allows, has_seen_notice, latest_words
from lianfang.rulepacks import packs
from lianfang.rulepacks.catalogs.purposes import Kept, Purpose

LOOKS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class TermRow:
    """One thing that a purpose keeps, as it holds at a unit. `rows` and `until` are about one person, where asked."""

    item: str
    purpose: Purpose
    kept: Kept
    days: int | None
    shortened: bool
    rows: int = 0
    until: date | None = None


def purpose_table(unit: Unit | None, on: date) -> list[tuple[Purpose, list[TermRow]]]:
    """Every purpose with its terms as they hold at a unit (None: as the rule pack says). For everybody."""
    found: dict[str, tuple[Purpose, list[TermRow]]] = {}
    for item, (purpose, kept) in items().items():
        days = term_days(unit, item, on)
        row = TermRow(item, purpose, kept, days, days != kept.days)
        found.setdefault(purpose.id, (purpose, []))[1].append(row)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class LookRow:
    """Somebody looked: when, who in which role where, and for which purpose."""

    at: datetime
    who: str
    roles: list[str]
    unit: str
    purpose: Purpose | None


def looks_at(person_id: int) -> list[LookRow]:
    """Named looks at a person, newest first; the roles are those that the looker held then. Four queries."""
    rows = list(
        NamedLook.objects.filter(subject_type="person", subject_id=person_id)
        .select_related("account", "unit")
        .order_by("-at", "-pk")[:LOOKS_SHOWN]
    )
    held: dict[int, list[Grant]] = {}
    for grant in Grant.objects.filter(account_id__in={row.account_id for row in rows}).order_by("pk"):
        held.setdefault(grant.account_id, []).append(grant)
    serving = {name: p for p in packs().purposes.values() for name in p.looks}
    found = []
    for row in rows:
        may = permission(row.permission).roles
        at = [g for g in held.get(row.account_id, []) if g.begins <= row.at and (g.ends is None or row.at < g.ends)]
        roles = list(dict.fromkeys(g.role for g in at if g.role in may)) or list(dict.fromkeys(g.role for g in at))
        who = row.account.display_name or "—"
        found.append(LookRow(row.at, who, roles, row.unit.name if row.unit else "", serving.get(row.permission)))
    return found


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A purpose that rests on consent: whether it may be used, the actor's own latest word, and the others'."""

    purpose: Purpose
    allowed: bool
    mine: str
    others: list[Consent]


@dataclass(frozen=True, slots=True)
class PrivacySheet:
    """Everything of the page "my data" about one person."""

    person: Person
    institution: Unit | None
    own: bool
    looks: list[LookRow]
    kept: list[TermRow]
    consents: list[ConsentRow]
    requests: list[DataRequest]
    copies: list[OwnDataCopy]
    notice_seen: bool


def privacy_sheet(actor: Actor, person_id: int, now: datetime) -> PrivacySheet:
    """One's own or one's child's sheet. Raises Forbidden, NotFound."""
    person = own_or_child(actor, person_id)
    unit = home_of_person(person)
    today = local_date(now, settings.TIME_ZONE)
    words = latest_words(person.pk)
    consents = [
        ConsentRow(
            purpose,
            allows(person.pk, purpose.id, today),
            words[purpose.id, actor.person_id or 0].word if (purpose.id, actor.person_id or 0) in words else "",
            [row for (name, speaker), row in words.items() if name == purpose.id and speaker != actor.person_id],
        )
        for purpose in packs().purposes.values()
        if purpose.basis == "consent"
    ]
    return PrivacySheet(
        person=person,
        institution=unit,
        own=person.pk == actor.person_id,
        looks=looks_at(person.pk),
        kept=kept_about(person, unit, today),
        consents=consents,
        requests=list(DataRequest.objects.filter(person=person).order_by("-asked_at", "-pk")[:50]),
        copies=own_copies(actor),
        notice_seen=has_seen_notice(actor.person_id or 0),
    )


def own_copies(actor: Actor) -> list[OwnDataCopy]:
    """Copies that the actor made and that can still be fetched."""
    rows = OwnDataCopy.objects.filter(person_id=actor.person_id or 0, file__erased_at=None)
    return list(rows.select_related("file").order_by("-made_at")[:10])


def copy_file(actor: Actor, copy_id: int) -> StoredFile:
    """The file of one's own copy. Raises Forbidden, NotFound."""
    permit(actor, perms.PRIVACY_OWN)
    row: OwnDataCopy = one(OwnDataCopy.objects.filter(person_id=actor.person_id or 0), pk=copy_id)
    return row.file


def kept_about(person: Person, unit: Unit | None, on: date) -> list[TermRow]:
    """What is kept about one person and until when at the latest (None while the term has not begun)."""
    found = []
    for item, (purpose, kept) in items().items():
        number, latest = 0, None
        for holding in holdings(item):
            if holding.person and not item.startswith(("roster.identity", "roster.numbers")):
                seen = holding.of_person(person.pk).aggregate(n=Count("pk"), latest=Max(holding.start))
                number += seen["n"]
                if seen["latest"] is not None:
                    latest = max(latest, _day(seen["latest"])) if latest else _day(seen["latest"])
        if item == "roster.identity" or (item == "roster.numbers" and (person.id_index or person.phone_index)):
            number = 1
        if number:
            days = term_days(unit, item, on)
            until = latest + timedelta(days=days) if latest is not None and days is not None else None
            found.append(TermRow(item, purpose, kept, days, days != kept.days, number, until))
    return found


def _day(value: Any) -> date:
    return local_date(value, settings.TIME_ZONE) if isinstance(value, datetime) else value


def requests_of(actor: Actor, unit_id: int) -> tuple[Unit, list[DataRequest]]:
    """Requests that an institution has to answer, the open ones first. Raises Forbidden, NotFound."""
    unit = unit_for(actor, perms.PRIVACY_MANAGE, unit_id)
    rows = DataRequest.objects.filter(unit__path__startswith=unit.path or "").select_related(
        "person", "asked_by", "unit"
    )
    return unit, sorted(rows.order_by("-asked_at")[:200], key=lambda row: row.answered_at is not None)


def request_for(actor: Actor, request_id: int) -> DataRequest:
    """One request to answer. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.PRIVACY_MANAGE)
    rows = DataRequest.objects.filter(scope.unit_q("unit__path")).select_related("person", "asked_by", "unit")
    row: DataRequest = one(rows, pk=request_id)
    return row


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """How many rows of one thing are kept at an institution and how many the next run would remove."""

    term: TermRow
    held: int
    due: int


def retention_preview(actor: Actor, unit_id: int, now: datetime) -> tuple[Unit, list[PreviewRow], list[RetentionRun]]:
    """What the next night would remove here, without removing it, and the last runs. Raises Forbidden, NotFound."""
    unit = unit_for(actor, perms.PRIVACY_MANAGE, unit_id)
    today = local_date(now, settings.TIME_ZONE)
    rows = []
    for item, (purpose, kept) in items().items():
        if kept.days is not None and not of_units(item):
            continue
        days = term_days(unit, item, today)
        term = TermRow(item, purpose, kept, days, days != kept.days)
        here = [(h, _at(h, unit)) for h in holdings(item) if h.unit]
        held = sum(h.rows().filter(q).count() for h, q in here)
        due = sum(past_term(h, now).filter(q).count() for h, q in here)
        rows.append(PreviewRow(term, held, due))
    return unit, rows, list(RetentionRun.objects.order_by("-begun_at")[:10])


def _at(holding: Holding, unit: Unit) -> Q:
    return Q(**{f"{holding.unit}__startswith": unit.path})


@dataclass(frozen=True, slots=True)
class ErasureSheet:
    """What an erasure of a person would do."""

    person: Person
    removed: list[tuple[Purpose, Kept]]
    held: list[tuple[Purpose, Kept]]
    whole: bool


def erasure_sheet(actor: Actor, person_id: int) -> ErasureSheet:
    """Raises Forbidden, NotFound."""
    scope = permit(actor, perms.PRIVACY_MANAGE)
    person: Person = one(once_here(scope), pk=person_id)
    removed, held, whole = plan_of(person)
    known = items()
    return ErasureSheet(person, [known[i] for i in removed], [known[i] for i in held], whole)


@dataclass(frozen=True, slots=True)
class YearReport:
    """The compliance report of an institution for one calendar year of its zone: counts only."""

    unit: Unit
    year: int
    rows: list[dict[str, Any]]
    looks: list[tuple[str, int]]
    requests: dict[str, int]
    answer_days: float | None
    runs: int
    erasures: int
    copies: int
    shortened: int


def year_report(actor: Actor, unit_id: int, year: int) -> YearReport:
    """Counts of a year at an institution and below. Raises Forbidden, NotFound."""
    unit = unit_for(actor, perms.PRIVACY_MANAGE, unit_id)
    begins = at_local(date(year, 1, 1), "00:00", settings.TIME_ZONE)
    ends = at_local(date(year + 1, 1, 1), "00:00", settings.TIME_ZONE)

    def within(column: str) -> Q:
        return Q(**{f"{column}__gte": begins, f"{column}__lt": ends})

    removed: dict[str, int] = dict(
        RetentionCount.objects.filter(within("run__begun_at"), unit__path__startswith=unit.path or "")
        .values_list("item")
        .annotate(Sum("removed"))
    )
    children = Membership.objects.filter(unit__path__startswith=unit.path or "").values("person_id")
    said = Consent.objects.filter(within("said_at"), child_id__in=children)
    words = {(p, w): n for p, w, n in said.values_list("purpose", "word").annotate(Count("pk"))}
    rows = []
    for purpose in packs().purposes.values():
        names = [f"{purpose.id}.{thing}" for thing in purpose.kept]
        here = [h for name in names for h in holdings(name) if h.unit]
        rows.append(
            {
                "purpose": purpose,
                "held": sum(h.rows().filter(_at(h, unit)).count() for h in here),
                "removed": sum(removed.get(name, 0) for name in names),
                "given": words.get((purpose.id, "given"), 0),
                "refused": words.get((purpose.id, "refused"), 0),
                "withdrawn": words.get((purpose.id, "withdrawn"), 0),
            }
        )
    looks = NamedLook.objects.filter(within("at"), unit__path__startswith=unit.path or "")
    asked = DataRequest.objects.filter(within("asked_at"), unit__path__startswith=unit.path or "")
    done = [(r.answered_at - r.asked_at).total_seconds() / 86400 for r in asked if r.answered_at is not None]
    made = JournalEntry.objects.filter(action="people.copy.made", unit__path__startswith=unit.path or "")
    return YearReport(
        unit=unit,
        year=year,
        rows=rows,
        looks=_by_role(looks),
        requests=_tally(asked.values_list("decision", flat=True)),
        answer_days=round(sorted(done)[len(done) // 2], 1) if done else None,
        runs=RetentionRun.objects.filter(within("begun_at"), kind=RetentionRun.Kind.TERM).count(),
        erasures=Erasure.objects.filter(within("at"), unit__path__startswith=unit.path or "").count(),
        copies=made.filter(within("received_at")).count(),
        shortened=UnitSetting.objects.filter(
            unit__path__startswith=unit.path or "", key__in=[setting_key(i) for i in items()]
        ).count(),
    )


def _tally(values: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value or "open"] = found.get(value or "open", 0) + 1
    return found


def _by_role(looks: Any) -> list[tuple[str, int]]:
    """How often each role looked, by the roles that the lookers held at the time."""
    roles: dict[int, list[Grant]] = {}
    listed = list(looks.values_list("account_id", "at"))
    for grant in Grant.objects.filter(account_id__in={account for account, _at in listed}):
        roles.setdefault(grant.account_id, []).append(grant)
    found: dict[str, int] = {}
    for account, at in listed:
        held = [g.role for g in roles.get(account, []) if g.begins <= at and (g.ends is None or at < g.ends)]
        name = held[0] if held else ""
        found[name] = found.get(name, 0) + 1
    return sorted(found.items(), key=lambda pair: -pair[1])
