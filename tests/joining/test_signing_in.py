"""Ways to sign in: sessions, passkeys, the school's identity provider, lost phones."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import extract_user_from_response
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from fido2.utils import websafe_encode

from lianfang.config.identity import identity_provider
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import system_actor
from lianfang.foundation.jobs import forget_sessions
from lianfang.foundation.models import Account, JournalEntry
from lianfang.foundation.signin import SECOND_FACTOR_ROLES
from lianfang.people import actions
from lianfang.people.models import Guardianship
from lianfang.web.views.account import device
from tests.joining.signing import code_of, found, sign_in, with_app
from tests.people.cast import NOW, PASSWORD, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "cast")]


def test_sessions_are_listed_and_ended_elsewhere():
    other, _answer = sign_in("nurse")
    here, there, third = (sign_in("teacher")[0] for _n in range(3))
    page = here.get("/account").content.decode()
    assert page.count('action="/account/sessions/end"') == 3  # two others of one's own, and all of them together
    foreign = UserSession.objects.get(user__username="nurse").pk
    here.post("/account/sessions/end", {"session": foreign})
    assert other.get("/people/").status_code == 200
    here.post("/account/sessions/end", {"session": UserSession.objects.get(session_key=there.session.session_key).pk})
    assert there.get("/people/").status_code == 302
    assert third.get("/people/").status_code == 200
    here.post("/account/sessions/end", {})
    assert third.get("/people/").status_code == 302
    assert here.get("/people/").status_code == 200


def test_what_ran_out_is_not_listed_and_is_forgotten():
    here, left = (sign_in("teacher")[0] for _n in range(2))
    actor, long_ago, key = system_actor("test", NOW), NOW - timedelta(days=400), here.session.session_key
    assert here.get("/account").content.decode().count('action="/account/sessions/end"') == 2  # the other, and all
    forget_sessions(actor, NOW)
    assert Session.objects.count() == UserSession.objects.count() == 2
    Session.objects.filter(session_key=left.session.session_key).update(expire_date=long_ago)
    assert here.get("/account").content.decode().count('action="/account/sessions/end"') == 0
    UserSession.objects.update(last_seen_at=NOW - timedelta(days=13))
    forget_sessions(actor, NOW)
    assert [row.session_key for row in Session.objects.all()] == [key]
    assert UserSession.objects.count() == 2  # its session might be just being written
    UserSession.objects.update(last_seen_at=long_ago)
    forget_sessions(actor, NOW)
    assert [row.session_key for row in UserSession.objects.all()] == [key]


def test_a_new_password_ends_the_sessions_elsewhere():
    here, there = (sign_in("teacher")[0] for _n in range(2))
    assert here.post("/account", {"current": PASSWORD, "password": PASSWORD}).status_code == 422
    assert here.post("/account", {"current": PASSWORD, "password": "another long word"}).status_code == 302
    assert here.get("/people/").status_code == 200
    assert there.get("/people/").status_code == 302


def test_a_lost_phone(cast):
    old, _secret, _codes = with_app("teacher")
    admin, _answer = sign_in("admin")
    address = f"/people/persons/{cast.persons['teacher'].pk}/sign-in/reset/"
    assert admin.post(address, {"reason": ""}).status_code == 422
    answer = admin.post(address, {"reason": "手机丢失"})
    assert "no-store" in answer.headers["Cache-Control"]
    word = found(r'<strong class="lf-number">(\w{12})</strong>', answer.content.decode())
    assert old.get("/people/").status_code == 302
    assert sign_in("teacher")[1].status_code == 200  # the old password: the form again
    assert not Authenticator.objects.filter(user__username="teacher").exists()
    client, answer = sign_in("teacher", word)
    assert answer.headers["Location"] == "/people/"
    assert client.get("/people/").headers["Location"] == "/account"
    refused = client.get("/api/people/units")
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in")
    assert client.post("/account", {"current": word, "password": PASSWORD}).headers["Location"] == "/people/"
    assert client.get("/people/").status_code == 200
    events = JournalEntry.objects.filter(action="foundation.account.sign_in_reset")
    assert events.get().payload.body["ways"] == ["recovery_codes", "totp"]
    assert "foreign" not in str(events.get().payload.body)


def test_a_role_may_ask_for_a_second_factor(cast):
    before, _answer = sign_in("teacher")
    foundation.set_unit_setting(
        cast.actor("admin"), NOW, unit=cast.school, key=SECOND_FACTOR_ROLES, value=["homeroom_teacher"], begins=TODAY
    )
    assert before.get("/people/").status_code == 200  # asked at the next sign-in
    client, _answer = sign_in("teacher")
    assert client.get("/people/").headers["Location"] == "/account"
    assert client.get("/").headers["Location"] == "/account"
    assert "请先设置第二种登录方式" in client.get("/account").content.decode()
    assert client.get("/api/people/units").status_code == 403
    set_up, _secret, _codes = with_app("teacher")
    assert set_up.get("/people/").status_code == 200
    assert sign_in("nurse")[0].get("/people/").status_code == 200
    foreign, _answer = sign_in("stranger")
    assert foreign.get("/people/").status_code == 200
    assert "建议设置验证器" in foreign.get("/account").content.decode()


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def by_provider(client, provider, **query):
    """The whole way to the provider and back; returns our last answer."""
    answer = client.post("/login/with/school" + ("?process=connect" if query.get("connect") else ""))
    assert answer.status_code == 302, answer.content
    location = answer.headers["Location"]
    if not location.startswith(provider.issuer):
        return answer
    with pytest.raises(HTTPError) as redirected:
        build_opener(_Stay).open(location)
    back = redirected.value.headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


@pytest.fixture
def configured(provider):
    """The installation with this provider configured; the claim that links is chosen by the test."""

    def settings(claim=""):
        app = identity_provider(provider.environ(claim))
        return override_settings(IDENTITY_PROVIDER=app, SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app]}})

    return settings


def test_nothing_configured_nothing_shown(provider):
    client = Client()
    assert "/login/with/" not in client.get("/login").content.decode()
    assert client.post("/login/with/school").status_code == 404
    assert provider.asked == []


def test_an_identity_is_linked_by_its_owner_and_then_opens_the_account(provider, configured):
    with configured():
        stranger = Client()
        assert "用区统一身份登录" in stranger.get("/login").content.decode()
        assert provider.asked == []  # showing the button asks nobody
        answer = by_provider(stranger, provider)
        assert answer.headers["Location"] == "/login"
        assert "这个身份还没有与本系统的账号关联" in stranger.get("/login").content.decode()
        assert not Account.objects.filter(username="0001").exists()
        owner, _answer = sign_in("teacher")
        answer = by_provider(owner, provider, connect=True)
        assert answer.headers["Location"].startswith("/login/again")
        answer = owner.post("/login/again", {"password": PASSWORD})
        assert answer.headers["Location"] == "/account"
        assert SocialAccount.objects.get().user.username == "teacher"
        client = Client()
        by_provider(client, provider)
        assert client.get("/people/").status_code == 200
        assert f"{client.get('/account').content.decode()}".count("李静") >= 1
        other, _answer = sign_in("nurse")
        by_provider(other, provider, connect=True)
        other.post("/login/again", {"password": PASSWORD})
        assert SocialAccount.objects.get().user.username == "teacher"
        row = SocialAccount.objects.get()
        assert other.post(f"/account/identities/{row.pk}/remove").status_code == 404
        assert owner.post(f"/account/identities/{row.pk}/remove").status_code == 302
        assert not SocialAccount.objects.exists()


def test_an_identity_is_linked_by_the_claim_that_the_operator_chose(provider, configured):
    with configured("employee"):
        provider.who = {"sub": "0002", "employee": "teacher", "preferred_username": "admin", "email": "a@b.test"}
        client = Client()
        by_provider(client, provider)
        assert "李静" in client.get("/account").content.decode()
        for said in ("nobody", "", None, 7, ["teacher"]):
            provider.who = {"sub": f"x{said}", "employee": said}
            client = Client()
            assert by_provider(client, provider).headers["Location"] == "/login"
            assert client.get("/people/").status_code == 302


def test_an_identity_does_not_pass_by_the_second_step_nor_open_an_ended_account(cast, provider, configured):
    with configured("employee"):
        provider.who = {"sub": "0003", "employee": "teacher"}
        _client, secret, _codes = with_app("teacher")
        client = Client()
        assert by_provider(client, provider).headers["Location"] == "/login/code"
        assert client.post("/login/code", {"code": code_of(secret, 1)}).status_code == 302
        assert client.get("/people/").status_code == 200
        provider.who = {"sub": "0004", "employee": "mother"}
        mother = Client()
        by_provider(mother, provider)
        assert mother.get("/account").status_code == 200
        password, _answer = sign_in("mother")
        link = Guardianship.objects.get(guardian=cast.persons["mother"])
        actions.end_guardian(system_actor("test", NOW), NOW, guardianship=link, ends=TODAY)
        assert not Account.objects.get(username="mother").is_active
        for client in (mother, password):
            assert client.get("/account").status_code == 302
        again = Client()
        assert by_provider(again, provider).headers["Location"] == "/login"
        assert "这个账号已停用" in again.get("/login").content.decode()
        assert again.get("/account").status_code == 302


def test_joining_by_the_pages(cast, client):
    slip = actions.invite_guardians(
        cast.actor("teacher"), NOW, unit=cast.klass, children=[cast.persons["wang"].pk], copies=2
    )[0]
    assert client.get("/join/accept/").headers["Location"] == "/join/"
    assert client.post("/join/", {"code": "ABCDE-FGH23"}).status_code == 422
    assert client.post("/join/", {"code": slip.shown}).headers["Location"] == "/join/accept/"
    given = {"child": "王一诺", "relation": "father", "name": "王大明", "username": "wangdaming", "password": "short"}
    answer = client.post("/join/accept/", given)
    assert answer.status_code == 422
    assert "王大明" in answer.content.decode()
    answer = client.post("/join/accept/", {**given, "password": PASSWORD})
    assert answer.headers["Location"] == "/join/done/"
    assert "等班主任确认" in client.get("/join/done/").content.decode()
    assert "等班主任确认" in client.get("/").content.decode()
    again = Client()
    answer = again.post("/join/", {"code": slip.shown})
    assert "已经用过了" in answer.content.decode()
    teacher, _answer = sign_in("teacher")
    assert "1 位家长等您确认" in teacher.get("/").content.decode()
    claims = teacher.get("/people/claims/").content.decode()
    assert "王大明 说自己是 王一诺 的父亲" in claims
    claim = found(r"/people/claims/(\d+)/confirm/", claims)
    stranger, _answer = sign_in("stranger")
    assert stranger.post(f"/people/claims/{claim}/confirm/").status_code == 404
    assert teacher.post(f"/people/claims/{claim}/confirm/").status_code == 302
    assert client.get(f"/people/persons/{cast.persons['wang'].pk}/").status_code == 200


def test_too_many_wrong_codes_from_one_address(cast, client):
    for _n in range(30):
        client.post("/join/", {"code": "ABCDE-FGH23"})
    assert client.post("/join/", {"code": "ABCDE-FGH23"}).status_code == 429
    assert Client(REMOTE_ADDR="10.1.1.1").post("/join/", {"code": "ABCDE-FGH23"}).status_code == 422


def test_a_slip_in_the_hands_of_somebody_else(cast):
    posts = [actions.NewPost(cast.school.pk, "leader_on_duty", TODAY)]
    slip = actions.invite_staff(cast.actor("admin"), NOW, unit=cast.school, name="赵新", posts=posts)
    teacher, _answer = sign_in("teacher")
    teacher.post("/join/", {"code": slip.code})
    answer = teacher.post("/join/accept/", {})
    assert answer.status_code == 422
    assert "不是给现在登录的人的" in answer.content.decode()


def test_the_sheet_of_slips(cast):
    teacher, _answer = sign_in("teacher")
    answer = teacher.post(f"/people/units/{cast.klass.pk}/invitations/sheet/", {"copies": 2, "days": 7})
    page = answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    codes = re.findall(r'<p class="pe-code">([0-9A-Z-]{11})</p>', page)
    assert len(set(codes)) == 4  # two pupils, two slips each
    assert page.count("data:image/svg+xml") == 4
    listed = teacher.get(f"/people/units/{cast.klass.pk}/invitations/").content.decode()
    assert not [code for code in codes if code in listed]
    assert actions.find_invitation(NOW + timedelta(days=6), code=codes[0], source="x")


def test_the_api_does_the_same(cast):
    teacher, _answer = sign_in("teacher")
    klass, wang = cast.klass.pk, cast.persons["wang"].pk

    def post(client, path, **body):
        return client.post(f"/api/people/{path}", body, content_type="application/json")

    slips = post(teacher, f"units/{klass}/invitations", person_ids=[wang]).json()["items"]
    mother, _answer = sign_in("mother")
    wrong = post(mother, "join", code=slips[0]["code"], child="别人", relation="mother")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "differs")
    joined = post(mother, "join", code=slips[0]["code"], child="王一诺", relation="other")
    assert joined.status_code == 201
    assert teacher.get("/api/people/claims").json()["count"] == 1
    claim = joined.json()["claim"]["id"]
    assert post(sign_in("stranger")[0], f"claims/{claim}/confirm").status_code == 404
    assert post(teacher, f"claims/{claim}/refuse", reason="不是").json()["confirmed"] is False
    assert post(teacher, f"claims/{claim}/confirm").status_code == 409
    listed = teacher.get(f"/api/people/units/{klass}/invitations").json()["items"]
    assert [item["state"] for item in listed] == ["used"]
    assert slips[0]["code"] not in str(listed)
    more = post(teacher, f"units/{klass}/invitations", many=True).json()["items"][0]
    assert post(teacher, f"invitations/{more['id']}/revoke").json()["state"] == "revoked"
    answer = post(teacher, f"persons/{cast.persons['mother'].pk}/sign-in/reset", reason="换了手机")
    assert len(answer.json()["one_time_password"]) == 12


@pytest.mark.parametrize(
    "said, words",
    [
        ("Mozilla/5.0 (Linux; Android 14; V) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0", "WeChat · iPhone"),
        ("curl/8", "curl/8"),
        ("", "—"),
    ],
)
def test_a_session_is_named_as_people_call_the_device(said, words):
    assert device(said) == words


@pytest.mark.parametrize("number", [10_007, 4_711, 1_000_003])
def test_a_passkey_names_its_account_whatever_its_number(number):
    account = Account.objects.create(id=number, username=f"passkey-{number}", created_at=NOW)
    handle = get_adapter().get_public_key_credential_user_entity(account)["id"]
    assert extract_user_from_response({"response": {"userHandle": websafe_encode(handle)}}) == account


def test_a_one_time_password_opens_nothing_but_its_replacement(cast, signed_in):
    client = signed_in("admin")
    unit = f"/people/units/{cast.klass.pk}/"
    assert client.get(unit).status_code == client.get(f"/api{unit}members").status_code == 200
    Account.objects.filter(username="admin").update(must_change_password=True)
    assert client.get(unit).headers["Location"] == "/account"
    refused = client.get(f"/api{unit}members")
    assert (refused.status_code, "items" in refused.json()) == (403, False)
    assert client.get("/account").status_code == 200
