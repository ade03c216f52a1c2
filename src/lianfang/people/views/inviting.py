"""The school's side of joining: slips, claims to answer, and a lost way to sign in."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lianfang.foundation.access import access, permit
from lianfang.foundation.models import Unit
from lianfang.people import actions, perms, queries, words
from lianfang.people.actions.following import today_at
from lianfang.people.forms import carried_out
from lianfang.people.forms.joining import ClassCodeForm, ConfirmForm, ReasonForm, SheetForm, StaffInvitationForm
from lianfang.people.models import Membership, Person
from lianfang.people.reading import in_tree_order

STAFF_LEVELS = ("class", "dormitory", "department", "division", "institution", "campus", "authority")


def _pupils(unit: Unit, now: Any) -> Any:
    members = Membership.objects.in_force(today_at(unit, now)).filter(unit=unit, kind="student")
    return Person.objects.filter(pk__in=members.values("person_id")).order_by("name_key", "pk")


@access(perms.GUARDIAN_MANAGE)
def home(request: Any) -> HttpResponse:
    """Where one may invite: the own class at once, else a list."""
    scope = permit(request.actor, perms.GUARDIAN_MANAGE)
    units = in_tree_order(
        Unit.objects.in_scope(scope).filter(level__in=("class", "institution", "department"), ends=None)
    )
    if len(units) == 1:
        return redirect("people:invitations", units[0].pk)
    counts = queries.open_invitations_by_class(request.actor, request.now)
    waiting = queries.waiting_claims(request.actor).count()
    rows = [(unit, counts.get(unit.pk, 0)) for unit in units]
    return render(request, "people/joining/home.html", {"rows": rows, "waiting": waiting})


def _draw(request: Any, unit_id: int, **failed: Any) -> HttpResponse:
    unit, rows = queries.invitations(request.actor, unit_id, request.now)
    for row in rows:
        row.invitation.state_words = _state_words(row.state)  # type: ignore[attr-defined]
        row.invitation.open = row.state == "open"  # type: ignore[attr-defined]
    is_class = unit.level == "class"
    staff = request.actor.scope(perms.POST_MANAGE).covers_path(unit.path)
    today = today_at(unit, request.now)
    context = {
        "unit": unit,
        "rows": rows,
        "is_class": is_class,
        "staff": staff,
        "sheet_form": failed.get("sheet") or SheetForm(pupils=_pupils(unit, request.now)),
        "code_form": failed.get("code") or ClassCodeForm(auto_id="id_code_%s"),
        "staff_form": failed.get("staff")
        or StaffInvitationForm(
            units=_staff_units(unit), initial={"unit": unit.pk, "begins": today}, auto_id="id_staff_%s"
        ),
    }
    return render(request, "people/joining/invitations.html", context, status=422 if failed else 200)


def _state_words(state: str) -> str:
    return {"open": _("可用"), "used": _("已用"), "revoked": _("已收回"), "expired": _("已过期")}[state]


def _staff_units(unit: Unit) -> Any:
    return Unit.objects.within(unit).filter(ends=None, level__in=STAFF_LEVELS).order_by("path")


@access(perms.GUARDIAN_MANAGE)
def invitations(request: Any, unit_id: int) -> HttpResponse:
    """The invitations of one class, department or school, and forms for new ones."""
    return _draw(request, unit_id)


def _printed(request: Any, unit: Unit, slips: list[actions.Slip], single: bool = False) -> HttpResponse:
    """The sheet to print; the codes are shown on this answer and nowhere again."""
    origins = settings.CSRF_TRUSTED_ORIGINS  # the address outside, where a proxy stands in front
    address = f"{origins[0]}/join/" if origins else request.build_absolute_uri("/join/")
    for slip in slips:
        image = segno.make(f"{address}#{slip.code}", error="m")
        slip.invitation.qr = image.svg_data_uri(scale=4, border=2)  # type: ignore[attr-defined]
        posts = Unit.objects.in_bulk([post["unit"] for post in slip.invitation.posts])
        slip.invitation.post_words = [  # type: ignore[attr-defined]
            f"{posts[post['unit']].name} {words.role_words(post['role'])}" for post in slip.invitation.posts
        ]
    context = {"unit": unit, "slips": slips, "address": address, "where": queries.where(slips[0].invitation)}
    answer = render(request, "people/joining/slips.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@access(perms.GUARDIAN_MANAGE)
@require_POST
def sheet(request: Any, unit_id: int) -> HttpResponse:
    """New slips, ready to print."""
    unit, _rows = queries.invitations(request.actor, unit_id, request.now)
    form = SheetForm(request.POST, pupils=_pupils(unit, request.now))
    if form.is_valid():
        chosen = form.cleaned_data["child"]
        slips = carried_out(
            form,
            lambda: actions.invite_guardians(
                request.actor,
                request.now,
                unit=unit,
                children=[chosen.pk] if chosen else None,
                copies=form.cleaned_data["copies"],
                days=form.cleaned_data["days"],
            ),
        )
        if slips:
            return _printed(request, unit, slips)
    return _draw(request, unit_id, sheet=form)


@access(perms.GUARDIAN_MANAGE)
@require_POST
def class_code(request: Any, unit_id: int) -> HttpResponse:
    """One code for the whole class."""
    unit, _rows = queries.invitations(request.actor, unit_id, request.now)
    form = ClassCodeForm(request.POST, auto_id="id_code_%s")
    if form.is_valid():
        days = form.cleaned_data["days"]
        slip = carried_out(form, lambda: actions.invite_class(request.actor, request.now, unit=unit, days=days))
        if slip:
            return _printed(request, unit, [slip], single=True)
    return _draw(request, unit_id, code=form)


@access(perms.POST_MANAGE)
@require_POST
def staff(request: Any, unit_id: int) -> HttpResponse:
    """A slip for one member of staff."""
    unit, _rows = queries.invitations(request.actor, unit_id, request.now)
    form = StaffInvitationForm(request.POST, units=_staff_units(unit), auto_id="id_staff_%s")
    if form.is_valid():
        given = form.cleaned_data
        post = actions.NewPost(given["unit"].pk, given["role"], given["begins"])
        slip = carried_out(
            form,
            lambda: actions.invite_staff(
                request.actor, request.now, unit=unit, name=given["name"], posts=[post], days=given["days"]
            ),
        )
        if slip:
            return _printed(request, unit, [slip], single=True)
    return _draw(request, unit_id, staff=form)


@access(perms.GUARDIAN_MANAGE)
@require_POST
def revoke(request: Any, invitation_id: int) -> HttpResponse:
    """A slip that was lost or given to the wrong person stops working."""
    row = queries.invitation_for(request.actor, invitation_id)
    actions.revoke_invitation(request.actor, request.now, invitation=row)
    messages.success(request, _("已收回，这个邀请码不能再用。"))
    return redirect("people:invitations", row.unit_id)


def _draw_claims(request: Any, failed: tuple[int, Any] | None = None) -> HttpResponse:
    rows = queries.claims_to_answer(request.actor)
    for row in rows:
        row.claim.relation_words = words.RELATION.get(row.claim.relation, row.claim.relation)  # type: ignore[attr-defined]
        is_failed = failed is not None and failed[0] == row.claim.pk
        row.claim.reason_form = (  # type: ignore[attr-defined]
            failed[1] if failed and is_failed else ReasonForm(auto_id=f"id_refuse{row.claim.pk}_%s")
        )
        if row.claim.child is None:
            row.claim.child_form = ConfirmForm(  # type: ignore[attr-defined]
                pupils=_pupils(row.claim.unit, request.now), auto_id=f"id_child{row.claim.pk}_%s"
            )
        for link in row.registered:
            link.relation_words = words.RELATION.get(link.relation, link.relation)  # type: ignore[attr-defined]
    return render(request, "people/joining/claims.html", {"rows": rows}, status=422 if failed else 200)


@access(perms.GUARDIAN_MANAGE)
def claims(request: Any) -> HttpResponse:
    """Who says that they are a guardian, and of whom."""
    return _draw_claims(request)


@access(perms.GUARDIAN_MANAGE)
@require_POST
def confirm(request: Any, claim_id: int) -> HttpResponse:
    """Yes: from now on they see the child."""
    row = queries.claim_for(request.actor, claim_id)
    form = ConfirmForm(request.POST, pupils=_pupils(row.unit, request.now), auto_id=f"id_child{row.pk}_%s")
    child = form.cleaned_data["child"] if form.is_valid() else None
    done = carried_out(form, lambda: actions.confirm_claim(request.actor, request.now, claim=row, child=child))
    if done is None:
        messages.error(request, " ".join(str(e) for errors in form.errors.values() for e in errors))
    else:
        messages.success(request, _("已确认。对方现在可以看到孩子并上报健康情况。"))
    return redirect("people:claims")


@access(perms.GUARDIAN_MANAGE)
@require_POST
def refuse(request: Any, claim_id: int) -> HttpResponse:
    """No, with the reason."""
    row = queries.claim_for(request.actor, claim_id)
    form = ReasonForm(request.POST, auto_id=f"id_refuse{row.pk}_%s")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if carried_out(form, lambda: actions.refuse_claim(request.actor, request.now, claim=row, reason=reason)):
            messages.success(request, _("已拒绝，原因会告诉对方。"))
            return redirect("people:claims")
    return _draw_claims(request, (row.pk, form))


@access(perms.SIGN_IN_RESET)
@never_cache
def reset(request: Any, person_id: int) -> HttpResponse:
    """Take back a person's ways to sign in; the new one-time password is shown once, on this answer."""
    person = queries.person_for(request.actor, perms.SIGN_IN_RESET, person_id, today_at(None, request.now))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        secret = carried_out(
            form, lambda: actions.reset_sign_in(request.actor, request.now, person=person, reason=reason)
        )
        if secret:
            context = {"person": person, "account": person.account, "secret": secret}
            answer = render(request, "people/joining/reset_done.html", context)
            answer.headers["Cache-Control"] = "no-store"
            return answer
    may = actions.may_reset_sign_in(request.actor, request.now, person)
    context = {"person": person, "form": form, "may": may}
    return render(request, "people/joining/reset.html", context, status=422 if form.errors else 200)
