"""Accepting an invitation: a person with an account, and a claim that waits for the school."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.actions import create_account, set_password, touch_access
from lianfang.foundation.actor import Actor, system_actor
from lianfang.foundation.crypto import blind_index
from lianfang.foundation.errors import ActionError, Conflict, FieldError, Invalid, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Account, Unit
from lianfang.people import joining, rules
from lianfang.people.actions.following import today_at
from lianfang.people.actions.inviting import code_digest
from lianfang.people.actions.persons import create_person
from lianfang.people.actions.posts import assign_post
from lianfang.people.models import GuardianClaim, Guardianship, Invitation, Membership, Person, WrongCode

USERNAME_LENGTH = 60


class TooManyCodes(ActionError):
    """Too many wrong codes from one address; it has to wait."""

    status = 429


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """What a newcomer chooses. The password is checked like any other."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of an invitation: the account that may sign in, and the claim that waits (none for staff)."""

    account: Account
    claim: GuardianClaim | None
    is_new: bool


def _words(state: joining.State) -> str:
    return {
        joining.State.USED: _("这张邀请单已经用过了。每张只能用一次；请向班主任或学校要一张新的。"),
        joining.State.REVOKED: _("这张邀请单已被学校收回。请向班主任或学校要一张新的。"),
        joining.State.EXPIRED: _("这张邀请单过了有效期。请向班主任或学校要一张新的。"),
    }[state]


def find_invitation(now: datetime, *, code: str, source: str) -> Invitation:
    """The open invitation of a typed or scanned code. `source` is the address that asks; wrong codes are counted by it.

    Raises TooManyCodes; Invalid (`code`) with what is wrong: unknown, used, taken back, expired.
    """
    mark = blind_index("people.join.source", source)
    recent = WrongCode.objects.filter(source=mark, at__gt=now - joining.WRONG_WINDOW)
    if recent.count() >= joining.MOST_WRONG:
        raise TooManyCodes(_("邀请码输错太多次了，请过 15 分钟再试。"))
    plain = joining.typed(code)
    row = (
        Invitation.objects.select_related("unit", "child").filter(digest=code_digest(plain)).first() if plain else None
    )
    if row is None:
        with transaction.atomic():
            WrongCode.objects.filter(at__lt=now - timedelta(days=1)).delete()
            WrongCode.objects.create(source=mark, at=now)
        raise invalid("code", "unknown", _("没有这个邀请码，请对照纸条再输一次。"))
    state = joining.state(row.facts(), now)
    if state is not joining.State.OPEN:
        raise invalid("code", state.value, _words(state))
    return row


def _locked(invitation: Invitation, now: datetime) -> Invitation:
    """The invitation, still open, held until the transaction ends: two who use it at once come one after the other."""
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("unit", "child")
    row = rows.get(pk=invitation.pk)
    state = joining.state(row.facts(), now)
    if state is not joining.State.OPEN:
        raise invalid("code", state.value, _words(state))
    return row


def _used(row: Invitation, account: Account, now: datetime) -> None:
    row.used_at, row.used_by, row.uses = now, account, row.uses + 1
    row.save(update_fields=["used_at", "used_by", "uses"])


def _newcomer(
    agent: Actor, now: datetime, row: Invitation, name: str, sign_in: NewSignIn | None
) -> tuple[Person, Account]:
    """A person with an account and a password of their own choice. Raises Invalid with every wrong field."""
    if sign_in is None:
        raise invalid("username", "required", _("请填写登录名。"))
    errors: list[FieldError] = []
    username = sign_in.username.strip()
    if not 2 <= len(username) <= USERNAME_LENGTH or any(ord(sign) < 33 for sign in username):
        errors.append(FieldError("username", "length", _("登录名请用 2 到 60 个字，中间不要有空格。")))
    cleaned = rules.clean_name(name)
    if rules.name_fault(cleaned):
        errors.append(FieldError("name", "characters", _("请填写真实姓名，不要有数字和符号。")))
    if errors:
        raise Invalid(errors)
    account, _secret = create_account(agent, now, username=username, display_name=cleaned)
    set_password(agent, now, account, sign_in.password, row.unit)
    person = create_person(agent, now, name=cleaned)
    person.account = account
    person.save(update_fields=["account"])
    touch_access([account.pk])
    account.refresh_from_db()
    write(agent, [Event("people.account.opened", "person", person.pk, None, now, {"account": account.pk})], now)
    return person, account


def _whoever_is_here(actor: Actor) -> tuple[Person, Account]:
    person = Person.objects.select_related("account").filter(pk=actor.person_id or 0, erased_at=None).first()
    if person is None or person.account is None:
        raise Conflict(_("现在登录的账号没有对应的人，不能接受邀请。请退出后再扫码。"))
    return person, person.account


def _named_child(row: Invitation, child_name: str, today: date) -> Person | None:
    """The child whom a claim is about: that of the slip, which the typed name has to fit; or the one of that name in
    the class, if there is exactly one (the teacher finds the others)."""
    key = rules.name_key(child_name)
    if row.child is not None:
        if key != row.child.name_key:
            raise invalid(
                "child", "differs", _("孩子姓名与这张邀请单不符。请核对写法；如果拿错了单子，请与班主任联系。")
            )
        if not Membership.objects.in_force(today).filter(person=row.child, unit=row.unit).exists():
            raise invalid("code", "left", _("这个孩子已经不在这个班。请向新的班主任要一张邀请单。"))
        return row.child
    members = Membership.objects.in_force(today).filter(unit=row.unit, kind="student", person__name_key=key)
    found = list(Person.objects.filter(pk__in=members.values("person_id")))
    return found[0] if len(found) == 1 else None


@transaction.atomic
def accept_as_guardian(
    actor: Actor | None,
    now: datetime,
    *,
    invitation: Invitation,
    child_name: str,
    relation: str,
    name: str = "",
    sign_in: NewSignIn | None = None,
) -> Joined:
    """A guardian says who they are and whose; nothing opens before the school confirms.

    With an actor their own account is used (another child, another school), without one a new account is made.
    Raises Invalid (`code`, `child`, `relation`, `name`, `username`, `password`), Conflict.
    """
    row = _locked(invitation, now)
    if row.kind != Invitation.Kind.GUARDIAN:
        raise invalid("code", "kind", _("这张邀请单是给教职工的。"))
    if relation not in rules.RELATIONS:
        raise invalid("relation", "unknown", _("没有这种关系，请从列表中选择。"))
    said = rules.clean_name(child_name)
    if not said or len(said) > rules.NAME_LENGTH:
        raise invalid("child", "required", _("请填写孩子的姓名。"))
    child = _named_child(row, said, today_at(row.unit, now))
    agent = system_actor(f"invitation:{row.pk}", now)
    person, account = _whoever_is_here(actor) if actor else _newcomer(agent, now, row, name, sign_in)
    if child is not None and child.pk == person.pk:
        raise invalid("child", "same", _("监护人不能是孩子本人。"))
    waiting = GuardianClaim.objects.filter(claimant=person, decided_at=None)
    if (
        waiting.filter(child=child, said_child=said).exists()
        or waiting.filter(child=child, child__isnull=False).exists()
    ):
        raise Conflict(_("您已经提交过这个孩子的申请，正在等班主任确认，不用再提交。"))
    linked = Guardianship.objects.filter(guardian=person, child=child, ends=None).exclude(confirmed_at=None)
    if child is not None and linked.exists():
        raise Conflict(_("您已经是这个孩子的监护人，不用再加入。"))
    claim = GuardianClaim.objects.create(
        invitation=row, unit=row.unit, claimant=person, child=child, said_child=said, relation=relation, created_at=now
    )
    _used(row, account, now)
    who = actor or agent
    facts = {"claimant": person.pk, "child": child.pk if child else None, "invitation": row.pk}
    write(who, [Event("people.claim.made", "claim", claim.pk, row.unit_id, now, facts)], now)
    return Joined(account, claim, actor is None)


@transaction.atomic
def accept_as_staff(
    actor: Actor | None, now: datetime, *, invitation: Invitation, name: str = "", sign_in: NewSignIn | None = None
) -> Joined:
    """A member of staff takes up the posts of the invitation, with a new account or, signed in, with their own.

    Raises Invalid (`code`, `name`, `username`, `password`, and what `assign_post` refuses), Conflict (the invitation
    names somebody else).
    """
    row = _locked(invitation, now)
    if row.kind != Invitation.Kind.STAFF:
        raise invalid("code", "kind", _("这张邀请单是给家长的。"))
    said = actor.name if actor else name
    if actor is not None:
        said = _whoever_is_here(actor)[0].name
    if rules.name_key(said) != rules.name_key(row.name):
        if actor is not None:
            raise Conflict(_("这张邀请单不是给现在登录的人的。请先退出，再由本人扫码。"))
        raise invalid("name", "differs", _("姓名与邀请单不符。请核对写法，或请学校重新发一张。"))
    agent = system_actor(f"invitation:{row.pk}", now)
    person, account = _whoever_is_here(actor) if actor else _newcomer(agent, now, row, name, sign_in)
    units = Unit.objects.in_bulk([post["unit"] for post in row.posts])
    for post in row.posts:
        unit = units[post["unit"]]
        begins = max(date.fromisoformat(post["begins"]), today_at(unit, now))
        assign_post(agent, now, person=person, unit=unit, role=post["role"], begins=begins)
    _used(row, account, now)
    body = {"person": person.pk}
    write(actor or agent, [Event("people.invitation.accepted", "invitation", row.pk, row.unit_id, now, body)], now)
    account.refresh_from_db()
    return Joined(account, None, actor is None)
