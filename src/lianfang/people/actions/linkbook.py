"""The link book: entries in time, and what came of calling them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.permissions import Permission
from lianfang.people import linkbook, perms
from lianfang.people.actions.following import today_at
from lianfang.people.models import LinkCall, LinkEntry


def _checked(kind: str, name: str, contact: str, phone: str, note: str) -> str:
    """The number as it is kept. Raises Invalid with every field that cannot be."""
    errors = []
    if kind not in linkbook.KINDS:
        errors.append(FieldError("kind", "unknown", _("没有这种类别，请从列表中选择。")))
    if not name.strip():
        errors.append(FieldError("name", "required", _("请填写单位或岗位名称。")))
    for field, text, most in (("name", name, 60), ("contact", contact, 60), ("note", note, 200)):
        if len(text.strip()) > most:
            errors.append(FieldError(field, "too_long", _("最多 %(most)d 字，请写短一些。") % {"most": most}))
    number = linkbook.clean_number(phone)
    if number is None:
        errors.append(
            FieldError("phone", "format", _("电话号码应为 3 到 20 位数字，可带区号和分机（如 0571-87001234转801）。"))
        )
    if errors or number is None:
        raise Invalid(errors)
    return number


def _entry(actor: Actor, permission: Permission, entry_id: int) -> LinkEntry:
    scope = permit(actor, permission)
    rows = LinkEntry.objects.select_for_update(of=("self",)).in_scope(scope).select_related("unit")
    row: LinkEntry | None = rows.filter(pk=entry_id, void_at=None).first()
    if row is None:
        raise NotFound("link_entry")
    return row


@transaction.atomic
def add_link(
    actor: Actor,
    now: datetime,
    *,
    unit: Unit,
    kind: str,
    name: str,
    phone: str,
    contact: str = "",
    private: bool = False,
    note: str = "",
) -> LinkEntry:
    """A new entry from today on. Raises Forbidden, NotFound (unit), Invalid."""
    unit = unit_for(actor, perms.LINKBOOK_MANAGE, unit.pk)
    return _write_entry(actor, now, unit, None, kind, name, phone, contact, private, note)


def _write_entry(
    actor: Actor,
    now: datetime,
    unit: Unit,
    replaces: LinkEntry | None,
    kind: str,
    name: str,
    phone: str,
    contact: str,
    private: bool,
    note: str,
) -> LinkEntry:
    number = _checked(kind, name, contact, phone, note)
    row: LinkEntry = LinkEntry.objects.create(
        unit=unit,
        kind=kind,
        name=name.strip(),
        contact=contact.strip(),
        phone=number,
        private=private,
        note=note.strip(),
        order=replaces.order if replaces else 0,
        replaces=replaces,
        begins=today_at(unit, now),
        known_at=now,
        recorded_by_id=actor.account_id,
    )
    body = {"kind": kind, "replaces": replaces.pk if replaces else None}
    write(actor, [Event("people.link.added", "link_entry", row.pk, unit.pk, now, body)], now)
    return row


@transaction.atomic
def mend_link(
    actor: Actor,
    now: datetime,
    *,
    entry_id: int,
    kind: str,
    name: str,
    phone: str = "",
    contact: str = "",
    private: bool = False,
    note: str = "",
) -> LinkEntry:
    """Correct an entry: a new row replaces it, the old one ends and keeps its calls. An empty `phone` is kept as it is.

    A new number begins without calls, so it is called in the next check. Raises Forbidden, NotFound, Invalid.
    """
    old = _entry(actor, perms.LINKBOOK_MANAGE, entry_id)
    if old.ends is not None:
        raise invalid("name", "ended", _("这一条已经被改过或删除，请刷新后再改。"))
    new = _write_entry(actor, now, old.unit, old, kind, name, phone or old.phone, contact, private, note)
    _end(actor, now, old)
    if new.phone == old.phone:
        LinkCall.objects.filter(entry=old).update(entry=new)
    return new


def _end(actor: Actor, now: datetime, row: LinkEntry) -> None:
    row.ends, row.end_known_at = max(row.begins, today_at(row.unit, now)), now
    row.save(update_fields=["ends", "end_known_at"])
    write(actor, [Event("people.link.ended", "link_entry", row.pk, row.unit_id, now, {"ends": row.ends})], now)


@transaction.atomic
def end_link(actor: Actor, now: datetime, *, entry_id: int) -> LinkEntry:
    """Take an entry out of the book from today on. Raises Forbidden, NotFound."""
    row = _entry(actor, perms.LINKBOOK_MANAGE, entry_id)
    if row.ends is None:
        _end(actor, now, row)
    return row


@transaction.atomic
def record_call(actor: Actor, now: datetime, *, entry_id: int, outcome: str, note: str = "") -> LinkCall:
    """What came of calling an entry. Journals `people.link.called`, which the call check follows.

    Raises Forbidden, NotFound (an entry that ended too), Invalid (`outcome`, `note`).
    """
    row = _entry(actor, perms.LINKBOOK_CALL, entry_id)
    if row.ends is not None:
        raise NotFound("link_entry")
    if outcome not in LinkCall.Outcome.values:
        raise invalid("outcome", "unknown", _("请选择打通了、没人接或号码不对。"))
    if len(note.strip()) > 200:
        raise invalid("note", "too_long", _("备注最多 200 字，请写短一些。"))
    call: LinkCall = LinkCall.objects.create(
        entry=row, outcome=outcome, note=note.strip(), called_at=now, called_by_id=actor.account_id
    )
    body = {"entry": row.pk, "outcome": outcome}
    write(actor, [Event("people.link.called", "link_call", call.pk, row.unit_id, now, body)], now)
    return call
