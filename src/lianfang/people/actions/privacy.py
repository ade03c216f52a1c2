"""Requests about one's own data, copies for download, and erasure of one person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import one, permit
from lianfang.foundation.actions import disable_account
from lianfang.foundation.actions.retention import erase_subject
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, invalid
from lianfang.foundation.files import store_file
from lianfang.foundation.journal import Event, erase_payloads, write
from lianfang.foundation.keeping import empty_accounts
from lianfang.foundation.models import Account, JournalEntry, Unit
from lianfang.foundation.permissions import Scope
from lianfang.foundation.realm import current_realm
from lianfang.foundation.retention import Subject, holdings, items
from lianfang.foundation.units import institution_of
from lianfang.people import perms
from lianfang.people.actions.consents import own_or_child
from lianfang.people.actions.following import following, today_at
from lianfang.people.actions.guardians import end_guardian
from lianfang.people.actions.memberships import end_membership
from lianfang.people.actions.posts import end_post
from lianfang.people.copying import archive
from lianfang.people.models import DataRequest, Erasure, Guardianship, Membership, OwnDataCopy, Person, Post
from lianfang.people.retention import departed
from lianfang.rulepacks import packs

TEXT_LIMIT = 500
REASON_LIMIT = 200
COPIES_A_DAY = 3


def home_of_person(person: Person) -> Unit | None:
    """The institution that answers for a person: of the membership or post in force, else of the last."""
    rows = [
        *Membership.objects.filter(person=person, void_at=None).select_related("unit"),
        *Post.objects.filter(person=person, void_at=None).select_related("unit"),
    ]
    standing = [row for row in rows if row.ends is None]
    if standing:  # a child of a school and of a training institution: the one that came first
        rows = [min(standing, key=lambda row: (row.begins, row.pk))]
    if rows:
        last = max(rows, key=lambda row: (row.ends or row.begins, row.begins))
        return institution_of(last.unit) or last.unit
    ward = Guardianship.objects.filter(guardian=person).select_related("child").order_by("-begins").first()
    return home_of_person(ward.child) if ward is not None else None


@transaction.atomic
def ask_about_data(actor: Actor, now: datetime, *, person_id: int, kind: str, text: str) -> DataRequest:
    """Ask the school to correct, erase or explain data of oneself or one's child. Raises Forbidden, NotFound, Invalid.

    Journals `people.request.asked`; a duty of the school follows from it.
    """
    person = own_or_child(actor, person_id)
    assert actor.person_id is not None  # nobody else has a child or a self
    said = text.replace("\0", "").strip()
    if kind not in DataRequest.Kind.values:
        raise invalid("kind", "unknown", _("请选择要更正、删除还是询问。"))
    if not said:
        raise invalid("text", "required", _("请写明哪里不对、希望怎样处理。"))
    if len(said) > TEXT_LIMIT:
        raise invalid("text", "too_long", _("请写在 %(n)d 字以内。") % {"n": TEXT_LIMIT})
    unit = home_of_person(person)
    if unit is None:
        raise invalid("person_id", "nowhere", _("没有找到保存这些数据的学校，请直接联系学校。"))
    days = packs().purposes["own-data"].answer_days or 15
    row = DataRequest.objects.create(
        person=person,
        unit=unit,
        kind=kind,
        text=said,
        asked_by_id=actor.person_id,
        asked_at=now,
        due_at=now + timedelta(days=days),
    )
    body = {"kind": kind, "due_at": row.due_at}
    write(actor, [Event("people.request.asked", "data_request", row.pk, unit.pk, now, body)], now)
    return row


@transaction.atomic
def answer_request(actor: Actor, now: datetime, *, request_id: int, decision: str, answer: str) -> DataRequest:
    """Decide a request and answer it in words. Raises Forbidden, NotFound, Invalid; Conflict when it was answered before."""
    scope = permit(actor, perms.PRIVACY_MANAGE)
    rows = DataRequest.objects.select_for_update().filter(scope.unit_q("unit__path"))
    row: DataRequest = one(rows, pk=request_id)
    said = answer.replace("\0", "").strip()
    if row.answered_at is not None:
        raise Conflict(_("这个请求已经有人答复，您的答复没有保存。请刷新查看。"))
    if decision not in DataRequest.Decision.values:
        raise invalid("decision", "unknown", _("请选择处理结果。"))
    if not said:
        raise invalid("answer", "required", _("请写明怎样处理、为什么。"))
    if len(said) > TEXT_LIMIT:
        raise invalid("answer", "too_long", _("请写在 %(n)d 字以内。") % {"n": TEXT_LIMIT})
    row.decision, row.answer, row.answered_at, row.answered_by_id = decision, said, now, actor.account_id
    row.save(update_fields=["decision", "answer", "answered_at", "answered_by"])
    body = {"decision": decision}
    write(actor, [Event("people.request.answered", "data_request", row.pk, row.unit_id, now, body)], now)
    return row


@transaction.atomic
def copy_own_data(actor: Actor, now: datetime) -> OwnDataCopy:
    """An archive (JSON and XLSX) of one's own and one's children's data, kept for its term. Raises Forbidden; Conflict
    after `COPIES_A_DAY` in 24 hours."""
    own_or_child(actor, actor.person_id or 0)
    assert actor.person_id is not None  # nobody else has a self
    made = OwnDataCopy.objects.filter(person_id=actor.person_id, made_at__gt=now - timedelta(hours=24)).count()
    if made >= COPIES_A_DAY:
        raise Conflict(_("24 小时内已经导出 %(n)d 次。之前的压缩包还可以下载，请明天再导出。") % {"n": COPIES_A_DAY})
    persons = list(Person.objects.filter(pk__in=[actor.person_id, *actor.family], erased_at=None).order_by("pk"))
    own = next(p for p in persons if p.pk == actor.person_id)
    unit = home_of_person(own) or Unit.objects.filter(parent=None).order_by("pk").first()
    if unit is None:
        raise Conflict(_("还没有单位，没有可以导出的数据。"))
    content = archive(persons, now)
    file = store_file(
        actor, now, unit=unit, name="my-data.zip", media_type="application/zip", purpose="own-data", content=content
    )
    row = OwnDataCopy.objects.create(person=own, file=file, made_at=now)
    write(actor, [Event("people.copy.made", "person", own.pk, unit.pk, now, {"persons": len(persons)})], now)
    return row


def once_here(scope: Scope) -> Any:
    """Persons who belong or ever belonged within a scope, those who held a post there, and their guardians."""
    persons = Person.objects.filter(realm_id=current_realm(), erased_at=None)
    if scope.everything:
        return persons
    inside = scope.unit_q("unit__path")
    members = Membership.objects.filter(inside).values("person_id")
    holders = Post.objects.filter(inside).values("person_id")
    guardians = Guardianship.objects.filter(child_id__in=members).values("guardian_id")
    return persons.filter(Q(pk__in=members) | Q(pk__in=holders) | Q(pk__in=guardians))


def plan_of(person: Person) -> tuple[list[str], list[str], bool]:
    """What an erasure of a person would remove, what a duty to keep holds back (things of the purposes that have rows),
    and whether everything that may ever go would go."""
    gone = departed().filter(pk=person.pk).exists()
    removed, held = [], []
    for item, (_purpose, kept) in items().items():
        rows = [h for h in holdings(item) if h.person]
        here = item in ("roster.identity", "roster.numbers") or any(h.of_person(person.pk).exists() for h in rows)
        if not here:
            continue
        if kept.on_request == "always" or (gone and kept.on_request == "after_leaving"):
            removed.append(item)
        else:
            held.append(item)
    return removed, held, gone


@transaction.atomic
def erase_person(actor: Actor, now: datetime, *, person_id: int, reason: str) -> Erasure:
    """Erase one person on request, as far as no duty to keep stands against it; the row stays without content.

    Somebody who still belongs loses only what may go at any time (voluntary things, copies). Raises Forbidden, NotFound;
    Invalid without a reason; Conflict in words when nothing may be erased.
    """
    scope = permit(actor, perms.PRIVACY_MANAGE)
    person: Person = one(once_here(scope).select_for_update(of=("self",)), pk=person_id)
    said = reason.replace("\0", "").strip()
    if not said or len(said) > REASON_LIMIT:
        raise invalid("reason", "required", _("请写明理由（%(n)d 字以内），不要写姓名。") % {"n": REASON_LIMIT})
    texts = tuple(t for t in (person.name, person.id_number, person.phone) if t and len(t) > 1)
    said = "—" if Subject(person.pk, None, texts).mentioned_in(said) else said
    removed, held, gone = plan_of(person)
    if not removed:
        raise Conflict(_("没有删除任何内容：此人仍在校（在岗），这些数据是依法必须保存的。离开以后才能删除。"))
    return _erase(actor, now, person, removed, held, gone, said)


@transaction.atomic
def erase_again(actor: Actor, now: datetime, *, person_id: int, whole: bool, at: datetime) -> Erasure | None:
    """Repeat the erasure of `at` after an older backup was restored that does not know it. With `whole` the person had
    left by then: what still stands open in the backup ends first. None when there is nothing left to erase.

    Raises Forbidden.
    """
    permit(actor, perms.PRIVACY_MANAGE)
    person = Person.objects.select_for_update(of=("self",)).filter(pk=person_id, erased_at=None).first()
    if person is None:
        return None
    if whole:
        _end_all(actor, now, person, today_at(home_of_person(person), at))
        person.refresh_from_db()
    removed, held, gone = plan_of(person)
    if not removed:
        return None
    return _erase(actor, now, person, removed, held, gone, _("恢复备份以后再次删除"))


def _end_all(actor: Actor, now: datetime, person: Person, on: date) -> None:
    """Whatever still ties a person to a school ends on a day, or on the day it began if that is later."""
    for member in Membership.objects.filter(person=person, ends=None, void_at=None):
        end_membership(actor, now, membership=member, ends=max(on, member.begins))
    for post in Post.objects.filter(person=person, ends=None, void_at=None):
        end_post(actor, now, post=post, ends=max(on, post.begins))
    for ward in Guardianship.objects.filter(guardian=person, ends=None):
        end_guardian(actor, now, guardianship=ward, ends=max(on, ward.begins))


def _erase(
    actor: Actor, now: datetime, person: Person, removed: list[str], held: list[str], gone: bool, said: str
) -> Erasure:
    """Remove what the plan says, inside the transaction of the action that permitted it. Journals `people.person.erased`."""
    texts = tuple(t for t in (person.name, person.id_number, person.phone) if t and len(t) > 1)
    unit = home_of_person(person)
    subject = Subject(person.pk, person.account_id, texts)
    if gone and person.account_id is not None:
        account = Account.objects.get(pk=person.account_id)
        if account.is_active:
            disable_account(following(actor), now, account, "erased on request")
        empty_accounts([account.pk], now)
    run = erase_subject(actor, now, subject, removed, unit, scrub=gone)
    if gone:
        entries = JournalEntry.all_realms.filter(subject_type="person", subject_id=str(person.pk))
        erase_payloads(entries.values_list("pk", flat=True), now)
    counts = {count.item: count.removed for count in run.counts.all()}
    row = Erasure.objects.create(
        person_id=person.pk,
        unit=unit,
        reason=said,
        whole=gone,
        removed=counts,
        held_back=held,
        at=now,
        by_id=actor.account_id,
    )
    body = {"whole": gone, "removed": counts, "held_back": held}
    write(actor, [Event("people.person.erased", "person", person.pk, unit.pk if unit else None, now, body)], now)
    return row
