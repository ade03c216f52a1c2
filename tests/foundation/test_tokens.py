"""Bearer tokens are looked up together, and each request's answer is its own and of now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.foundation import actions
from lianfang.foundation.actor import forget_cached_actors, load_actor, system_actor
from lianfang.foundation.errors import Forbidden
from lianfang.foundation.models import Account, ApiToken
from lianfang.foundation.tokens import account_of_token, accounts_of_tokens
from tests.foundation.cast import LONG_AGO, NOW, Cast

pytestmark = pytest.mark.django_db


def issued(cast: Cast, name: str, **more: object) -> str:
    account = cast.accounts[name]
    return actions.issue_token(system_actor("test", LONG_AGO), LONG_AGO, account, "phone", **more)[1]  # type: ignore[arg-type]


def test_many_are_looked_up_at_once_with_what_their_actors_need(cast: Cast) -> None:
    names = list(cast.accounts)[:5]
    secrets = [issued(cast, name) for name in names]
    forget_cached_actors()
    with CaptureQueriesContext(connection) as captured:
        found = accounts_of_tokens([(secret, NOW) for secret in [*secrets, "unknown", *secrets]])
        actors = [load_actor(account, NOW) for account in found if account is not None]
    assert [a and a.pk for a in found] == [*(cast.accounts[n].pk for n in names), None] + [
        cast.accounts[n].pk for n in names
    ]
    assert len(captured) == 3  # tokens, grants, persons
    assert [actor.held for actor in actors[:5]] == [cast.actor(name).held for name in names]


def test_a_token_holds_from_its_beginning_until_before_its_end(cast: Cast) -> None:
    name = next(iter(cast.accounts))
    secret = issued(cast, name, ends=NOW)
    instants = (LONG_AGO - timedelta(seconds=1), LONG_AGO, NOW - timedelta(seconds=1), NOW)
    found = accounts_of_tokens([(secret, at) for at in instants])
    assert [account is not None for account in found] == [False, True, True, False]


def test_a_disabled_account_and_a_revoked_token_lose_access_at_the_next_request(cast: Cast) -> None:
    first, second = list(cast.accounts)[:2]
    secrets = [issued(cast, first), issued(cast, second)]
    assert all(account_of_token(secret, NOW) for secret in secrets)
    Account.objects.filter(pk=cast.accounts[first].pk).update(is_active=False)
    actions.revoke_token(system_actor("test", NOW), NOW, cast.accounts[second].tokens.get())
    assert [account_of_token(secret, NOW) for secret in secrets] == [None, None]


def test_everybody_issues_and_ends_only_their_own(cast: Cast) -> None:
    teacher, admin = cast.actor("teacher"), cast.actor("admin")
    for actor, name in ((teacher, "admin"), (admin, "teacher"), (admin, "nobody")):
        with pytest.raises(Forbidden):
            actions.issue_token(actor, NOW, cast.accounts[name], "phone")
    assert not ApiToken.objects.exists()
    token, secret = actions.issue_token(teacher, NOW, cast.accounts["teacher"], "phone")
    found = account_of_token(secret, NOW)
    assert found is not None and found.pk == cast.accounts["teacher"].pk
    with pytest.raises(Forbidden):
        actions.revoke_token(admin, NOW, token)
    assert account_of_token(secret, NOW) is not None
    actions.revoke_token(teacher, NOW, token)
    assert account_of_token(secret, NOW) is None


def test_rights_that_changed_are_read_again(cast: Cast) -> None:
    name = next(n for n, account in cast.accounts.items() if account.grants.exists())
    secret = issued(cast, name)
    account = account_of_token(secret, NOW)
    assert account is not None
    assert load_actor(account, NOW).held
    account.grants.all().delete()
    Account.objects.filter(pk=account.pk).update(access_version=account.access_version + 1)
    again = account_of_token(secret, NOW)
    assert again is not None
    assert load_actor(again, NOW).held == ()
