"""Posts: the fact that a person holds a role at a unit; the grant of their account follows from it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from lianfang.foundation.access import permit, unit_for
from lianfang.foundation.actions import end_grants_of_source, give_grant
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.foundation.units import time_zone_of
from lianfang.kernel.clock import at_local
from lianfang.people import perms, rules
from lianfang.people.actions.following import close_account_when_done, following, today_at
from lianfang.people.models import Person, Post
from lianfang.rulepacks import packs


def source_of(post: Post) -> str:
    """What a grant names as its source when it follows from this post."""
    return f"post:{post.pk}"


def grant_for(actor: Actor, now: datetime, post: Post) -> None:
    """Give the person's account the right of the post: from local midnight of the first day to that of the last."""
    account = post.person.account
    if account is None:
        return
    zone = time_zone_of(post.unit)
    give_grant(
        following(actor),
        now,
        account=account,
        role=post.role,
        unit=post.unit,
        source=source_of(post),
        begins=at_local(post.begins, "00:00", zone),
        ends=at_local(post.ends, "00:00", zone) if post.ends else None,
    )


@transaction.atomic
def assign_post(
    actor: Actor, now: datetime, *, person: Person, unit: Unit, role: str, begins: date, ends: date | None = None
) -> Post:
    """A person holds a role of the rule pack at a unit from a day on (to the day before `ends`).

    Raises Forbidden, NotFound (unit), Invalid: `role` (not at this kind of unit; held by another where there is only
    one), `ends`, `begins` (already held).
    """
    unit = unit_for(actor, perms.POST_MANAGE, unit.pk)
    known = packs().roles.get(role)
    if known is None or known.family in ("pupil", "guardian") or unit.kind not in known.unit_kinds:
        raise invalid("role", "unit_kind", _("“%(unit)s”没有这个岗位，请选择其他岗位。") % {"unit": unit.name})
    if rules.ends_before_it_begins(begins, ends):
        raise invalid("ends", "before_begin", _("结束日期不能早于开始日期。"))
    wanted = rules.Holding(begins, ends)
    kept = list(Post.objects.filter(unit=unit, role=role, void_at=None).filter(Q(ends=None) | Q(ends__gt=begins)))
    if rules.clash(wanted, (rules.Holding(p.begins, p.ends) for p in kept if p.person_id == person.pk)):
        raise invalid("begins", "overlaps", _("此人在这段时间已经担任这个岗位。"))
    if known.single and rules.clash(wanted, (rules.Holding(p.begins, p.ends) for p in kept)):
        raise invalid("role", "single", _("这个岗位只能有一人，目前有其他人担任。请先结束原来的任职。"))
    post = Post(
        person=person,
        unit=unit,
        role=role,
        begins=begins,
        ends=ends,
        known_at=now,
        end_known_at=now if ends else None,
        recorded_by_id=actor.account_id,
    )
    post.save()
    body = {"person": person.pk, "role": role, "begins": begins, "ends": ends}
    write(actor, [Event("people.post.begun", "post", post.pk, unit.pk, now, body)], now)
    grant_for(actor, now, post)
    return post


@transaction.atomic
def end_post(actor: Actor, now: datetime, *, post: Post, ends: date) -> Post:
    """The person no longer holds the role from `ends` on; the right goes with it, and the account with the last one.

    Raises Forbidden, NotFound, Invalid (`ends` before the beginning, or after an end that was already set).
    """
    scope = permit(actor, perms.POST_MANAGE)
    rows = Post.objects.select_for_update(of=("self",)).in_scope(scope).select_related("unit", "person__account")
    kept: Post | None = rows.filter(pk=post.pk, void_at=None).first()
    if kept is None:
        raise NotFound("post")
    if rules.ends_before_it_begins(kept.begins, ends):
        raise invalid("ends", "before_begin", _("结束日期不能早于开始日期。"))
    if kept.ends is not None and ends > kept.ends:
        raise invalid(
            "ends", "already_ended", _("这个任职已定于 %(day)s 结束；要延长请重新任命。") % {"day": kept.ends}
        )
    if kept.ends == ends:
        return kept
    end_post_as_consequence(actor, now, kept, ends)
    if ends <= today_at(kept.unit, now):
        close_account_when_done(actor, now, kept.person)
    return kept


def end_post_as_consequence(actor: Actor, now: datetime, post: Post, ends: date) -> None:
    """End a post inside the transaction of an action that was permitted (a person leaves, a post is handed over)."""
    post.ends, post.end_known_at = ends, now
    post.save(update_fields=["ends", "end_known_at"])
    body = {"person": post.person_id, "role": post.role, "ends": ends}
    write(actor, [Event("people.post.ended", "post", post.pk, post.unit_id, now, body)], now)
    end_grants_of_source(following(actor), now, source_of(post), at_local(ends, "00:00", time_zone_of(post.unit)))
