"""What people are told about joining and signing in: readers of the events of `people` call these (`config/wiring.py`)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from lianfang.comms.actions import send_notice
from lianfang.comms.texts import declare_text
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Account, JournalEntry, Unit
from lianfang.people.reading import accounts_holding

CLAIM_WAITS = declare_text(
    "comms.claim_waits",
    subject=_("%(unit)s：有家长等您确认"),
    body=_("请核对是谁、是哪个孩子的监护人，再确认或拒绝。确认之前对方什么都看不到。"),
)
CLAIM_CONFIRMED = declare_text(
    "comms.claim_confirmed",
    subject=_("%(unit)s：您的监护人身份已确认"),
    body=_("现在可以看到孩子，并在每天上学前上报健康情况。"),
)
CLAIM_REFUSED = declare_text(
    "comms.claim_refused",
    subject=_("%(unit)s：您的申请没有通过"),
    body=_("原因在首页上。如有误会，请与班主任联系，要一张新的邀请单。"),
)
SIGN_IN_RESET = declare_text(
    "comms.sign_in_reset",
    subject=_("您的登录方式被重置了"),
    body=_("由 %(by)s 重置；原来的密码、验证器和通行密钥已失效。如果不是您要求的，请马上告诉学校。"),
)
ANSWERERS = ("homeroom_teacher", "system_admin", "principal")


def tell_claim(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.claim.made`: the class teacher is told; without one, who runs the school's installation."""
    unit = Unit.objects.filter(pk=entry.unit_id or 0).first()
    if unit is None:
        return
    found = (accounts_holding(unit.pk, role, now, nearest=role != "homeroom_teacher") for role in ANSWERERS)
    accounts = next((held for held in found if held), [])
    send_notice(
        actor,
        now,
        text_key=CLAIM_WAITS.key,
        params={"unit": unit.name},
        accounts=accounts,
        link="/people/claims/",
        unit=unit,
        dedupe=f"claim.made:{entry.subject_id}",
    )


def tell_answer(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.claim.confirmed` and `people.claim.refused`: the claimant is told."""
    unit = Unit.objects.filter(pk=entry.unit_id or 0).first()
    account = (entry.payload.body or {}).get("account")
    if unit is None or account is None:
        return
    text = CLAIM_CONFIRMED if entry.action.endswith("confirmed") else CLAIM_REFUSED
    dedupe = f"claim.answered:{entry.subject_id}"
    send_notice(
        actor,
        now,
        text_key=text.key,
        params={"unit": unit.name},
        accounts=[account],
        link="/",
        unit=unit,
        dedupe=dedupe,
    )


def tell_reset(actor: Actor, entry: JournalEntry, now: datetime) -> None:
    """`people.sign_in.reset`: the person is told who took back their ways to sign in."""
    account = (entry.payload.body or {}).get("account")
    by = Account.objects.filter(pk=entry.actor_id).values_list("display_name", flat=True).first()
    send_notice(
        actor,
        now,
        text_key=SIGN_IN_RESET.key,
        params={"by": by or "—"},
        accounts=[account] if account else [],
        link="/account",
        importance="high",
        dedupe=f"sign_in.reset:{entry.pk}",
    )
