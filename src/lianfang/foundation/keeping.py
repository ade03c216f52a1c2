"""What the foundation itself keeps about people: accounts, the journal's contents, looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db.models import F, QuerySet

from lianfang.foundation.journal import erase_payloads
from lianfang.foundation.models import Account, ApiToken, JournalPayload, NamedLook, PastPassword
from lianfang.foundation.retention import Holding, dropping, register_holdings

SIGN_IN_APPS = frozenset({"account", "mfa", "socialaccount", "usersessions"})


def _accounts() -> Any:
    return Account.objects.exclude(disabled_at=None).exclude(username__startswith="erased-")


def empty_accounts(ids: Sequence[int], now: datetime) -> int:
    """Names, e-mail, password and tokens of disabled accounts; the rows stay, because others point at them."""
    ApiToken.objects.filter(account_id__in=ids).delete()
    PastPassword.objects.filter(account_id__in=ids).delete()
    for relation in Account._meta.related_objects:
        if relation.related_model._meta.app_label in SIGN_IN_APPS:  # e-mail addresses, second factors, sessions
            relation.related_model._default_manager.filter(**{f"{relation.field.name}_id__in": ids}).delete()
    names = list(Account.objects.filter(pk__in=ids).values_list("username", flat=True))
    for model in _tries():
        model._default_manager.filter(username__in=names).delete()
    for pk in ids:
        Account.objects.filter(pk=pk).update(
            username=f"erased-{pk}",
            display_name="",
            email="",
            password=make_password(None),
            is_active=False,
            access_version=F("access_version") + 1,
        )
    return len(ids)


def _payloads() -> QuerySet[Any]:
    return JournalPayload.objects.filter(erased_at=None)


def entries_of(*actions: str) -> QuerySet[Any]:
    """Contents of journal entries of these actions that are still there."""
    return _payloads().filter(entry__action__in=actions)


def _looks() -> Any:
    return NamedLook.all_realms.filter(subject_type="person")


def _tries() -> list[Any]:
    """Tables in which sign-ins and tries are kept, with user name, address and browser."""
    if not apps.is_installed("axes"):
        return []
    return [m for m in apps.get_app_config("axes").get_models() if any(f.name == "username" for f in m._meta.fields)]


def keep() -> None:
    """Register the foundation's holdings."""
    register_holdings(
        *(Holding("audit.sign-ins", m._default_manager.all, "attempt_time", dropping(m), unit="") for m in _tries()),
        Holding("audit.contents", _payloads, "entry__received_at", erase_payloads, unit="entry__unit__path"),
        Holding("audit.looks", _looks, "at", dropping(NamedLook), person="subject_id"),
        Holding("account.identity", _accounts, "disabled_at", empty_accounts, unit="", person="person__id"),
    )
