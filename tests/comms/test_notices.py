"""Sending, once per key; reading; texts in the reader's language; nobody reads another's."""

import json

import pytest
from django.test import Client
from django.utils import translation

from lianfang.comms import queries, texts
from lianfang.comms.actions import NewNotice, mark_read, send_notice, send_notices
from lianfang.comms.models import Delivery, Notice
from lianfang.foundation.actor import Actor
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import JournalEntry, Realm
from lianfang.foundation.realm import in_realm
from lianfang.kernel.labels import Label
from tests.comms.conftest import NOW

DUE = {
    "what": Label("班级晨检", "Class morning check"),
    "unit": "三年级1班",
    "due": texts.instant_parameter(NOW, "Asia/Shanghai"),
    "n": 2,
}


def send(people, *names, **more):
    given = {"text_key": "test.plain", "params": {}, "accounts": [people[n] for n in names], **more}
    return send_notice(people.system(), NOW, **given)


class TestTexts:
    @pytest.mark.parametrize(
        "params",
        [
            {},
            {**DUE, "pupil": "林小雨"},
            {**DUE, "what": None},
            {**DUE, "what": ["a"]},
            {**DUE, "what": {"name": "x"}},
            {**DUE, "n": True},
            {**DUE, "unit": "x" * 201},
        ],
    )
    def test_only_what_the_text_has_a_place_for_travels(self, params):
        with pytest.raises(ValueError):
            texts.checked_parameters("test.due", params)

    @pytest.mark.parametrize("language, subject", [("zh-hans", "班级晨检"), ("en", "Class morning check")])
    def test_labels_and_instants_are_said_for_the_reader(self, language, subject):
        with translation.override(language):
            words = texts.rendered("test.due", texts.checked_parameters("test.due", DUE), language)
        assert (words.subject, words.body) == (subject, "三年级1班 09:00 2")

    def test_a_text_that_is_gone_says_so(self):
        assert texts.rendered("test.gone", {}, "zh-hans").body == "这条通知的内容已不再使用。"
        assert texts.rendered("test.due", {}, "zh-hans").body == "这条通知的内容已不再使用。"

    def test_a_key_is_declared_once(self):
        with pytest.raises(ValueError):
            texts.declare_text("test.plain", subject="other", body="other")

    def test_markup_in_a_parameter_stays_text(self, people):
        params = texts.checked_parameters("test.due", {**DUE, "unit": "<script>alert(1)</script>"})
        send(people, "mother", text_key="test.due", params=params)
        client = Client()
        client.force_login(people["mother"], backend="django.contrib.auth.backends.ModelBackend")
        text = client.get("/notices/").content.decode()
        assert "<script>alert(1)" not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.django_db
class TestSend:
    def test_one_per_key_for_ever(self, people):
        assert send(people, "mother", dedupe="a").pk
        assert send(people, "mother", dedupe="a") is None
        assert send(people, "mother", dedupe="b").pk
        assert send(people, "mother").pk
        assert send(people, "mother").pk
        assert Notice.objects.count() == 4
        assert queries.unread_count(people.actor("mother")) == 4
        assert JournalEntry.objects.filter(action="comms.notice.sent").count() == 4

    def test_a_batch_with_a_key_twice_sends_it_once(self, people):
        item = NewNotice("test.plain", {}, [people["mother"].pk], dedupe="same")
        first, second = send_notices(people.system(), NOW, [item, item])
        assert (first is None) != (second is None)
        assert Delivery.objects.count() == 1

    def test_each_account_once_and_only_active_ones(self, people):
        people["mute"].__class__.objects.filter(username="mute").update(is_active=False)
        send(people, "mother", "mother", "mute")
        assert [d.account.username for d in Delivery.objects.all()] == ["mother"]

    def test_statements_do_not_grow_with_notices(self, people, django_assert_max_num_queries):
        everyone = [people[n].pk for n in ("mother", "teacher", "john")]
        items = [NewNotice("test.plain", {}, everyone, dedupe=f"k{n}") for n in range(60)]
        with django_assert_max_num_queries(9):
            send_notices(people.system(), NOW, items)
        assert Delivery.objects.count() == 180

    @pytest.mark.parametrize("link", ["https://example.org", "//example.org", "javascript:alert(1)"])
    def test_a_link_stays_in_the_house(self, people, link):
        with pytest.raises(ValueError):
            send(people, "mother", link=link)

    def test_an_exercise_keeps_to_itself(self, people):
        Realm.objects.create(key="drill", name="drill", created_at=NOW)
        with in_realm("drill"):
            send(people, "mother", dedupe="a")
            assert Notice.objects.count() == 1
        assert send(people, "mother", dedupe="a").pk
        assert queries.unread_count(people.actor("mother")) == 1


@pytest.mark.django_db
class TestRead:
    def test_ones_own_only(self, people):
        notice = send(people, "mother", "teacher")
        assert mark_read(people.actor("john"), NOW, notice_ids=[notice.pk]) == 0
        assert mark_read(people.actor("mother"), NOW, notice_ids=[notice.pk, 10**9]) == 1
        assert mark_read(people.actor("mother"), NOW) == 0
        assert (queries.unread_count(people.actor("mother")), queries.unread_count(people.actor("teacher"))) == (0, 1)
        row = Delivery.objects.get(account=people["mother"])
        assert (row.state, row.read_at) == ("read", NOW)
        with pytest.raises(NotFound):
            queries.notice_for(people.actor("john"), notice.pk)

    def test_who_is_not_signed_in_reads_nothing(self, people):
        with pytest.raises(Forbidden):
            mark_read(Actor(None, "", "test", NOW), NOW)

    def test_what_became_of_a_mail_is_said_of_ones_own(self, people):
        notice = send(people, "teacher", "mother")
        Delivery.objects.filter(channel=Delivery.Channel.EMAIL).delete()
        for name, state in (("teacher", "sent"), ("mother", "failed")):
            Delivery.objects.create(notice=notice, account=people[name], channel=Delivery.Channel.EMAIL, state=state)
        for name, state in (("teacher", "sent"), ("mother", "failed")):
            (item,) = queries.items(queries.inbox(people.actor(name)), "zh-hans")
            assert item.email == state

    def test_the_system_has_no_inbox_of_its_own(self, people):
        assert queries.unread_count(people.system()) == 0
        assert mark_read(people.system(), NOW) == 0

    def test_without_an_account_nothing_is_read(self, people):
        from lianfang.foundation.actor import Actor

        with pytest.raises(Forbidden):
            mark_read(Actor(None, "nobody", "none", NOW), NOW)


@pytest.fixture
def mother(people):
    client = Client()
    client.force_login(people["mother"], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
class TestPages:
    def test_inbox_empty_full_read(self, people, mother):
        assert "还没有通知" in mother.get("/notices/").content.decode()
        first, second = send(people, "mother", link="/duties/"), send(people, "mother", importance="high")
        send(people, "teacher")
        page = mother.get("/notices/")
        assert [i.id for i in page.context["items"]] == [second.pk, first.pk]
        assert "重要" in page.content.decode()
        opened = mother.get(f"/notices/{first.pk}/")
        assert (opened.status_code, opened["Location"]) == (302, "/duties/")
        assert mother.get(f"/notices/{second.pk}/")["Location"] == f"/notices/#notice-{second.pk}"
        assert queries.unread_count(people.actor("mother")) == 0
        assert "没有未读的通知" in mother.get("/notices/?show=unread").content.decode()

    def test_htmx_gets_the_list_alone(self, people, mother):
        notice = send(people, "mother")
        answer = mother.post(f"/notices/{notice.pk}/read", headers={"HX-Request": "true"})
        assert "<html" not in answer.content.decode()
        send(people, "mother")
        assert mother.post("/notices/read").status_code == 302
        assert queries.unread_count(people.actor("mother")) == 0

    def test_anothers_notice_answers_like_a_missing_one(self, people, mother):
        foreign = send(people, "teacher")
        for path in (f"/notices/{foreign.pk}/", "/notices/999999999/"):
            assert mother.get(path).status_code == 404
        assert mother.post(f"/notices/{foreign.pk}/read").status_code == 404

    def test_queries_do_not_grow_with_notices(self, people, mother, django_assert_max_num_queries):
        mother.get("/notices/")
        for number in range(30):
            send(people, "mother", dedupe=f"n{number}")
        with django_assert_max_num_queries(14):
            assert len(mother.get("/notices/").context["items"]) == 20

    def test_english(self, people, mother):
        mother.cookies["lianfang_lang"] = "en"
        assert "Notices" in mother.get("/notices/").content.decode()


@pytest.mark.django_db
class TestApi:
    def test_inbox_and_receipts(self, people, mother):
        first, second = send(people, "mother"), send(people, "mother")
        page = mother.get("/api/comms/notices?limit=1").json()
        assert (page["count"], page["unread"], [i["id"] for i in page["items"]]) == (2, 2, [second.pk])
        body = json.dumps({"notice_ids": [first.pk]})
        read = mother.post("/api/comms/notices/read", body, content_type="application/json")
        assert read.json() == {"marked": 1, "unread": 1}
        assert mother.get("/api/comms/notices/unread").json() == {"unread": 1}
        assert mother.get("/api/comms/notices?limit=1000").status_code == 422
        assert Client().get("/api/comms/notices").status_code == 401
