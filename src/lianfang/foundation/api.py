"""API of the foundation: who am I, my tokens, a unit's settings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Router, Schema, Status
from pydantic import Field

from lianfang.foundation import perms
from lianfang.foundation.access import access, one, signed_in, unit_for
from lianfang.foundation.actions import change_password, issue_token, revoke_token, set_unit_setting
from lianfang.foundation.apischemas import ERRORS, Day, Given, Instant
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Account, ApiToken
from lianfang.foundation.passwords import asked, is_over
from lianfang.foundation.permissions import all_permissions
from lianfang.foundation.policy import policy_for
from lianfang.foundation.signin import settles_sign_in
from lianfang.foundation.unitsettings import all_settings, setting_for

router = Router(tags=["foundation"])


class RoleOut(Schema):
    """A role that one holds at a unit."""

    role: str
    unit_id: int
    ends: datetime | None


class Me(Schema):
    """The signed-in account, the instant it acts at, its roles and what they allow."""

    account_id: int
    name: str
    realm: str
    now: datetime
    person_id: int | None
    roles: list[RoleOut]
    permissions: list[str]


class PasswordRulesOut(Schema):
    """What holds for my password: numbers, and the same in words. `owed`: a new one is asked for."""

    profiles: list[str]
    min_length: int
    recommended_length: int | None
    max_length: int
    kinds: int
    rotation_days: int | None
    history: int
    text: str
    owed: bool


class PasswordIn(Given):
    """The present password and a new one."""

    current: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=1000)]


class TokenIn(Given):
    """A name for the token and, if wished, its end."""

    label: str
    ends: Instant | None = None


class TokenOut(Schema):
    """A token without its secret."""

    id: int
    label: str
    begins: datetime
    ends: datetime | None


class NewToken(TokenOut):
    """A new token with its secret, which is shown once."""

    secret: str


class SettingIn(Given):
    """A unit's own value from a day on; null to inherit again."""

    value: Any
    begins: date
    reason: str = ""


class SettingOut(Schema):
    """A setting in force, and the unit that gave it (null: the default)."""

    key: str
    value: Any
    unit_id: int | None
    known_at: datetime | None


@router.get("/me", response={200: Me, **ERRORS})
@signed_in
def me(request: Any) -> Any:
    """Who am I, and what may I do."""
    actor = request.actor
    return {
        "account_id": actor.account_id,
        "name": actor.name,
        "realm": actor.realm,
        "now": request.now,
        "person_id": actor.person_id,
        "roles": [{"role": h.role, "unit_id": h.unit_id, "ends": h.ends} for h in actor.held],
        "permissions": sorted(name for name, p in all_permissions().items() if actor.can(p)),
    }


@router.get("/password", response={200: PasswordRulesOut, **ERRORS})
@settles_sign_in
@signed_in
def password_rules(request: Any) -> Any:
    """What a new password of mine has to keep to, and whether one is owed now."""
    account = one(Account.objects.all(), pk=request.actor.account_id)
    policy = policy_for(account, request.now)
    names = ("min_length", "recommended_length", "max_length", "kinds", "rotation_days", "history")
    return {
        **{name: getattr(policy, name) for name in names},
        "profiles": list(policy.ids),
        "text": asked(policy),
        "owed": account.must_change_password or is_over(account, policy, request.now),
    }


@router.put("/password", response={204: None, **ERRORS})
@settles_sign_in
@access(perms.OWN_ACCOUNT)
def new_password(request: Any, data: PasswordIn) -> Any:
    """A new password of my own; sessions elsewhere end. Wrong present ones count like wrong sign-ins."""
    account = one(Account.objects.all(), pk=request.actor.account_id)
    change_password(request.actor, request.now, account, request=request, **data.dict())
    return Status(204, None)


@router.get("/tokens", response={200: list[TokenOut], **ERRORS})
@access(perms.OWN_ACCOUNT)
def tokens(request: Any) -> Any:
    """My tokens, newest first."""
    return ApiToken.objects.filter(account_id=request.actor.account_id).order_by("-pk")


@router.post("/tokens", response={201: NewToken, **ERRORS})
@access(perms.OWN_ACCOUNT)
def new_token(request: Any, data: TokenIn) -> Any:
    """Make a token for my own account."""
    account = one(Account.objects.all(), pk=request.actor.account_id)
    token, secret = issue_token(request.actor, request.now, account, data.label, data.ends)
    return Status(
        201, {"id": token.pk, "label": token.label, "begins": token.begins, "ends": token.ends, "secret": secret}
    )


@router.delete("/tokens/{token_id}", response={204: None, **ERRORS})
@access(perms.OWN_ACCOUNT)
def end_token(request: Any, token_id: int) -> Any:
    """End one of my tokens now."""
    token = one(ApiToken.objects.filter(account_id=request.actor.account_id), pk=token_id)
    revoke_token(request.actor, request.now, token)
    return Status(204, None)


@router.get("/units/{unit_id}/settings", response={200: list[SettingOut], **ERRORS})
@access(perms.UNIT_VIEW)
def settings(request: Any, unit_id: int, on: Day) -> Any:
    """Every declared setting of a unit on a day, with where its value comes from."""
    unit = unit_for(request.actor, perms.UNIT_VIEW, unit_id)
    found = {key: setting_for(unit, key, on) for key in sorted(all_settings())}
    return [{"key": k, "value": v.value, "unit_id": v.unit_id, "known_at": v.known_at} for k, v in found.items()]


@router.put("/units/{unit_id}/settings/{key}", response={200: SettingOut, **ERRORS})
@access(perms.SETTING_MANAGE)
def change_setting(request: Any, unit_id: int, key: str, data: SettingIn) -> Any:
    """Give a unit its own value from a day on."""
    unit = unit_for(request.actor, perms.SETTING_MANAGE, unit_id)
    if key not in all_settings():
        raise NotFound("setting")
    set_unit_setting(
        request.actor, request.now, unit=unit, key=key, value=data.value, begins=data.begins, reason=data.reason
    )
    value = setting_for(unit, key, data.begins)
    return {"key": key, "value": value.value, "unit_id": value.unit_id, "known_at": value.known_at}
