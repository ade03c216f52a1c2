"""A whole roster at once: one transaction, bulk writes, one entry in the journal for each person and one for the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation.access import unit_for
from lianfang.foundation.actions import touch_access
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Conflict, FieldError, Invalid, NotFound, invalid
from lianfang.foundation.journal import Event, write
from lianfang.foundation.models import Unit
from lianfang.people import perms, rules
from lianfang.people.actions.following import following, today_at
from lianfang.people.actions.memberships import end_membership
from lianfang.people.actions.posts import assign_post, end_post_as_consequence
from lianfang.people.actions.roster_belonging import Belonging
from lianfang.people.actions.roster_guardians import Guardians
from lianfang.people.actions.roster_persons import Persons
from lianfang.people.models import Membership, Person, Post
from lianfang.people.roster import RosterOutcome, RosterRow, roster_mark
from lianfang.rulepacks import packs

Progress = Callable[[int, int], None]


@transaction.atomic
def apply_roster(
    actor: Actor,
    now: datetime,
    *,
    institution: Unit,
    rows: Sequence[RosterRow],
    leavers: Sequence[int] = (),
    leave_on: date | None = None,
    mark: str = "",
    progress: Progress | None = None,
) -> RosterOutcome:
    """Bring people, memberships, guardians and posts of an institution to what the rows say; all of it or nothing.

    `leavers` are ids of memberships that end today, or on `leave_on`. With `mark` (see `roster_mark`) a roster that was changed since is
    refused. `progress(done, total)` is called now and then, inside the transaction. People of other institutions are
    found by ID number and get a second membership.

    Raises Forbidden, NotFound, Conflict (the roster was changed), Invalid (paths `rows.<n>.<field>`).
    """
    institution = unit_for(actor, perms.ROSTER_MANAGE, institution.pk)
    if institution.level != "institution":
        raise invalid("institution", "level", _("名册只能导入到学校等机构。"))
    # One import at a time for an institution; on SQLite the transaction already is the only writer.
    Unit.objects.select_for_update().get(pk=institution.pk)
    if mark and mark != roster_mark(institution):
        raise Conflict(_("预览之后名册又有改动，没有导入任何内容。请重新预览，再确认。"))
    units = {unit.pk: unit for unit in Unit.objects.within(institution)}
    _check_units(rows, units)
    total = max(len(rows) + len(leavers), 1)

    def tell(share: float) -> None:
        if progress is not None:
            progress(int(total * share), total)

    outcome = RosterOutcome()
    persons = Persons(institution, rows, now, today_at(institution, now))
    persons.match()
    tell(0.1)
    events = persons.save(outcome)
    tell(0.35)
    belonging = Belonging(institution, units, rows, persons.found, now, actor.account_id)
    events += belonging.save(outcome)
    tell(0.55)
    guardians = Guardians(rows, persons.found, now, actor.account_id)
    events += guardians.save(outcome)
    tell(0.75)
    write(actor, events, now)
    touch_access(guardians.accounts)
    tell(0.85)
    _posts(actor, now, rows, persons.found, units, outcome)
    _leave(actor, now, institution, leavers, leave_on, outcome)
    outcome.person_ids = [person.pk for person in persons.found]
    body = outcome.counts()
    write(actor, [Event("people.roster.applied", "unit", institution.pk, institution.pk, now, body)], now)
    tell(1.0)
    return outcome


def _check_units(rows: Sequence[RosterRow], units: dict[int, Unit]) -> None:
    """Raises NotFound for a unit of elsewhere, Invalid for one where such a person cannot belong."""
    errors = []
    for n, row in enumerate(rows):
        for unit_id, kind in ((row.unit_id, row.kind), (row.dormitory_id, "resident")):
            if unit_id is None:
                continue
            if unit_id not in units:
                raise NotFound("unit")
            if units[unit_id].level not in rules.MEMBER_LEVELS[kind]:
                errors.append(FieldError(f"rows.{n}.unit", "unit_level", _("学生归入班级，住宿生归入宿舍。")))
        if any(post.unit_id not in units for post in row.posts):
            raise NotFound("unit")
    if errors:
        raise Invalid(errors)


def _posts(
    actor: Actor,
    now: datetime,
    rows: Sequence[RosterRow],
    found: Sequence[Person],
    units: dict[int, Unit],
    outcome: RosterOutcome,
) -> None:
    """Begin the posts that the rows name and nobody or somebody else holds; a single post is handed over."""
    wanted = [(row, person, post) for row, person in zip(rows, found, strict=True) for post in row.posts]
    if not wanted:
        return
    held: dict[tuple[str, int], list[Post]] = {}
    kept = Post.objects.filter(unit_id__in={p.unit_id for _r, _p, p in wanted}, void_at=None, ends=None)
    for holding in kept.select_related("unit", "person"):
        held.setdefault((holding.role, holding.unit_id), []).append(holding)
    for row, person, post in wanted:
        holders = held.setdefault((post.role, post.unit_id), [])
        if any(holding.person_id == person.pk for holding in holders):
            continue
        role = packs().roles.get(post.role)
        if role is not None and role.single:
            for holding in holders:
                end_post_as_consequence(actor, now, holding, max(row.begins, holding.begins))
            holders.clear()
        given = assign_post(
            following(actor), now, person=person, unit=units[post.unit_id], role=post.role, begins=row.begins
        )
        holders.append(given)
        outcome.posts += 1


def _leave(
    actor: Actor,
    now: datetime,
    institution: Unit,
    leavers: Sequence[int],
    leave_on: date | None,
    outcome: RosterOutcome,
) -> None:
    inside = Membership.objects.filter(unit__path__startswith=str(institution.path), pk__in=list(leavers), void_at=None)
    rows = {row.pk: row for row in inside}
    if len(rows) != len(set(leavers)):
        raise NotFound("membership")
    day = leave_on or today_at(institution, now)
    for row in rows.values():
        end_membership(following(actor), now, membership=row, ends=max(day, row.begins))
        outcome.ended += 1
