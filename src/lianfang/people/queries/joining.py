"""What the school sees of invitations and claims, and what a newcomer sees of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from lianfang.foundation.access import one, permit, unit_for
from lianfang.foundation.actor import Actor
from lianfang.foundation.models import Unit
from lianfang.foundation.units import institution_of
from lianfang.kernel.codes.masking import mask_phone
from lianfang.people import joining, perms
from lianfang.people.models import GuardianClaim, Guardianship, Invitation


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation with its state at the instant asked."""

    invitation: Invitation
    state: joining.State


def invitations(actor: Actor, unit_id: int, now: datetime) -> tuple[Unit, list[InvitationRow]]:
    """The newest invitations of a unit: slips and codes for guardians, those for staff where one may give posts.

    Raises Forbidden, NotFound. Three queries.
    """
    unit = unit_for(actor, perms.GUARDIAN_MANAGE, unit_id)
    rows = Invitation.objects.filter(unit=unit).select_related("child").order_by("-created_at", "-pk")
    if not actor.scope(perms.POST_MANAGE).covers_path(unit.path):
        rows = rows.filter(kind=Invitation.Kind.GUARDIAN)
    return unit, [InvitationRow(row, joining.state(row.facts(), now)) for row in rows[:300]]


def invitation_for(actor: Actor, invitation_id: int) -> Invitation:
    """An invitation that one may take back. Raises Forbidden, NotFound."""
    found: Invitation = one(_reached(actor), pk=invitation_id)
    return found


def _reached(actor: Actor) -> QuerySet[Invitation]:
    """Those for guardians where one invites them, those for staff where one gives posts. Raises Forbidden."""
    guardians = permit(actor, perms.GUARDIAN_MANAGE).unit_q("unit__path")
    staff = actor.scope(perms.POST_MANAGE).unit_q("unit__path")
    return Invitation.objects.filter(
        guardians & Q(kind=Invitation.Kind.GUARDIAN) | staff & Q(kind=Invitation.Kind.STAFF)
    )


def waiting_claims(actor: Actor) -> QuerySet[GuardianClaim]:
    """Claims within one's reach that nobody has answered, the oldest first; none for who may not answer them."""
    scope = actor.scope(perms.GUARDIAN_MANAGE)
    rows = GuardianClaim.objects.filter(decided_at=None)
    rows = rows.filter(scope.unit_q("unit__path")) if scope else rows.none()
    return rows.select_related("claimant", "child", "unit").order_by("created_at", "pk")


def claim_for(actor: Actor, claim_id: int) -> GuardianClaim:
    """A claim within one's reach, decided or not. Raises Forbidden, NotFound."""
    scope = permit(actor, perms.GUARDIAN_MANAGE)
    found: GuardianClaim = one(GuardianClaim.objects.filter(scope.unit_q("unit__path")), pk=claim_id)
    return found


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with what the teacher compares it with: the guardians whom the school has written down."""

    claim: GuardianClaim
    registered: list[Guardianship]
    known_name: bool


def claims_to_answer(actor: Actor) -> list[ClaimRow]:
    """The waiting claims with the child's registered guardians (phones masked). Two queries."""
    claims = list(waiting_claims(actor)[:200])
    links: dict[int, list[Guardianship]] = {}
    children = {c.child_id for c in claims if c.child_id is not None}
    for link in Guardianship.objects.filter(child_id__in=children, ends=None).select_related("guardian").order_by("pk"):
        link.phone_masked = mask_phone(link.guardian.phone or "")  # type: ignore[attr-defined]
        links.setdefault(link.child_id, []).append(link)
    rows = []
    for claim in claims:
        registered = [x for x in links.get(claim.child_id or 0, []) if x.guardian_id != claim.claimant_id]
        known = any(x.guardian.name_key == claim.claimant.name_key for x in registered)
        rows.append(ClaimRow(claim, registered, known))
    return rows


def own_claims(actor: Actor) -> list[GuardianClaim]:
    """One's own claims that wait, or were refused lately (the newest ten)."""
    if actor.person_id is None:
        return []
    rows = GuardianClaim.objects.filter(claimant_id=actor.person_id).exclude(confirmed=True)
    return list(rows.select_related("unit").order_by("-created_at", "-pk")[:10])


def open_invitations_by_class(actor: Actor, now: datetime) -> dict[int, int]:
    """How many open invitations that one sees each class within reach has."""
    rows = _reached(actor).filter(revoked_at=None, used_at=None, expires_at__gt=now)
    return dict(rows.order_by().values_list("unit_id").annotate(Count("pk")))


def where(invitation: Invitation) -> str:
    """School and class of an invitation, as its holder reads them."""
    home = institution_of(invitation.unit)
    if home is None or home.pk == invitation.unit_id:
        return invitation.unit.name
    return f"{home.name} {invitation.unit.name}"
