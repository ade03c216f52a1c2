"""The school's answer to who says that they are a guardian, and the help it gives when a way to sign in is lost."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import one, permit
from lianfang.foundation.actions import reset_sign_in as take_back_ways
from lianfang.foundation.actions import touch_access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, Forbidden, invalid
from lianfang.foundation.journal import Event, write
from lianfang.people import joining, perms
from lianfang.people.actions.following import following, today_at
from lianfang.people.actions.guardians import confirm_guardian, link_guardian
from lianfang.people.models import GuardianClaim, Guardianship, Membership, Person, Post
from lianfang.people.reaching import persons_reached

REASON_LENGTH = 200


def _reason(reason: str) -> str:
    kept = reason.strip()
    if not kept:
        raise invalid("reason", "required", _("请写明原因。"))
    if len(kept) > REASON_LENGTH:
        raise invalid("reason", "too_long", _("原因请不超过 %(n)d 个字。") % {"n": REASON_LENGTH})
    return kept


def _waiting(actor: Actor, claim: GuardianClaim) -> GuardianClaim:
    """The claim, locked, if it waits within one's reach."""
    scope = permit(actor, perms.GUARDIAN_MANAGE)
    rows = GuardianClaim.objects.select_for_update(of=("self",)).select_related("claimant__account", "child", "unit")
    row: GuardianClaim = one(rows.filter(scope.unit_q("unit__path")), pk=claim.pk)
    if row.decided_at is not None:
        raise Conflict(_("这个申请已经处理过了。"))
    return row


def _known_guardian(actor: Actor, claimant: Person, child: Person, now: datetime) -> Guardianship | None:
    """The guardian of that name whom the school has written down, without an account, and all of whose children are
    within the reach of who confirms: then the newcomer is that person."""
    empty = not (
        Guardianship.objects.filter(guardian=claimant).exists()
        or Post.objects.filter(person=claimant).exists()
        or Membership.objects.filter(person=claimant).exists()
    )
    if not empty:
        return None
    rows = Guardianship.objects.filter(child=child, ends=None, guardian__account=None, guardian__erased_at=None)
    link = rows.filter(guardian__name_key=claimant.name_key).select_related("guardian").order_by("pk").first()
    if link is None:
        return None
    wards = set(Guardianship.objects.filter(guardian=link.guardian, ends=None).values_list("child_id", flat=True))
    reached = persons_reached(actor.scope(perms.GUARDIAN_MANAGE), today_at(None, now)).filter(pk__in=wards)
    return link if reached.count() == len(wards) else None


def _become(known: Person, newcomer: Person, now: datetime) -> None:
    """The account and the claims of the newcomer go to the person whom the school knows already."""
    account = newcomer.account
    newcomer.account, newcomer.erased_at = None, now
    newcomer.save(update_fields=["account", "erased_at"])
    known.account = account
    known.save(update_fields=["account"])
    GuardianClaim.objects.filter(claimant=newcomer).update(claimant=known)


@transaction.atomic
def confirm_claim(actor: Actor, now: datetime, *, claim: GuardianClaim, child: Person | None = None) -> Guardianship:
    """The claimant is the guardian: the child's rows open now. `child` is needed where the typed name fitted nobody.

    Raises Forbidden, NotFound, Conflict (decided already), Invalid (`child`).
    """
    row = _waiting(actor, claim)
    chosen = row.child or child
    if chosen is None:
        raise invalid("child", "required", _("请选择这是哪个学生的监护人。"))
    today = today_at(row.unit, now)
    if not Membership.objects.in_force(today).filter(person=chosen, unit=row.unit).exists():
        raise invalid("child", "left", _("这个学生现在不在这个班。"))
    claimant = row.claimant
    link = _known_guardian(actor, claimant, chosen, now)
    if link is not None:
        _become(link.guardian, claimant, now)
        claimant = link.guardian
    else:
        link = Guardianship.objects.filter(guardian=claimant, child=chosen, ends=None).first()
    if link is None:
        link = link_guardian(
            actor, now, guardian=claimant, child=chosen, relation=row.relation, begins=today, confirmed=True
        )
    else:
        link = confirm_guardian(actor, now, guardianship=link)
    row.refresh_from_db()
    row.child, row.decided_at, row.decided_by_id, row.confirmed = chosen, now, actor.account_id, True
    row.save(update_fields=["child", "decided_at", "decided_by", "confirmed"])
    if claimant.account_id is not None:
        touch_access([claimant.account_id])
    body = {"claimant": claimant.pk, "child": chosen.pk, "account": claimant.account_id}
    write(actor, [Event("people.claim.confirmed", "claim", row.pk, row.unit_id, now, body)], now)
    return link


@transaction.atomic
def refuse_claim(actor: Actor, now: datetime, *, claim: GuardianClaim, reason: str) -> GuardianClaim:
    """The claimant is not the guardian; the reason is told to them. Raises Forbidden, NotFound, Conflict, Invalid."""
    kept = _reason(reason)
    row = _waiting(actor, claim)
    row.decided_at, row.decided_by_id, row.confirmed, row.reason = now, actor.account_id, False, kept
    row.save(update_fields=["decided_at", "decided_by", "confirmed", "reason"])
    body = {"claimant": row.claimant_id, "account": row.claimant.account_id}
    write(actor, [Event("people.claim.refused", "claim", row.pk, row.unit_id, now, body)], now)
    return row


def may_reset_sign_in(actor: Actor, now: datetime, person: Person) -> bool:
    """Whether the actor may take back the ways to sign in of a person (rule `joining.may_reset`)."""
    scope = actor.scope(perms.SIGN_IN_RESET)
    if not scope or person.account_id is None:
        return False
    today = today_at(None, now)
    later = Q(ends=None) | Q(ends__gt=today)
    posts = list(Post.objects.filter(later, person=person, void_at=None).values_list("unit__path", flat=True))
    pupils = Membership.objects.in_force(today).filter(scope.unit_q("unit__path"), kind="student").values("person_id")
    wards = Guardianship.objects.filter(later, guardian=person, child_id__in=pupils)
    managed = actor.scope(perms.ACCOUNT_OPEN)
    return joining.may_reset(
        own=person.pk == actor.person_id,
        posts_inside=all(scope.covers_path(path) for path in posts),
        manages=bool(managed) and persons_reached(managed, today).filter(pk=person.pk).exists(),
        ward_of_class=wards.exclude(confirmed_at=None).exists(),
        holds_post=bool(posts),
    )


@transaction.atomic
def reset_sign_in(actor: Actor, now: datetime, *, person: Person, reason: str) -> str:
    """Take back every way to sign in of a person (lost phone, forgotten password) and return a one-time password.

    Sessions end, authenticator app, passkeys and linked identities go; it is recorded and told to the person.
    Raises Forbidden, NotFound, Invalid (`reason`, `person` without an account).
    """
    scope = permit(actor, perms.SIGN_IN_RESET)
    reached = persons_reached(scope, today_at(None, now)).select_related("account")
    kept: Person = one(reached, pk=person.pk)
    why = _reason(reason)
    if kept.account is None:
        raise invalid("person", "no_account", _("此人还没有账号。"))
    if not may_reset_sign_in(actor, now, kept):
        raise Forbidden("sign-in of a person with another post")
    if not kept.account.is_active:
        raise invalid("person", "disabled", _("这个账号已停用。请先由管理员重新开通。"))
    secret = take_back_ways(following(actor), now, kept.account, why)
    body = {"account": kept.account_id, "reason": why}
    write(actor, [Event("people.sign_in.reset", "person", kept.pk, None, now, body)], now)
    return secret
