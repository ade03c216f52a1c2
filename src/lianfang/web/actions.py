"""The one write of this room: an empty installation's first institution."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import invalid
from lianfang.foundation.models import Account, JournalHead, Unit
from lianfang.kernel.clock import local_date
from lianfang.people import actions as people


@transaction.atomic
def create_first_institution(
    now: datetime,
    *,
    kind: str,
    name: str,
    region: str,
    term_begins: date,
    term_ends: date,
    person: str,
    username: str,
    password: str,
) -> Unit:
    """Institution, term, and an administrator who is also named reporter until the posts are given.

    Only while there is no account at all; two visitors at once: the second is refused. Raises Invalid.
    """
    JournalHead.objects.select_for_update().get(pk=1)
    if Account.objects.exists():
        raise invalid("username", "taken", _("机构已由别人创建，请直接登录。"))
    actor = system_actor("first-visit", now)
    unit = foundation.create_unit(actor, now, parent=None, kind=kind, level="institution", name=name, region=region)
    people.declare_term(actor, now, unit=unit, name=str(term_begins.year), begins=term_begins, ends=term_ends)
    admin = people.create_person(actor, now, name=person)
    for role in ("system_admin", "epidemic_reporter"):
        people.assign_post(actor, now, person=admin, unit=unit, role=role, begins=min(term_begins, local_date(now)))
    account, _secret = people.open_account(actor, now, person=admin, username=username)
    foundation.set_password(actor, now, account, password)
    return unit
