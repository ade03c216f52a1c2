"""School buses: a unit with a plate, seats and a route; who rides is a membership in time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation import actions as foundation
from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.people import perms
from lianfang.people.actions.following import following, home_of
from lianfang.people.actions.memberships import add_membership
from lianfang.people.models import Membership, Person, Vehicle
from lianfang.people.place_rules import MOST_SEATS, clean_plate, is_plate

KIND, LEVEL = "school_bus", "vehicle"
ROUTE_LENGTH = 200


def _check(vehicle: Vehicle) -> None:
    """Raises Invalid with every field of a bus that cannot be."""
    errors = []
    if not is_plate(vehicle.plate):
        errors.append(FieldError("plate", "format", _("车牌号不完整，例如“浙A12345”。")))
    elif Vehicle.objects.filter(plate=vehicle.plate).exclude(pk=vehicle.pk).exists():
        errors.append(FieldError("plate", "taken", _("车牌号“%(plate)s”已经登记。") % {"plate": vehicle.plate}))
    if not 1 <= vehicle.seats <= MOST_SEATS:
        errors.append(FieldError("seats", "range", _("座位数应在 1 到 %(n)d 之间。") % {"n": MOST_SEATS}))
    if len(vehicle.route) > ROUTE_LENGTH:
        errors.append(FieldError("route", "too_long", _("路线太长，最多 %(n)d 个字。") % {"n": ROUTE_LENGTH}))
    if errors:
        raise Invalid(errors)


@transaction.atomic
def add_vehicle(
    actor: Actor, now: datetime, *, unit: Unit, name: str, plate: str, seats: int, route: str = ""
) -> Vehicle:
    """Add a school bus of an institution; its riders, driver and attendant are given to `vehicle.unit`.

    Raises Forbidden, NotFound, Invalid (`name` taken or empty, `plate`, `seats`, `route`).
    """
    home = unit_for(actor, perms.PLACE_MANAGE, unit.pk)
    vehicle = Vehicle(plate=clean_plate(plate), seats=seats, route=route.strip())
    _check(vehicle)
    if len(name.strip()) > 60:
        raise invalid("name", "too_long", _("名称太长，最多 %(n)d 个字。") % {"n": 60})
    vehicle.unit = foundation.create_unit(following(actor), now, parent=home, kind=KIND, level=LEVEL, name=name)
    vehicle.save()
    body = {"seats": vehicle.seats}
    write(actor, [Event("people.vehicle.added", "vehicle", vehicle.pk, vehicle.unit_id, now, body)], now)
    return vehicle


def _locked(actor: Actor, vehicle: Vehicle) -> Vehicle:
    scope = permit(actor, perms.PLACE_MANAGE)
    rows = Vehicle.objects.select_for_update(of=("self",)).filter(scope.unit_q("unit__path"))
    kept = rows.select_related("unit").filter(pk=vehicle.pk).first()
    if kept is None:
        raise NotFound("vehicle")
    return kept


@transaction.atomic
def update_vehicle(actor: Actor, now: datetime, *, vehicle: Vehicle, **fields: Any) -> Vehicle:
    """Change name, plate, seats, route. Raises Forbidden, NotFound, Invalid."""
    kept = _locked(actor, vehicle)
    if "plate" in fields:
        fields["plate"] = clean_plate(fields["plate"])
    if fields.get("name", kept.unit.name) != kept.unit.name:
        foundation.rename_unit(following(actor), now, kept.unit, fields["name"])
    changed = [n for n in ("plate", "seats", "route") if n in fields and getattr(kept, n) != fields[n]]
    for name in changed:
        setattr(kept, name, fields[name])
    if changed:
        _check(kept)
        kept.save(update_fields=changed)
        write(actor, [Event("people.vehicle.updated", "vehicle", kept.pk, kept.unit_id, now, {"fields": changed})], now)
    return kept


@transaction.atomic
def end_vehicle(actor: Actor, now: datetime, *, vehicle: Vehicle, ends: date) -> Vehicle:
    """A bus runs no more from a day on; its riders leave it on that day. Raises Forbidden, NotFound, Invalid."""
    kept = _locked(actor, vehicle)
    later = Q(ends=None) | Q(ends__gt=ends)
    for row in Membership.objects.filter(later, unit=kept.unit, void_at=None):
        row.ends, row.end_known_at = max(ends, row.begins), now
        row.save(update_fields=["ends", "end_known_at"])
        body = {"person": row.person_id, "kind": row.kind, "ends": row.ends}
        write(actor, [Event("people.membership.ended", "membership", row.pk, row.unit_id, now, body)], now)
    foundation.end_unit(following(actor), now, kept.unit, ends)
    return kept


@transaction.atomic
def ride(actor: Actor, now: datetime, *, person: Person, vehicle: Vehicle, begins: date) -> Membership:
    """Somebody of the institution rides a bus from a day on. A full bus refuses.

    Raises Forbidden, NotFound (the bus, or a person who belongs to no class or department there), Invalid.
    """
    kept = _locked(actor, vehicle)
    home = home_of(kept.unit)
    belongs = Membership.objects.in_force(begins).filter(person=person, unit__path__startswith=home.path)
    if not belongs.exclude(kind=Membership.Kind.RIDER).exists():
        raise NotFound("person")
    riding = Membership.objects.filter(Q(ends=None) | Q(ends__gt=begins), unit=kept.unit, void_at=None)
    if riding.values("person_id").distinct().count() >= kept.seats:
        raise invalid(
            "vehicle", "full", _("“%(bus)s”只有 %(n)d 个座位，已经坐满。") % {"bus": kept.unit.name, "n": kept.seats}
        )
    return add_membership(following(actor), now, person=person, unit=kept.unit, kind="rider", begins=begins)
