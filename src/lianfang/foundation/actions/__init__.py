"""Writes of the foundation. Each permits, locks, checks, saves and journals in one transaction."""

from lianfang.foundation.actions.accounts import (
    create_account,
    disable_account,
    enable_account,
    end_grants_of_source,
    give_grant,
    issue_token,
    revoke_token,
    set_password,
    touch_access,
)
from lianfang.foundation.actions.settings import set_unit_setting
from lianfang.foundation.actions.signin import change_password, end_sessions, note_way, reset_sign_in
from lianfang.foundation.actions.units import create_unit, end_unit, relate_authority, rename_unit

__all__ = [
    "change_password",
    "create_account",
    "create_unit",
    "disable_account",
    "enable_account",
    "end_grants_of_source",
    "end_sessions",
    "end_unit",
    "give_grant",
    "issue_token",
    "note_way",
    "relate_authority",
    "rename_unit",
    "reset_sign_in",
    "revoke_token",
    "set_password",
    "set_unit_setting",
    "touch_access",
]
