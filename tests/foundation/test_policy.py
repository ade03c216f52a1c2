"""Sign-in profiles as tables: what passwords have to keep to, which profile holds, how profiles add up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client, override_settings

from lianfang.foundation import actions
from lianfang.foundation.actions.accounts import one_time_password
from lianfang.foundation.actor import system_actor
from lianfang.foundation.clock import using_clock
from lianfang.foundation.errors import Forbidden, Invalid
from lianfang.foundation.models import Account, PastPassword
from lianfang.foundation.passwords import (
    asked,
    common_words,
    context_words,
    faults,
    is_over,
    kinds_of,
    one_time_is_over,
)
from lianfang.foundation.policy import PROFILE, in_use, policy_for, strictest, tries_allowed, wait_after
from lianfang.foundation.signin import OVER_KEY
from lianfang.kernel.clock import FixedClock
from lianfang.rulepacks import PackError, packs, read_packs
from lianfang.rulepacks.catalogs.signin import SessionLimit, SignInProfile
from tests.foundation.cast import NOW, Cast

PROFILES = packs().sign_in_profiles
NOBODY: frozenset[str] = frozenset()
ASVS = strictest([(PROFILES["asvs-5-l2"], NOBODY)])
MLPS = strictest([(PROFILES["mlps-3"], NOBODY)])
WORDS = {"文一路小学", "chenjing", "陈静"}

# (password, what ASVS has against it, what MLPS has against it)
PASSWORDS = [
    ("Tr4nsit-night", "", ""),
    ("a long enough word", "", "plain"),
    ("今天天气真不错呀我们", "", "plain"),
    ("correct horse battery", "", "plain"),
    ("Correct horse battery", "", ""),
    ("        ", "common", "plain common"),
    ("short1A", "short", "short"),
    ("", "short common", "short plain common"),
    ("password", "common", "plain common"),
    ("PASSWORD1", "common", "plain common"),
    ("qwertyuiop", "common", "plain common"),
    ("12345678", "common", "plain common"),
    ("hgfedcba", "common", "plain common"),
    ("aaaaaaaaaaaa", "common", "plain common"),
    ("20150907", "common", "plain common"),
    ("13912345678", "common", "plain common"),
    ("11010519491231002X", "common", "plain common"),
    ("Chenjing1", "similar", "similar"),
    ("chenjing-goes-swimming", "", "plain"),
    ("LianFang2026", "similar", "similar"),
    ("文一路小学1班Aa", "similar", "similar"),
    ("Admin-2026", "similar", "similar"),
    ("teacher teacher", "", "plain"),
    ("陈静的密码", "short similar", "short plain similar"),
    ("x" * 40 + "Yz1" + "w" * 85, "", ""),
    ("x" * 40 + "Yz1" + "w" * 86, "long", "long"),
    ("Zäöü-straße-9", "", ""),
]


@pytest.mark.parametrize("password, asvs, mlps", PASSWORDS)
def test_passwords(password, asvs, mlps):
    for policy, expected in ((ASVS, asvs), (MLPS, mlps)):
        found = [fault.code.removeprefix("password_too_") for fault in faults(policy, password, WORDS)]
        assert found == expected.split(), policy.ids
        assert all(fault.field == "password" and fault.message for fault in faults(policy, password, WORDS))


@pytest.mark.parametrize(
    "password, kinds",
    [("", 0), ("abc", 1), ("aB", 2), ("aB1", 3), ("aB1-", 4), ("中文", 1), ("中文1", 2), ("   ", 1), ("É", 1)],
)
def test_kinds_of_signs(password, kinds):
    assert kinds_of(password) == kinds


def test_what_asvs_asks_of_the_default_profile():
    """6.2.1, 6.2.5, 6.2.9, 6.2.10: at least 8, 15 advised, 64 allowed, no rules of composition, no periodic change."""
    assert (ASVS.min_length, ASVS.recommended_length, ASVS.kinds, ASVS.rotation_days) == (8, 15, 0, None)
    assert ASVS.max_length >= 64
    assert (
        sum(len(word) >= ASVS.min_length for word in common_words()) >= 3000
    )  # 6.2.4, those that the length lets through
    assert settings.AUTH_PASSWORD_VALIDATORS == []
    assert {p.again_minutes * 60 for p in PROFILES.values()} == {settings.ACCOUNT_REAUTHENTICATION_TIMEOUT}
    longest = max(limit.longest_hours for p in PROFILES.values() for limit in p.sessions)
    assert longest * 3600 <= settings.SESSION_COOKIE_AGE


def test_what_the_text_says_before_typing():
    assert asked(ASVS) == (
        "至少 8 个字符，建议 15 个以上；什么字符都可以，也可以用一句话、可以粘贴；不要用常见密码，也不要只用姓名、登录名或单位名。"
    )
    assert asked(MLPS).startswith("至少 8 个字符；大写字母、小写字母、数字、其他符号至少混用 3 种；")
    assert asked(MLPS).endswith("不能与最近 5 次用过的相同；每 90 天更换一次。")


def test_every_number_that_no_source_names_asks_for_review():
    for profile in PROFILES.values():
        for name, raw in packs().snapshot()["sign_in_profiles"][profile.id].items():
            if isinstance(raw, dict) and "value" in raw and any(str(s).startswith("OK-") for s in raw["source"]):
                assert raw["needs_review"] is True, f"{profile.id}.{name}"
            if isinstance(raw, dict) and "value" in raw:
                assert raw["source"], f"{profile.id}.{name}"


@pytest.mark.parametrize(
    "roles, profiles, expected",
    [
        (NOBODY, ["asvs-5-l2"], (10, 15, 7 * 24 * 60, 14 * 24, False)),
        ({"homeroom_teacher"}, ["asvs-5-l2"], (10, 15, 7 * 24 * 60, 14 * 24, False)),
        ({"homeroom_teacher", "principal"}, ["asvs-5-l2"], (10, 15, 240, 24, False)),
        (NOBODY, ["mlps-3"], (5, 30, 30, 12, False)),
        ({"system_admin"}, ["mlps-3"], (5, 30, 30, 12, True)),
        ({"system_admin"}, ["asvs-5-l2"], (10, 15, 240, 24, False)),
        ({"homeroom_teacher"}, ["asvs-5-l2", "mlps-3"], (5, 30, 30, 12, False)),
    ],
)
def test_the_strictest_of_what_holds(roles, profiles, expected):
    policy = strictest((PROFILES[name], frozenset(roles)) for name in profiles)
    minutes = [int(t.total_seconds()) // 60 for t in (policy.wait, policy.idle)]
    found = (policy.tries, *minutes, int(policy.longest.total_seconds()) // 3600, policy.second_factor)
    assert found == expected
    assert policy.kinds == (3 if "mlps-3" in profiles else 0)
    assert policy.history == (5 if "mlps-3" in profiles else 0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SessionLimit(idle_minutes=61, longest_hours=1),
        lambda: SessionLimit(idle_minutes=0, longest_hours=1),
        lambda: changed(min_length=7),
        lambda: changed(recommended_length=200),
        lambda: changed(kinds=5),
        lambda: changed(tries=0),
        lambda: changed(sessions=(SessionLimit(idle_minutes=5, longest_hours=1, roles=frozenset({"principal"})),)),
    ],
)
def test_what_does_not_hold_together_is_refused(wrong):
    with pytest.raises(ValueError, match=r"lengths|signs|least one|session|everybody"):
        wrong()


def changed(**values: object) -> SignInProfile:
    from dataclasses import replace

    return replace(PROFILES["asvs-5-l2"], **values)  # type: ignore[arg-type]


def test_a_profile_with_an_unknown_key_names_its_place(tmp_path):
    text = "sign_in_profiles:\n  x: {label: {zh: 名, en: N}, text: {zh: 名, en: N}, source: [x], tires: 5}"
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(PackError, match=r"sign_in_profiles\.x\.tires"):
        dict(read_packs(tmp_path).sign_in_profiles)


def test_a_one_time_password_keeps_to_every_profile():
    for _n in range(300):
        word = one_time_password()
        assert len(word) == 12
        assert faults(MLPS, word, WORDS) == faults(ASVS, word, WORDS) == []


def choose(unit, value, begins=date(2026, 9, 1)):
    actions.set_unit_setting(system_actor("test", NOW), NOW, unit=unit, key=PROFILE, value=value, begins=begins)


@pytest.mark.django_db
def test_units_choose_and_those_below_follow(cast: Cast):
    assert policy_for(cast.accounts["teacher"], NOW).ids == ("asvs-5-l2",)
    choose(cast.bureau, "mlps-3")
    held = {name: policy_for(account, NOW).ids for name, account in cast.accounts.items()}
    for name in ("teacher", "grade_head", "admin", "officer"):
        assert held[name] == ("mlps-3",), name
    assert held["stranger"] == held["cdc"] == ("asvs-5-l2",)
    assert held["nobody"] == ("asvs-5-l2", "mlps-3")  # belongs nowhere: the strictest of all in use
    assert policy_for(cast.accounts["admin"], NOW).second_factor
    assert not policy_for(cast.accounts["teacher"], NOW).second_factor
    choose(cast.school, "asvs-5-l2")
    assert policy_for(cast.accounts["teacher"], NOW).ids == ("asvs-5-l2",)
    assert policy_for(None, NOW, cast.klass).ids == ("asvs-5-l2",)
    assert policy_for(None, NOW, cast.bureau).ids == ("mlps-3",)
    choose(cast.school, "mlps-3", begins=date(2026, 10, 1))
    assert policy_for(cast.accounts["teacher"], NOW).ids == ("asvs-5-l2",)
    assert policy_for(cast.accounts["teacher"], NOW + timedelta(days=30)).ids == ("mlps-3",)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", "asvs", 3, ["mlps-3"], True, {}])
def test_only_a_profile_that_exists_can_be_chosen(cast: Cast, wrong):
    with pytest.raises(Invalid):
        choose(cast.school, wrong)
    assert [p.id for p in in_use()] == ["asvs-5-l2"]


@pytest.mark.django_db
def test_tries_and_waits_for_axes(cast: Cast):
    assert (tries_allowed(None, {"username": "teacher"}), wait_after()) == (10, timedelta(minutes=15))
    choose(cast.bureau, "mlps-3")
    for name, tries in (("teacher", 5), ("stranger", 10), ("nobody at all", 5), ("", 5)):
        assert tries_allowed(None, {"username": name}) == tries, name
    assert tries_allowed(None, None) == 5
    assert wait_after() == timedelta(minutes=30)


@pytest.mark.django_db
def test_earlier_passwords_do_not_come_back_where_the_profile_says_so(cast: Cast):
    account, system = cast.accounts["teacher"], system_actor("test", NOW)

    def to(password: str, days: int = 0) -> None:
        actions.set_password(system, NOW + timedelta(days=days), account, password)

    to("Swimming-No.0")
    to("Swimming-No.0")
    assert not PastPassword.objects.exists()  # ASVS: kept of nobody
    choose(cast.school, "mlps-3")
    for n in range(1, 8):
        to(f"Swimming-No.{n}", n)
    assert PastPassword.objects.count() == 5
    kept = str(list(PastPassword.objects.values_list("digest", flat=True)))
    assert "Swimming" not in kept
    assert not check_password("Swimming-No.7", PastPassword.objects.latest("pk").digest)  # keyed, not just hashed
    for n in (7, 6, 5, 4, 3):
        with pytest.raises(Invalid) as refused:
            to(f"Swimming-No.{n}", 9)
        assert [e.code for e in refused.value.errors] == ["password_used"]
    to("Swimming-No.2", 9)
    choose(cast.school, "asvs-5-l2")
    to("Swimming-No.7", 10)
    assert not PastPassword.objects.exists()


@pytest.mark.django_db
def test_when_a_password_is_over(cast: Cast):
    account = cast.accounts["teacher"]
    actions.set_password(system_actor("test", NOW), NOW, account, "Swimming-No.0")
    account = Account.objects.get(pk=account.pk)
    for days, over in ((0, False), (89, False), (90, True), (400, True)):
        assert is_over(account, MLPS, NOW + timedelta(days=days)) is over
        assert is_over(account, ASVS, NOW + timedelta(days=days)) is False
    account.password_set_at = None  # from before it was noted: counted from the account's beginning
    assert is_over(account, MLPS, account.created_at + timedelta(days=90))
    account.must_change_password = True
    assert [one_time_is_over(account, p, account.created_at + timedelta(days=7)) for p in (ASVS, MLPS)] == [False, True]
    account.set_unusable_password()
    assert not is_over(account, MLPS, NOW + timedelta(days=400))


@pytest.mark.django_db
def test_who_signed_in_with_a_password_that_is_over_does_nothing_but_replace_it(cast: Cast):
    client = Client()
    client.force_login(cast.accounts["teacher"], "django.contrib.auth.backends.ModelBackend")
    with using_clock(FixedClock(NOW)):
        assert client.get("/notices/").status_code == 200
        session = client.session
        session[OVER_KEY] = True
        session.save()
        answer = client.get("/notices/")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account")
        assert client.get("/api/daily/own-rolls").status_code == 403
        assert client.get("/account").status_code == 200
        with override_settings(DEMO=True):  # a demonstration's passwords stand in its window
            assert client.get("/notices/").status_code == 200


@pytest.mark.django_db
def test_words_that_somebody_who_knows_the_person_tries(cast: Cast):
    account = cast.accounts["teacher"]
    account.display_name, account.email = "陈 静", "chen.jing@school.test"
    words = context_words(account, None, NOW)
    assert {"teacher", "陈静", "chenjing", "文一路小学", "西湖区教育局", "三年级"} <= words
    assert "余杭小学" in context_words(None, cast.foreign_class, NOW)


def test_passwords_are_hashed_slowly():
    with override_settings(PASSWORD_HASHERS=["lianfang.foundation.hashers.Argon2Hasher"]):
        assert make_password("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.django_db
def test_nobody_sets_the_password_or_ends_the_sessions_of_another(cast: Cast):
    for who in ("admin", "principal", "stranger"):
        with pytest.raises(Forbidden):
            actions.set_password(cast.actor(who), NOW, cast.accounts["teacher"], "Swimming-No.7")
        with pytest.raises(Forbidden):
            actions.end_sessions(cast.actor(who), NOW, cast.accounts["teacher"], keep="")
    actions.set_password(cast.actor("teacher"), NOW, cast.accounts["teacher"], "Swimming-No.7")
    assert Account.objects.get(pk=cast.accounts["teacher"].pk).check_password("Swimming-No.7")
