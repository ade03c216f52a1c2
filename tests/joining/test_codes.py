"""Codes of authenticator apps and recovery codes: right for a while, used once, not to be guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.jobs import forget_sessions
from lianfang.foundation.models import Account, CacheEntry, JournalEntry, Realm
from lianfang.kernel.clock import FixedClock
from tests.joining.signing import code_of, sign_in, with_app
from tests.people.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "cast")]


def test_authenticator_app_and_recovery_codes(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        _client, secret, codes = with_app("teacher")
    assert len(codes) == 10
    kept = str(list(Authenticator.objects.values()))
    assert secret not in kept
    added = JournalEntry.objects.filter(action="foundation.account.way_added")
    assert sorted(entry.payload.body["way"] for entry in added) == ["recovery_codes", "totp"]
    client, answer = sign_in("teacher")
    assert answer.headers["Location"] == "/login/code"
    assert client.get("/people/").headers["Location"].startswith("/login")
    assert "验证码不对" in client.post("/login/code", {"code": "123456"}).content.decode()
    answer = client.post("/login/code", {"code": code_of(secret, 1)})
    assert answer.headers["Location"] == "/people/"
    assert client.get("/people/").status_code == 200
    client, _answer = sign_in("teacher")
    assert client.post("/login/code", {"code": codes[0]}).headers["Location"] == "/people/"
    client, _answer = sign_in("teacher")
    assert client.post("/login/code", {"code": codes[0]}).status_code == 200  # a recovery code works once


def second_step(code):
    """Whether the password and then this code open the account."""
    client, _answer = sign_in("teacher")
    client.post("/login/code", {"code": code})
    return client.get("/people/").status_code == 200


@pytest.mark.parametrize("steps, opens", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_right_for_one_step_of_30_seconds_and_its_neighbours(steps, opens):
    _client, secret, _codes = with_app("teacher")
    with using_clock(FixedClock(NOW + timedelta(minutes=10))):
        assert second_step(code_of(secret, 20 + steps)) is opens


def test_a_code_opens_the_account_once():
    with_app("nurse")  # another's app, whose codes are another's
    _client, secret, _codes = with_app("teacher")
    assert not second_step(code_of(secret))  # it made the app known
    clock = FixedClock(NOW + timedelta(seconds=60))
    with using_clock(clock):
        assert second_step(code_of(secret, 2))
        for seconds in (0, 15, 15, 29):  # as long as it is on the app and in the tolerance after
            clock.advance(seconds=seconds)
            assert not second_step(code_of(secret, 2))
        assert second_step(code_of(secret, 4))
        assert not second_step(code_of(secret, 3))  # somebody who looked on, a step later


def test_an_exercise_does_not_move_the_codes():
    _client, secret, _codes = with_app("teacher")
    Realm.objects.create(key="drill", name="drill", clock_at=NOW + timedelta(days=40), created_at=NOW)
    Account.objects.filter(username="teacher").update(home_realm_id="drill")
    assert not second_step(code_of(secret, 40 * 24 * 120))
    client, _answer = sign_in("teacher")
    assert client.post("/login/code", {"code": code_of(secret, 1)}).headers["Location"] == "/people/"


def test_guessing_the_second_step_has_to_wait():
    _client, secret, _codes = with_app("teacher")
    client, _answer = sign_in("teacher")
    for n in range(6):
        answer = client.post("/login/code", {"code": f"{n:06d}"})
    assert "过 5 分钟再试" in answer.content.decode()
    assert client.post("/login/code", {"code": code_of(secret, 1)}).status_code == 200
    assert client.get("/people/").status_code == 302


def test_tries_count_however_many_others_are_counted_and_no_longer_than_they_count():
    _client, secret, _codes = with_app("teacher")
    client, _answer = sign_in("teacher")
    for n in range(6):
        client.post("/login/code", {"code": f"{n:06d}"})
    for n in range(700):
        cache.set(f"other-{n}", n, 300)
    assert client.post("/login/code", {"code": code_of(secret, 1)}).status_code == 200
    forget_sessions(system_actor("test", NOW), NOW)
    assert CacheEntry.objects.count() > 700
    CacheEntry.objects.update(expires=NOW - timedelta(seconds=1))
    forget_sessions(system_actor("test", NOW), NOW)
    assert not CacheEntry.objects.exists()
