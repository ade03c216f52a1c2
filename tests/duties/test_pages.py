"""The pages and the API: who may open what, what they show, and that queries do not grow with rows."""

import json

import pytest
from django.test import Client

from lianfang.comms.models import Notice
from lianfang.duties import actions, jobs
from lianfang.duties.models import Delegation, Duty, DutyStep
from lianfang.foundation.clock import using_clock
from lianfang.kernel.clock import FixedClock
from tests.duties.cast import local, system

CHECK = "class-morning-check"


@pytest.fixture
def clock():
    with using_clock(FixedClock(local("8:45"))) as at:
        yield at


@pytest.fixture
def morning(cast, clock):
    """8:45: duties are raised, nobody has checked, reminders went out as they came."""
    jobs.raise_duties(system(local("00:01")), local("00:01"))
    for at in ("8:20", "8:30", "8:40"):
        jobs.sweep(system(local(at)), local(at))
    return cast


def browser(cast, name):
    client = Client()
    client.force_login(cast.account(name), backend="django.contrib.auth.backends.ModelBackend")
    return client


def duty_of(cast, unit, kind=CHECK):
    return Duty.objects.get(kind=kind, unit=cast.unit(unit))


class TestMine:
    def test_a_teacher_sees_what_they_owe(self, morning):
        answer = browser(morning, "teacher1").get("/duties/")
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "班级晨检" in text
        assert "三年级1班" in text
        assert "三年级2班" not in text
        assert "已逾期" in text

    def test_english_is_complete(self, morning):
        client = browser(morning, "teacher1")
        client.cookies["lianfang_lang"] = "en"
        text = client.get("/duties/").content.decode()
        assert "My duties" in text
        assert "Class morning check" in text

    def test_a_guest_is_sent_to_sign_in(self, morning):
        assert Client().get("/duties/").status_code == 302

    def test_a_principal_sees_what_is_late_below(self, morning):
        text = browser(morning, "principal").get("/duties/").content.decode()
        assert "三年级1班" in text
        assert "五年级1班" not in text


class TestChase:
    @pytest.mark.parametrize(
        "name, status", [("teacher1", 403), ("grade_head", 200), ("principal", 200), ("officer", 200), ("cdc", 200)]
    )
    def test_who_may_open_it(self, morning, name, status):
        assert browser(morning, name).get("/duties/chase/").status_code == status

    @pytest.mark.parametrize(
        "name, sees, names",
        [
            ("grade_head", {"三年级1班", "三年级2班"}, True),
            ("principal", {"三年级1班", "三年级2班", "第一小学"}, True),
            ("officer", {"三年级1班", "三年级2班", "第一小学", "第二小学", "五年级1班"}, False),
            ("other_principal", {"第二小学", "五年级1班"}, True),
        ],
    )
    def test_what_each_sees(self, morning, name, sees, names):
        rows = browser(morning, name).get("/duties/chase/").context["rows"]
        assert {r.duty.unit_name for r in rows if r.duty.unit_name != "三年级"} == sees
        assert any(r.holder for r in rows) == names

    def test_filters_narrow_and_bad_ones_are_ignored(self, morning):
        client = browser(morning, "officer")
        assert len(client.get("/duties/chase/?state=overdue").context["rows"]) == 3
        assert len(client.get(f"/duties/chase/?kind={CHECK}").context["rows"]) == 3
        unit = morning.unit("第二小学").pk
        assert len(client.get(f"/duties/chase/?unit={unit}&kind={CHECK}").context["rows"]) == 1
        assert client.get("/duties/chase/?state=nonsense&day=32.13.&page=x").status_code == 200
        assert client.get("/duties/chase/?day=2026-03-07").context["rows"] == []

    def test_a_foreign_unit_answers_like_a_missing_one(self, morning):
        client = browser(morning, "other_principal")
        foreign, missing = morning.unit("第一小学").pk, 10**9
        assert client.get(f"/duties/chase/?unit={foreign}").status_code == 404
        assert client.get(f"/duties/chase/?unit={missing}").status_code == 404

    def test_the_number_of_queries_does_not_grow_with_rows(self, morning, django_assert_max_num_queries):
        client = browser(morning, "principal")
        client.get("/duties/chase/")
        for number in range(3, 33):
            morning.add_unit(f"三年级{number}班", "三年级", "class", "class", order=number)
            morning.add_account(f"t{number}", ("homeroom_teacher", f"三年级{number}班"))
        jobs.raise_duties(system(local("8:41")), local("8:41"))
        with django_assert_max_num_queries(26):
            rows = client.get("/duties/chase/").context["rows"]
        assert len(rows) == 2 + 30 + 2

    def test_remind_by_htmx_and_not_twice_in_ten_minutes(self, morning, clock):
        client = browser(morning, "reporter")
        duty = duty_of(morning, "三年级1班")
        before = Notice.objects.filter(text_key="duties.by_hand").count()
        given = {"duty": duty.pk, "filters": "state=overdue"}
        answer = client.post("/duties/chase/remind", given, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "<html" not in answer.content.decode()
        assert said(answer) == {"words": "已提醒 1 项待办的负责人。", "tone": "ok"}
        again = client.post("/duties/chase/remind", given, headers={"HX-Request": "true"})
        assert "十分钟内提醒过" in said(again)["words"]
        clock.advance(minutes=11)
        client.post("/duties/chase/remind", given)
        assert Notice.objects.filter(text_key="duties.by_hand").count() == before + 2

    def test_nobody_reminds_outside_their_reach(self, morning):
        duty = duty_of(morning, "三年级1班")
        assert browser(morning, "other_principal").post("/duties/chase/remind", {"duty": duty.pk}).status_code == 404
        assert browser(morning, "teacher1").post("/duties/chase/remind", {"duty": duty.pk}).status_code == 403
        assert not DutyStep.objects.filter(kind="by_hand").exists()


class TestDetail:
    def test_history_says_what_was_sent_and_what_comes(self, morning):
        text = browser(morning, "teacher1").get(f"/duties/{duty_of(morning, '三年级1班').pk}/").content.decode()
        for words in ("提醒负责人", "告知上级", "年级组长", "尚未到时间", "duty_templates.class-morning-check"):
            assert words in text

    @pytest.mark.parametrize("name, status", [("teacher1", 200), ("deputy", 200), ("officer", 200), ("stranger", 404)])
    def test_who_may_open_it(self, morning, name, status):
        duty = duty_of(morning, "三年级1班")
        assert browser(morning, name).get(f"/duties/{duty.pk}/").status_code == status

    def test_what_each_sees_and_may_do_about_it(self, morning):
        """Holders by name inside the institution only; chasing and excusing by role, at units within one's reach."""
        url = f"/api/duties/{duty_of(morning, '三年级1班').pk}"
        found = {}
        for name in ("teacher1", "deputy", "grade_head", "reporter", "nurse", "principal", "officer", "cdc"):
            answer = browser(morning, name).get(url).json()
            found[name] = (answer["mine"], answer["holders"], answer["may_remind"], answer["may_excuse"])
        assert found == {
            "teacher1": (True, "teacher1", False, False),
            "deputy": (False, "", False, False),
            "grade_head": (False, "teacher1", True, False),
            "reporter": (False, "teacher1", True, True),
            "nurse": (False, "teacher1", False, False),
            "principal": (False, "teacher1", True, True),
            "officer": (False, "", True, True),
            "cdc": (False, "", False, False),
        }

    def test_another_post_at_the_same_unit_opens_nothing(self, morning):
        morning.add_account("guard", ("gate_guard", "第一小学"))
        duty = Duty.objects.filter(unit=morning.unit("第一小学")).first()
        assert browser(morning, "reporter").get(f"/api/duties/{duty.pk}").status_code == 200
        for name in ("guard", "teacher1", "other_principal"):
            assert browser(morning, name).get(f"/api/duties/{duty.pk}").status_code == 404

    def test_excuse_with_a_reason_and_take_it_back(self, morning):
        client, duty = browser(morning, "principal"), duty_of(morning, "三年级1班")
        assert client.post(f"/duties/{duty.pk}/excuse", {"reason": " "}).status_code == 422
        assert client.post(f"/duties/{duty.pk}/excuse", {"reason": "全班外出春游"}).status_code == 302
        duty.refresh_from_db()
        assert (duty.excuse, duty.next_step_at) == ("全班外出春游", None)
        assert "全班外出春游" in client.get(f"/duties/{duty.pk}/").content.decode()
        assert client.post(f"/duties/{duty.pk}/owe-again").status_code == 302
        duty.refresh_from_db()
        assert duty.excused_at is None
        assert duty.next_step_at == local("8:50")


class TestDelegationPages:
    def test_one_hands_over_ones_own_post(self, morning):
        client = browser(morning, "teacher1")
        page = client.get("/duties/delegations/new")
        post = f"{morning.unit('三年级1班').pk}.homeroom_teacher.{morning.accounts['teacher1'].pk}"
        assert post in page.content.decode()
        given = {
            "post": post,
            "deputy": morning.accounts["deputy"].pk,
            "first": "2026-03-02",
            "last": "2026-03-03",
            "reason": "培训",
        }
        assert client.post("/duties/delegations/new", given).status_code == 302
        assert "deputy" in client.get("/duties/delegations/").content.decode()
        assert "代班" in browser(morning, "deputy").get("/duties/").content.decode()
        again = client.post("/duties/delegations/new", given)
        assert again.status_code == 422
        assert "已经安排了代班" in again.content.decode()
        row = Delegation.objects.get()
        assert client.post(f"/duties/delegations/{row.pk}/end").status_code == 302
        assert browser(morning, "deputy").get("/duties/").context["owed"] == []

    def test_errors_stand_at_their_fields(self, morning):
        client = browser(morning, "teacher1")
        post = f"{morning.unit('三年级1班').pk}.homeroom_teacher.{morning.accounts['teacher1'].pk}"
        given = {
            "post": post,
            "deputy": morning.accounts["teacher1"].pk,
            "first": "2026-03-05",
            "last": "2026-03-01",
        }
        form = client.post("/duties/delegations/new", given).context["form"]
        assert set(form.errors) == {"deputy", "last"}


class TestApi:
    def test_mine_and_detail(self, morning):
        client = browser(morning, "teacher1")
        (item,) = client.get("/api/duties/mine").json()["items"]
        assert (item["kind"], item["state"], item["unit_name"]) == (CHECK, "overdue", "三年级1班")
        detail = client.get(f"/api/duties/{item['id']}").json()
        assert detail["reasons"][0]["rule_id"] == f"duty_templates.{CHECK}"
        assert [s["outcome"] for s in detail["steps"]] == ["sent", "sent", "sent", "sent", "planned"]
        assert client.get("/api/duties/999999999").status_code == 404
        assert client.get("/api/duties/99999999999999999999").status_code == 422

    def test_chase_remind_excuse_rates(self, morning):
        client = browser(morning, "principal")
        page = client.get(f"/api/duties/chase?day=2026-03-02&kind={CHECK}&limit=1").json()
        assert (page["count"], len(page["items"]), page["counts"]["overdue"]) == (2, 1, 2)
        duty_id = page["items"][0]["duty"]["id"]
        sent = post(client, "/api/duties/remind", {"duty_ids": [duty_id, 10**9]})
        assert sent.json() == {"reminded": 1, "too_soon": 0, "nobody": 0, "not_owed": 0}
        assert post(client, f"/api/duties/{duty_id}/excuse", {"reason": ""}).status_code == 422
        assert post(client, f"/api/duties/{duty_id}/excuse", {"reason": "停课"}).json()["duty"]["state"] == "excused"
        span = "first=2026-03-01&last=2026-03-31"
        rates = client.get(f"/api/duties/rates?kind={CHECK}&{span}").json()["items"]
        assert [r["on_time"] for r in rates] == [None, 0.0]
        assert post(client, f"/api/duties/{duty_id}/owe-again", {}).status_code == 200
        assert post(client, f"/api/duties/{duty_id}/owe-again", {}).status_code == 409

    def test_a_delegation(self, morning):
        client = browser(morning, "grade_head")
        body = {
            "unit_id": morning.unit("三年级2班").pk,
            "role": "homeroom_teacher",
            "from_account_id": morning.accounts["teacher2"].pk,
            "to_account_id": morning.accounts["deputy"].pk,
            "begins": "2026-03-02",
            "ends": "2026-03-04",
        }
        made = post(client, "/api/duties/delegations", body)
        assert made.status_code == 201
        assert client.get("/api/duties/delegations").json()["items"] == [made.json()]
        assert post(client, f"/api/duties/delegations/{made.json()['id']}/end", {}).status_code == 200

    def test_without_sign_in(self, morning):
        assert Client().get("/api/duties/mine").status_code == 401
        assert browser(morning, "teacher1").get("/api/duties/chase?day=2026-03-02").status_code == 403


def said(answer):
    return json.loads(answer.headers["HX-Trigger"])["duties:said"]


def post(client, path, body):
    return client.post(path, json.dumps(body), content_type="application/json")


def test_done_is_shown_as_done(morning):
    now = local("8:44")
    key = actions.DutyKey(CHECK, morning.unit("三年级1班").pk, "2026-03-02")
    actions.fulfil(morning.actor("teacher1", now), now, [key])
    page = browser(morning, "teacher1").get("/duties/")
    assert page.context["owed"] == []
    assert [d.state for d in page.context["settled"]] == ["done_late"]
