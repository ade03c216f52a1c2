"""Pages of joining and of the ways to sign in: how the parameters are filled, and who may. See `cases`."""

from __future__ import annotations

from typing import Any

from tests.access.cases import Case, standing_at
from tests.access.page_cases import of_person, of_unit, page, row, with_missing

INVITATIONS = {"invitation:class1": "class1", "invitation:foreign": "foreign_class"}
CLAIMS = {"claim:class1": "class1", "claim:foreign": "foreign_class"}


def nobody(part: str, permission: Any, key: str) -> bool:
    """Rows of one's own of which there are none."""
    return False


JOINING_PAGES: tuple[Case, ...] = (
    page("people:inviting"),
    page("people:claims"),
    of_unit("people:invitations"),
    *(of_unit(f"people:invite_{name}", method="POST") for name in ("sheet", "class", "staff")),
    page(
        "people:revoke_invitation",
        "invitation_id",
        with_missing(*INVITATIONS),
        row("invitation_id"),
        standing_at(INVITATIONS),
        "POST",
    ),
    *(
        page(f"people:{name}", "claim_id", with_missing(*CLAIMS), row("claim_id"), standing_at(CLAIMS), "POST")
        for name in ("confirm_claim", "refuse_claim")
    ),
    of_person("people:reset_sign_in"),
    of_person("people:reset_sign_in", "POST"),
    *(
        page(name)
        for name in (
            "mfa_index",
            "account_reauthenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_add_webauthn",
        )
    ),
    page("sign_out_elsewhere", method="POST"),
    page("mfa_remove_webauthn", "pk", ("missing",), row("pk"), nobody),
    page("unlink_identity", "identity_id", ("missing",), row("identity_id"), nobody, "POST"),
)
