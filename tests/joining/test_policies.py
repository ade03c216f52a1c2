"""Sign-in profiles on the pages and in the API: what is asked, enforced, timed, and where one goes on afterwards."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.test import Client

from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.models import Account, PastPassword
from lianfang.foundation.policy import PROFILE
from lianfang.kernel.clock import FixedClock
from lianfang.people import actions
from tests.joining.signing import sign_in, with_app
from tests.people.cast import NOW, PASSWORD, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "cast")]
MIXED = "Swimming-No.1"


@contextmanager
def later(**time):
    with using_clock(FixedClock(NOW + timedelta(**time))):
        yield


@pytest.fixture
def mlps(cast):
    """The school chose the profile of MLPS level three."""
    choose(cast, "mlps-3")


def choose(cast, value):
    system = system_actor("test", NOW)
    set_unit_setting(system, NOW, unit=cast.school, key=PROFILE, value=value, begins=TODAY)


def api(client, method, path, body=None):
    return client.generic(method, f"/api/foundation/{path}", json.dumps(body), "application/json")


@pytest.mark.parametrize(
    "who, profile, idle, longest",
    [
        ("teacher", "asvs-5-l2", timedelta(days=7), timedelta(days=14)),
        ("mother", "asvs-5-l2", timedelta(days=7), timedelta(days=14)),
        ("admin", "asvs-5-l2", timedelta(hours=4), timedelta(hours=24)),
        ("teacher", "mlps-3", timedelta(minutes=30), timedelta(hours=12)),
        ("mother", "mlps-3", timedelta(minutes=30), timedelta(hours=12)),
    ],
)
def test_sessions_end_unused_and_at_last(cast, who, profile, idle, longest):
    choose(cast, profile)
    minute = timedelta(minutes=1)
    unused, _answer = sign_in(who)
    assert unused.get("/account").status_code == 200
    used, _answer = sign_in(who)
    at = timedelta()
    while at + idle < longest:
        at += idle - minute
        with using_clock(FixedClock(NOW + at)):
            assert used.get("/account").status_code == 200, at
    with using_clock(FixedClock(NOW + idle)):
        answer = unused.get("/people/?x=1")
        assert answer.headers["Location"] == "/login?next=/people/%3Fx%3D1"
        assert "为了安全已退出" in unused.get("/login").content.decode()
        assert api(unused, "GET", "me").status_code == 401
    with using_clock(FixedClock(NOW + longest - minute)):
        assert used.get("/account").status_code == 200
    with using_clock(FixedClock(NOW + longest)):
        assert used.get("/account").status_code == 302
        assert api(used, "GET", "me").json()["code"] == "login"


def test_last_used_is_not_written_at_every_page(mlps):
    client, _answer = sign_in("teacher")
    client.get("/account")
    seen = client.session["limits"]
    with later(minutes=2):
        client.get("/account")
        assert client.session["limits"] == seen
    with later(minutes=3):
        client.get("/account")
        assert client.session["limits"]["seen"] == seen["seen"] + 180


def test_a_stricter_profile_reaches_open_sessions_within_an_hour(cast):
    client, _answer = sign_in("teacher")
    client.get("/account")
    choose(cast, "mlps-3")
    with later(minutes=59):
        assert client.get("/account").status_code == 200
    with later(minutes=61):
        assert client.get("/account").status_code == 200  # looked up here
    with later(minutes=92):
        assert client.get("/account").status_code == 302


def test_another_sign_in_on_the_same_browser_begins_anew(mlps):
    client, _answer = sign_in("teacher")
    client.get("/account")
    with later(hours=11, minutes=50):
        client.post("/logout")
        sign_in("teacher", client=client)
        client.get("/account")
    with later(hours=12, minutes=10):
        assert client.get("/account").status_code == 200


def test_a_password_that_is_over_is_replaced_and_one_goes_on(cast):
    teacher = Account.objects.get(username="teacher")
    with later(days=91):
        client, _answer = sign_in("teacher")
        assert client.get("/people/").status_code == 200  # ASVS: never over
        choose(cast, "mlps-3")
        client, _answer = sign_in("teacher")
        assert client.get("/people/?q=1").headers["Location"] == "/account"
        page = client.get("/account").content.decode()
        assert "每 90 天换一次密码" in page and "至少混用 3 种" in page
        assert client.get("/api/people/units").json()["code"] == "sign_in"
        answer = client.post("/account", {"current": PASSWORD, "password": "swimming no one"})
        assert answer.status_code == 422 and "至少混用其中 3 种" in answer.content.decode()
        answer = client.post("/account", {"current": PASSWORD, "password": MIXED})
        assert answer.headers["Location"] == "/people/?q=1"
        assert client.get("/people/").status_code == 200
        assert sign_in("teacher", MIXED)[0].get("/people/").status_code == 200
        teacher.refresh_from_db()
        assert teacher.password_set_at == NOW + timedelta(days=91)
        assert PastPassword.objects.filter(account=teacher).count() == 1


def test_the_api_does_the_same(mlps):
    client, _answer = sign_in("teacher")
    rules = api(client, "GET", "password").json()
    assert (rules["profiles"], rules["kinds"], rules["rotation_days"], rules["owed"]) == (["mlps-3"], 3, 90, False)
    assert "至少混用 3 种" in rules["text"]
    other, _answer = sign_in("teacher")
    for body, field, code in (
        ({"current": "wrong", "password": MIXED}, "current", "wrong"),
        ({"current": PASSWORD, "password": PASSWORD}, "password", "same"),
        ({"current": PASSWORD, "password": "all small letters"}, "password", "password_too_plain"),
        ({"current": PASSWORD, "password": "x" * 1001}, "data.password", "string_too_long"),
    ):
        answer = api(client, "PUT", "password", body)
        assert answer.status_code == 422
        assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]
    assert api(client, "PUT", "password", {"current": PASSWORD, "password": MIXED}).status_code == 204
    assert api(client, "GET", "me").status_code == 200
    assert api(other, "GET", "me").status_code == 401
    with later(days=90):
        client, _answer = sign_in("teacher", MIXED)
        assert api(client, "GET", "me").status_code == 403
        assert api(client, "GET", "password").json()["owed"] is True
        again = api(client, "PUT", "password", {"current": MIXED, "password": MIXED + "x"})
        assert again.status_code == 204
        assert api(client, "GET", "me").status_code == 200


@pytest.mark.parametrize("profile, tries, minutes", [("asvs-5-l2", 10, 15), ("mlps-3", 5, 30)])
def test_wrong_passwords_make_it_wait(cast, profile, tries, minutes):
    choose(cast, profile)
    for n in range(tries - 1):
        assert sign_in("teacher", f"wrong {n}")[1].status_code == 200
    answer = sign_in("teacher", "wrong")[1]
    assert answer.status_code == 429
    assert f"暂停 {minutes} 分钟" in answer.content.decode()
    assert answer.headers["Retry-After"] == str(minutes * 60)
    assert sign_in("teacher")[1].status_code == 429  # the right one too
    assert sign_in("nurse")[1].status_code == 302  # nobody else
    assert sign_in("teacher", client=Client(REMOTE_ADDR="10.9.9.9"))[1].status_code == 302  # nor the owner elsewhere
    AccessAttempt.objects.update(attempt_time=AccessAttempt.objects.get().attempt_time - timedelta(minutes=minutes + 1))
    assert sign_in("teacher")[1].status_code == 302


def test_guessing_the_present_password_counts_as_well(cast):
    client, _answer = sign_in("teacher")
    for n in range(10):
        answer = client.post("/account", {"current": f"wrong {n}", "password": MIXED})
    assert answer.status_code == 429
    answer = api(client, "PUT", "password", {"current": PASSWORD, "password": MIXED})
    assert (answer.status_code, answer.headers["Content-Type"]) == (429, "application/json")
    assert Account.objects.get(username="teacher").check_password(PASSWORD)


@pytest.mark.parametrize("profile, days", [("asvs-5-l2", 30), ("mlps-3", 7)])
def test_a_one_time_password_does_not_lie_about_for_ever(cast, profile, days):
    choose(cast, profile)
    admin = cast.actor("admin")
    word = actions.reset_sign_in(admin, NOW, person=cast.persons["teacher"], reason="忘记")
    with later(days=days, seconds=-1):
        assert sign_in("teacher", word)[1].status_code == 302
    with later(days=days):
        answer = sign_in("teacher", word)[1]
        assert answer.status_code == 200 and "一次性密码已经过期" in answer.content.decode()
        assert "一次性密码已经过期" not in sign_in("teacher", "wrong")[1].content.decode()


def test_administrators_need_a_second_factor(mlps):
    admin, _answer = sign_in("admin")
    assert admin.get("/people/").headers["Location"] == "/account"
    assert "请先设置第二种登录方式" in admin.get("/account").content.decode()
    assert sign_in("teacher")[0].get("/people/").status_code == 200
    admin, _secret, _codes = with_app("admin")
    assert admin.get("/people/").status_code == 200


def test_newcomers_are_told_and_held_to_the_rules_of_their_school(cast, mlps):
    slip = actions.invite_guardians(
        cast.actor("teacher"), NOW, unit=cast.klass, children=[cast.persons["wang"].pk], copies=1
    )[0]
    client = Client()
    client.post("/join/", {"code": slip.code})
    assert "至少混用 3 种" in client.get("/join/accept/").content.decode()
    given = {"child": "王一诺", "relation": "father", "name": "王大明", "username": "wangdaming"}
    answer = client.post("/join/accept/", {**given, "password": "all small letters"})
    assert answer.status_code == 422 and "至少混用其中 3 种" in answer.content.decode()
    answer = client.post("/join/accept/", {**given, "password": "Wangdaming1"})
    assert "几乎只有姓名" in answer.content.decode()
    answer = client.post("/join/accept/", {**given, "password": MIXED})
    assert answer.status_code == 302, answer.content.decode()


def test_the_page_of_the_rules(cast):
    admin, _answer = sign_in("admin")
    address = f"/units/{cast.school.pk}/sign-in-rules"
    assert f'href="{address}"' in admin.get("/account").content.decode()
    page = admin.get(address).content.decode()
    for words in ("系统默认", "等保三级", "GB/T 22239-2019", "待核对", "不用 30 分钟、最长 12 小时后退出"):
        assert words in page, words
    assert admin.post(address, {"profile": "nothing"}).status_code == 422
    answer = admin.post(address, {"profile": "mlps-3", "reason": "定级三级" * 60})
    assert answer.status_code == 422 and "定级三级" in answer.content.decode()
    assert admin.post(address, {"profile": "mlps-3", "reason": "定级三级"}).headers["Location"] == address
    assert "由文一路小学选定" in admin.get(address).content.decode()
    assert sign_in("teacher")[0].get(address).status_code == 403
    assert sign_in("stranger")[0].get(address).status_code == 404
    admin.cookies["lianfang_lang"] = "en"
    assert "30 minutes" in admin.get(address).content.decode()


@pytest.mark.parametrize("path", ["/login", "/account"])
def test_password_fields_hide_and_take_pasting(cast, path):
    client = sign_in("teacher")[0] if path == "/account" else Client()
    page = client.get(path).content.decode()
    fields = re.findall(r"<input[^>]*password[^>]*>", page)
    assert fields
    for field in fields:
        assert 'type="password"' in field and re.search(r'autocomplete="(current|new)-password"', field)
        assert "maxlength" not in field and "onpaste" not in field
    assert 'autocomplete="username"' in page or path == "/account"


@pytest.mark.parametrize(
    "password", [" Leading and trailing ", "ÄÖÜ straße ⅷ 一二三四", "x1Y" * 30, "tab\tand \\ 'quote' \" <b>"]
)
def test_a_password_is_taken_exactly_as_typed(cast, password):
    client, _answer = sign_in("teacher")
    assert client.post("/account", {"current": PASSWORD, "password": password}).status_code == 302
    assert sign_in("teacher", password)[1].status_code == 302
    for other in (password.strip(), password.lower(), password[:72], password + " "):
        if other != password:
            assert sign_in("teacher", other)[1].status_code == 200, repr(other)


def test_a_session_key_is_new_and_long(cast):
    client = Client()
    client.get("/join/")
    client.session["x"] = 1
    keys = set()
    for _n in range(5):
        sign_in("teacher", client=client)
        keys.add(client.session.session_key)
        client.post("/logout")
    assert len(keys) == 5
    assert all(re.fullmatch(r"[a-z0-9]{32}", str(key)) for key in keys)  # 32 of 36 signs: 165 bits


def test_tries_and_sign_ins_are_kept(cast):
    sign_in("teacher", "wrong")
    tried = AccessAttempt.objects.get()
    assert (tried.username, tried.failures_since_start, tried.ip_address) == ("teacher", 1, "127.0.0.1")
    assert "wrong" not in tried.post_data
    sign_in("teacher")
    assert AccessLog.objects.get().username == "teacher"
