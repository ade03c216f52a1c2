"""One person: what is known, and the changes that the school's own staff make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from lianfang.foundation.access import access, one, permit
from lianfang.foundation.models import Unit
from lianfang.people import actions, perms, queries, words
from lianfang.people.actions.following import today_at
from lianfang.people.forms import EndForm, EnrolForm, GuardianForm, MoveForm, PersonForm, PostForm, carried_out
from lianfang.people.models import Guardianship, Membership, Person, Post
from lianfang.people.reaching import persons_reached

POST_LEVELS = ("class", "dormitory", "department", "division", "institution", "campus")
KIND_OF_LEVEL = {"class": "student", "dormitory": "resident"}


def _units(request: Any, *levels: str) -> Any:
    scope = request.actor.scope(perms.ROSTER_MANAGE)
    return Unit.objects.in_scope(scope).filter(ends=None, level__in=levels).order_by("path")


@dataclass(frozen=True, slots=True)
class Failed:
    """A form that came back with errors: which one, and of which row (0 where there is one for the page)."""

    name: str
    row_id: int
    form: Any


def _draw(request: Any, person_id: int, failed: Failed | None = None) -> HttpResponse:
    """The sheet with its forms; one that failed stands open with what was typed."""
    today = today_at(None, request.now)
    sheet = queries.person_sheet(request.actor, person_id, today)
    start = {"begins": today, "on": today, "ends": today}

    def form_of(name: str, row_id: int, make: Callable[..., Any], **options: Any) -> Any:
        if failed is not None and (failed.name, failed.row_id) == (name, row_id):
            return failed.form
        return make(initial=start, auto_id=f"id_{name}{row_id or ''}_%s", **options)

    places = list(_units(request, "class", "dormitory", "department").values_list("pk", flat=True))
    for row in sheet.memberships:
        row.kind_words = words.MEMBER_KIND[row.kind]  # type: ignore[attr-defined]
        if sheet.may_manage and row.ends is None:
            units = Unit.objects.filter(pk__in=places, level=row.unit.level).exclude(pk=row.unit_id).order_by("path")
            row.move_form = form_of("move", row.pk, MoveForm, units=units)  # type: ignore[attr-defined]
            row.end_form = form_of("leave", row.pk, EndForm)  # type: ignore[attr-defined]
    for post in sheet.posts:
        post.role_words = words.role_words(post.role)  # type: ignore[attr-defined]
        if sheet.may_manage and post.ends is None:
            post.end_form = form_of("end", post.pk, EndForm)  # type: ignore[attr-defined]
    for link in (*sheet.guardians, *sheet.wards):
        link.relation_words = words.RELATION.get(link.relation, link.relation)  # type: ignore[attr-defined]
        link.current = link.ends is None or link.ends > today  # type: ignore[attr-defined]
    context = {
        "sheet": sheet,
        "person": sheet.person,
        "sex": words.SEX[sheet.person.sex],
        "id_type": words.id_type_words(sheet.person.id_type),
        "is_child": any(row.kind == "student" for row in sheet.memberships),
        "post_form": form_of("post", 0, PostForm, units=_units(request, *POST_LEVELS)),
        "guardian_form": form_of("guardian", 0, GuardianForm),
        "failed": failed,
    }
    return render(request, "people/person.html", context, status=422 if failed else 200)


@access(perms.PERSON_VIEW)
def person(request: Any, person_id: int) -> HttpResponse:
    """The sheet of one person; numbers masked."""
    return _draw(request, person_id)


@access(perms.PERSON_MANAGE)
@sensitive_post_parameters("id_number", "phone")
def enrol(request: Any) -> HttpResponse:
    """A new person with a first class or department."""
    units = _units(request, "class", "department", "dormitory")
    initial = {"unit": request.GET.get("unit"), "begins": today_at(None, request.now)}
    form = EnrolForm(request.POST or None, units=units, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.given()
        unit = given.pop("unit")
        row = carried_out(
            form,
            lambda: actions.enrol_person(
                request.actor, request.now, unit=unit, kind=KIND_OF_LEVEL.get(unit.level, "staff"), **given
            ),
        )
        if row is not None:
            messages.success(request, _("已登记%(name)s。") % {"name": row.person.name})
            return redirect("people:person", row.person_id)
    return render(request, "people/enrol.html", {"form": form}, status=422 if form.errors else 200)


@access(perms.PERSON_MANAGE)
@sensitive_post_parameters("id_number", "phone")
def edit(request: Any, person_id: int) -> HttpResponse:
    """Correct what is known of a person."""
    kept = queries.person_for(request.actor, perms.PERSON_MANAGE, person_id, today_at(None, request.now))
    form = PersonForm(request.POST or None, person=kept)
    if request.method == "POST" and form.is_valid():
        done = carried_out(form, lambda: actions.update_person(request.actor, request.now, person=kept, **form.given()))
        if done is not None:
            messages.success(request, _("已保存。"))
            return redirect("people:person", kept.pk)
    return render(request, "people/edit.html", {"form": form, "person": kept}, status=422 if form.errors else 200)


@access(perms.ROSTER_MANAGE)
@require_POST
def move(request: Any, membership_id: int) -> HttpResponse:
    """Another class from a day on."""
    row = _membership(request, membership_id)
    units = _units(request, "class", "dormitory", "department")
    form = MoveForm(request.POST, units=units, auto_id=f"id_move{row.pk}_%s")
    if form.is_valid() and carried_out(
        form, lambda: actions.move_member(request.actor, request.now, membership=row, **form.cleaned_data)
    ):
        messages.success(request, _("已调整，原来的记录保留。"))
        return redirect("people:person", row.person_id)
    return _draw(request, row.person_id, Failed("move", row.pk, form))


@access(perms.ROSTER_MANAGE)
@require_POST
def end(request: Any, membership_id: int) -> HttpResponse:
    """No longer here from a day on."""
    row = _membership(request, membership_id)
    form = EndForm(request.POST, auto_id=f"id_leave{row.pk}_%s")
    if form.is_valid() and carried_out(
        form,
        lambda: actions.end_membership(request.actor, request.now, membership=row, ends=form.cleaned_data["ends"]),
    ):
        messages.success(request, _("已结束，记录保留。"))
        return redirect("people:roster", row.unit_id)
    return _draw(request, row.person_id, Failed("leave", row.pk, form))


def _membership(request: Any, membership_id: int) -> Membership:
    scope = permit(request.actor, perms.ROSTER_MANAGE)
    row: Membership = one(Membership.objects.in_scope(scope).filter(void_at=None), pk=membership_id)
    return row


@access(perms.POST_MANAGE)
@require_POST
def assign(request: Any, person_id: int) -> HttpResponse:
    """A role at a unit from a day on."""
    kept = queries.person_for(request.actor, perms.POST_MANAGE, person_id, today_at(None, request.now))
    form = PostForm(request.POST, units=_units(request, *POST_LEVELS), auto_id="id_post_%s")
    if form.is_valid() and carried_out(
        form, lambda: actions.assign_post(request.actor, request.now, person=kept, **form.cleaned_data)
    ):
        messages.success(request, _("已任命，权限从开始日期生效。"))
        return redirect("people:person", kept.pk)
    return _draw(request, kept.pk, Failed("post", 0, form))


@access(perms.POST_MANAGE)
@require_POST
def end_post(request: Any, post_id: int) -> HttpResponse:
    """A role ends."""
    row: Post = one(Post.objects.in_scope(permit(request.actor, perms.POST_MANAGE)).filter(void_at=None), pk=post_id)
    form = EndForm(request.POST, auto_id=f"id_end{row.pk}_%s")
    if form.is_valid() and carried_out(
        form, lambda: actions.end_post(request.actor, request.now, post=row, ends=form.cleaned_data["ends"])
    ):
        messages.success(request, _("任职已结束，权限随之收回。"))
        return redirect("people:person", row.person_id)
    return _draw(request, row.person_id, Failed("end", row.pk, form))


@access(perms.ACCOUNT_OPEN)
@require_POST
def open_account(request: Any, person_id: int) -> HttpResponse:
    """A sign-in with a one-time password that is shown once, on this answer."""
    kept: Person = queries.person_for(request.actor, perms.ACCOUNT_OPEN, person_id, today_at(None, request.now))
    account, secret = actions.open_account(request.actor, request.now, person=kept)
    answer = render(request, "people/account.html", {"person": kept, "account": account, "secret": secret})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@access(perms.GUARDIAN_MANAGE)
@require_POST
@sensitive_post_parameters("phone")
def add_guardian(request: Any, person_id: int) -> HttpResponse:
    """A new guardian of a child, confirmed by the school that writes it down."""
    child = queries.person_for(request.actor, perms.GUARDIAN_MANAGE, person_id, today_at(None, request.now))
    form = GuardianForm(request.POST, auto_id="id_guardian_%s")
    begins = today_at(None, request.now)
    if form.is_valid() and carried_out(
        form,
        lambda: actions.register_guardian(request.actor, request.now, child=child, begins=begins, **form.cleaned_data),
    ):
        messages.success(request, _("已登记监护人。"))
        return redirect("people:person", child.pk)
    return _draw(request, child.pk, Failed("guardian", 0, form))


def _link(request: Any, guardianship_id: int) -> Guardianship:
    reached = persons_reached(permit(request.actor, perms.GUARDIAN_MANAGE), today_at(None, request.now))
    row: Guardianship = one(Guardianship.objects.filter(child__in=reached), pk=guardianship_id)
    return row


@access(perms.GUARDIAN_MANAGE)
@require_POST
def confirm_guardian(request: Any, guardianship_id: int) -> HttpResponse:
    """The school confirms a link."""
    row = _link(request, guardianship_id)
    actions.confirm_guardian(request.actor, request.now, guardianship=row)
    messages.success(request, _("已确认。"))
    return redirect("people:person", row.child_id)


@access(perms.GUARDIAN_MANAGE)
@require_POST
def end_guardian(request: Any, guardianship_id: int) -> HttpResponse:
    """A link ends today."""
    row = _link(request, guardianship_id)
    today = max(today_at(None, request.now), row.begins)
    actions.end_guardian(request.actor, request.now, guardianship=row, ends=today)
    messages.success(request, _("监护关系已结束，对方不能再看到这个孩子。"))
    return redirect("people:person", row.child_id)
