"""A one-time password opens one page: the one on which it is replaced."""

from __future__ import annotations

import pytest
from django.test import Client

from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions as people
from tests.district import MORNING, PASSWORD, make_district

pytestmark = pytest.mark.django_db


def test_it_is_changed_before_anything_else() -> None:
    district = make_district(3, accounts=False)
    with using_clock(FixedClock(MORNING)):
        from lianfang.foundation.actor import system_actor

        account, secret = people.open_account(
            system_actor("test", MORNING), MORNING, person=district.persons["teacher"]
        )
        client = Client()
        assert client.post("/login", {"username": account.username, "password": secret}).status_code == 302
        for path in ("/", "/daily/", "/people/", "/notices/"):
            assert client.get(path).headers["Location"] == "/account", path
        assert client.get("/account").status_code == 200
        assert client.post("/account", {"current": secret, "password": PASSWORD}).status_code == 302
        assert client.get("/").status_code == 200
        again = Client()
        assert again.post("/login", {"username": account.username, "password": secret}).status_code == 422 or (
            again.get("/notices/").headers["Location"].startswith("/login")
        )
