"""A roster taken out in the shape in which it comes in, so that a school can work on it and bring it back."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from lianfang.exchange import perms
from lianfang.exchange.sheets import write_xlsx
from lianfang.exchange.tables import sheet_kind, sheet_kinds, value_words, word_for
from lianfang.exchange.things import lesson_rows, post_rows, room_rows
from lianfang.foundation.access import unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import local_date
from lianfang.people.models import Guardianship, Membership, Person, Post
from lianfang.people.reading import in_tree_order

SEPARATOR = "、"
MOST_GUARDIANS = 6


@transaction.atomic
def roster_sheet(actor: Actor, unit: Unit) -> bytes:
    """An XLSX with the students, staff, posts, rooms and timetables of a unit and all below it, as of the actor's day;
    ID numbers in full. Guardians stand in the row of their child.

    Who took it out is in the journal. Raises Forbidden, NotFound.
    """
    unit = unit_for(actor, perms.ROSTER_EXPORT, unit.pk)
    on = local_date(actor.now, time_zone_of(unit))
    units = {u.pk: u for u in Unit.objects.within(unit).select_related("parent")}
    pages = [
        ("students", _students(units, on)),
        ("staff", _staff(unit, units, on)),
        ("posts", post_rows(units, on)),
        ("rooms", room_rows(unit, units)),
        ("lessons", lesson_rows(units)),
    ]
    body = {kind: len(rows) for kind, rows in pages}
    write(actor, [Event("exchange.roster.exported", "unit", unit.pk, unit.pk, actor.now, body)], actor.now)
    return write_xlsx([(sheet_kind(kind).title, _page(kind, rows)) for kind, rows in pages])


def template_sheet() -> bytes:
    """An empty sheet of the same shape."""
    return write_xlsx([(kind.title, [[kind.header_of(field) for field in kind.written]]) for kind in sheet_kinds()])


def _members(units: dict[int, Unit], on: date, kind: str) -> list[Membership]:
    rows = Membership.objects.in_force(on).filter(unit_id__in=list(units), kind=kind)
    rank = {unit.pk: n for n, unit in enumerate(in_tree_order(units.values()))}
    found = list(rows.select_related("person__household").order_by("order", "number", "pk"))
    return sorted(found, key=lambda row: rank[row.unit_id])


def _identity(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "sex": word_for("sex", person.sex),
        "id_type": word_for("id_type", person.id_type) if person.id_type else "",
        "id_number": person.id_number or "",
        "birth_date": person.birth_date.isoformat() if person.birth_date else "",
        "phone": person.phone or "",
    }


def _page(kind_name: str, rows: list[dict[str, str]]) -> list[list[str]]:
    """Header and rows; columns that a template does not offer only where somebody fills them."""
    kind = sheet_kind(kind_name)
    filled = {field for row in rows for field, text in row.items() if text}
    fields = [field for field in kind.columns if field not in kind.read_only or field in filled]
    return [[kind.header_of(field) for field in fields], *([row.get(field, "") for field in fields] for row in rows)]


def _students(units: dict[int, Unit], on: date) -> list[dict[str, str]]:
    members = _members(units, on, "student")
    ids = {row.person_id for row in members}
    guardians: dict[int, list[Guardianship]] = {}
    inside = Membership.objects.in_force(on).filter(unit_id__in=list(units), kind="student").values("person_id")
    links = Guardianship.objects.filter(child_id__in=inside).filter(Q(ends=None) | Q(ends__gt=on))
    for link in links.select_related("guardian").order_by("pk"):
        guardians.setdefault(link.child_id, []).append(link)
    beds = dict(
        Membership.objects.in_force(on)
        .filter(kind="resident", person_id__in=inside)
        .values_list("person_id", "unit__name")
    )
    rows = []
    for member in members:
        unit = units[member.unit_id]
        parent = unit.parent
        row = {
            **_identity(member.person),
            "number": member.number,
            "grade": parent.name if parent is not None and parent.level == "division" else "",
            "class": unit.name,
            "dormitory": beds.get(member.person_id, "") if member.person_id in ids else "",
            "address": (member.person.household.address or "") if member.person.household else "",
            "status": word_for("status", "here"),
        }
        for n, link in enumerate(guardians.get(member.person_id, [])[:MOST_GUARDIANS], start=1):
            row |= {
                f"guardian{n}_name": link.guardian.name,
                f"guardian{n}_relation": word_for("relation", link.relation),
                f"guardian{n}_phone": link.guardian.phone or "",
                f"guardian{n}_id_number": link.guardian.id_number or "",
            }
        rows.append(row)
    return rows


def _staff(top: Unit, units: dict[int, Unit], on: date) -> list[dict[str, str]]:
    members = _members(units, on, "staff")
    posts: dict[int, list[Post]] = {}
    for post in Post.objects.in_force(on).filter(unit_id__in=list(units)).order_by("pk"):
        posts.setdefault(post.person_id, []).append(post)
    held_at = value_words().held_at
    rows = []
    for member in members:
        own = [post for post in posts.get(member.person_id, []) if word_for("position", post.role)]

        def names(at: str, own: list[Post] = own) -> str:
            return SEPARATOR.join(units[post.unit_id].name for post in own if held_at.get(post.role) == at)

        unit = units[member.unit_id]
        rows.append(
            {
                **_identity(member.person),
                "number": member.number,
                "department": unit.name if unit.level == "department" else "",
                "position": SEPARATOR.join(dict.fromkeys(word_for("position", post.role) for post in own)),
                "homeroom": names("homeroom"),
                "classes": names("classes"),
                "division": names("division"),
                "status": word_for("status", "here"),
            }
        )
    return rows
