"""Where a program's requests come from: said by its token, believed only when this installation signed it, and no right."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from lianfang.foundation import actions, sources
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.models import ApiToken
from lianfang.foundation.tokens import account_of_token, token_digest
from lianfang.kernel.clock import FixedClock
from tests.foundation.cast import LONG_AGO, NOW, Cast

ADDRESS = "192.0.2.1"
SECRET = "k3vQ_x-" * 6


def key(token: str, scheme: str = "Bearer") -> str:
    return sources.key_of({"HTTP_AUTHORIZATION": f"{scheme} {token}", "REMOTE_ADDR": ADDRESS})


def issued(cast: Cast, name: str) -> str:
    return actions.issue_token(system_actor("test", LONG_AGO), LONG_AGO, cast.accounts[name], "phone")[1]


def test_a_token_says_its_institution_to_every_process() -> None:
    token = sources.named_token(7, SECRET)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert key(token, scheme) == "unit:7"
    assert sources.named_token(None, SECRET) == SECRET


def test_what_nobody_signed_is_an_address() -> None:
    token = sources.named_token(7, SECRET)
    secret, unit, signed = token.split(".")
    assert (secret, unit) == (SECRET, "7")
    for wrong in (
        secret,
        f"{secret}.7",
        f"{secret}.7.",
        f"{secret}.8.{signed}",
        f"{secret}.07.{signed}",
        f"{secret}..{signed}",
        f"{secret[:-1]}.7.{signed}",
        f".7.{signed}",
        f"{secret}.7.{signed[:-1]}",
        f"{secret}.7.{signed}.",
        f"{secret}.7.{signed} ",
        f"{secret}.٧.{signed}",
        f"{secret}.7.学",
        f"{secret}.7.{sources.signature(7, secret)}",  # a cookie's, of a session that is called like the secret
        "x" * 5000,
        "." * 5000,
        "",
    ):
        assert key(wrong) == f"address:{ADDRESS}", wrong
    assert key(token, "Basic") == f"address:{ADDRESS}"
    cookie = f"sessionid={secret}; {sources.COOKIE}=7.{signed}"
    assert sources.key_of({"HTTP_COOKIE": cookie, "REMOTE_ADDR": ADDRESS}) == f"address:{ADDRESS}"


@pytest.mark.django_db
def test_it_is_issued_with_the_institution_and_opens_by_its_whole_text_alone(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    for name, where in (("teacher", cast.school), ("officer", cast.bureau), ("stranger", cast.foreign_school)):
        token = issued(cast, name)
        with django_assert_num_queries(0):
            assert key(token) == f"unit:{where.pk}"
        assert ApiToken.objects.filter(account=cast.accounts[name]).get().digest == token_digest(token)
        found = account_of_token(token, NOW)
        assert found is not None and found.pk == cast.accounts[name].pk
        secret = token.split(".")[0]
        for other in (secret, sources.named_token(cast.school.pk + 1, secret), token + "0"):
            assert account_of_token(other, NOW) is None
    bare = issued(cast, "nobody")
    assert "." not in bare and account_of_token(bare, NOW) is not None


@pytest.mark.django_db
def test_an_old_token_is_known_once_it_was_answered(cast: Cast) -> None:
    row = ApiToken(account=cast.accounts["teacher"], digest=token_digest(SECRET), label="old", begins=LONG_AGO)
    row.save()
    assert key(SECRET) == f"address:{ADDRESS}"
    with using_clock(FixedClock(NOW)):
        answer = Client().get("/api/foundation/me", headers={"authorization": f"Bearer {SECRET}"})
    assert answer.status_code == 200
    assert key(SECRET) == f"unit:{cast.school.pk}"


@pytest.mark.django_db
def test_a_token_that_opens_nothing_any_more_takes_no_turn_of_its_school(cast: Cast) -> None:
    token = issued(cast, "teacher")

    def asked() -> int:
        with using_clock(FixedClock(NOW)):
            header = {"authorization": f"Bearer {token}"}
            return Client().get("/api/foundation/me", headers=header, REMOTE_ADDR=ADDRESS).status_code

    row = ApiToken.objects.get()
    ApiToken.objects.update(ends=NOW - timedelta(days=1))
    assert (key(token), asked()) == (f"unit:{cast.school.pk}", 401)
    assert key(token) == f"address:{ADDRESS}"
    row.save()
    assert (asked(), key(token)) == (200, f"unit:{cast.school.pk}")


def test_a_refusal_of_the_whole_house_forgets_nothing() -> None:
    """Only a 401 says something about a token; what was refused at the door or broke stays as it was."""
    token = sources.named_token(7, SECRET)
    request = RequestFactory().get("/api/x", headers={"authorization": f"Bearer {token}"})
    for status in (403, 429, 500, 503):
        assert sources.learn(request, HttpResponse(status=status)) is None
        assert key(token) == "unit:7"
