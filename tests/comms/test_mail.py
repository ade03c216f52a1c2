"""E-mail through a real SMTP server: what it says, what it never says, and what happens when the server does not play."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from lianfang.comms import jobs, rules
from lianfang.comms.actions import send_notice
from lianfang.comms.models import Delivery
from lianfang.foundation.models import Account, Realm
from lianfang.foundation.realm import in_realm
from tests.comms.conftest import NOW
from tests.comms.mailserver import mail_server

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mailbox(settings, people):
    with mail_server(settings) as box:
        yield box


def send(people, *names, unit="林小雨发热", at=NOW):
    """A notice whose own text names what no e-mail may carry."""
    params = {"what": "晨检", "unit": unit, "due": "8:30", "n": 1}
    accounts = [people[n] for n in names]
    return send_notice(people.system(), at, text_key="test.due", params=params, accounts=accounts, link="/duties/7/")


def deliver(people, at=NOW):
    return jobs.deliver(people.system(at), at)


def mail(name):
    return Delivery.objects.get(channel="email", account__username=name)


@pytest.mark.parametrize(
    "tries, age, pause",
    [(1, 0, 1), (2, 1, 5), (3, 6, 15), (4, 21, 60), (5, 81, 180), (9, 300, 180), (9, 24 * 60 - 179, None)],
)
def test_pauses_grow_and_end_after_a_day(tries, age, pause):
    again = rules.next_try(tries, NOW, NOW + age * MINUTE)
    assert again == (None if pause is None else NOW + (age + pause) * MINUTE)


@pytest.mark.parametrize("code, problem", [(550, "refused"), (599, "refused"), (451, "temporary"), (None, "temporary")])
def test_what_a_reply_means(code, problem):
    assert rules.smtp_problem(code) == problem


@pytest.mark.django_db
class TestMail:
    def test_it_says_that_there_is_a_notice_and_where_and_nothing_else(self, people, mailbox, settings):
        settings.CSRF_TRUSTED_ORIGINS = ["https://lianfang.school.test"]
        notice = send(people, "mother", "john", "mute")
        assert deliver(people) == jobs.Delivered(sent=2)
        letters = dict(mailbox.messages)
        assert set(letters) == {"mother@home.test", "john@school.test"}
        english = letters["john@school.test"]
        assert "Subject: You have a new notice" in english
        assert f"https://lianfang.school.test/notices/{notice.pk}/" in english
        assert f"<{notice.uid}.{people['john'].pk}@school.test>" in english
        chinese = message_from_bytes(letters["mother@home.test"].encode(), policy=policy.default)
        body = chinese.get_content()
        assert chinese["Subject"] == "您有一条新通知"
        assert "您有一条新通知" in body
        for letter in (english, body, str(chinese["Subject"])):
            for secret in ("林小雨", "发热", "晨检", "8:30", "duties"):
                assert secret not in letter
        assert (mail("mother").state, mail("mother").sent_at) == ("sent", NOW)
        assert deliver(people, NOW + MINUTE) == jobs.Delivered()

    def test_many_go_in_one_session(self, people, mailbox):
        for _n in range(jobs.BATCH + 3):
            send(people, "mother")
        assert deliver(people).sent == jobs.BATCH + 3
        assert mailbox.sessions == 1

    def test_without_a_mail_server_nothing_is_queued(self, people, settings):
        settings.EMAIL_HOST = ""
        send(people, "mother")
        assert not Delivery.objects.filter(channel="email").exists()
        assert deliver(people) == jobs.Delivered()

    def test_an_exercise_never_leaves_the_house(self, people, mailbox):
        Realm.objects.create(key="drill", name="drill", created_at=NOW)
        with in_realm("drill"):
            send(people, "mother")
        assert not Delivery.all_realms.filter(channel="email").exists()

    def test_a_server_that_is_away_is_tried_again_with_growing_pauses(self, people, mailbox, settings):
        there = settings.EMAIL_PORT
        send(people, "mother", "teacher")
        settings.EMAIL_PORT = 1
        assert deliver(people) == jobs.Delivered(waiting=2)
        row = mail("mother")
        assert (row.state, row.tries, row.problem, row.next_try_at) == ("queued", 1, "unreachable", NOW + MINUTE)
        assert deliver(people, NOW + MINUTE / 2) == jobs.Delivered()
        assert deliver(people, NOW + MINUTE) == jobs.Delivered(waiting=2)
        assert mail("mother").next_try_at == NOW + 6 * MINUTE
        settings.EMAIL_PORT = there
        assert deliver(people, NOW + 6 * MINUTE) == jobs.Delivered(sent=2)
        assert len(mailbox.messages) == 2

    def test_after_a_day_it_is_given_up_and_says_so(self, people, mailbox, settings):
        send(people, "mother")
        settings.EMAIL_PORT = 1
        late = NOW + rules.GIVE_UP_AFTER
        assert deliver(people, late) == jobs.Delivered(failed=1)
        assert (mail("mother").state, mail("mother").problem) == ("failed", "unreachable")

    @pytest.mark.parametrize(
        "reply, state, problem", [("550 no such user", "failed", "refused"), ("451 later", "queued", "temporary")]
    )
    def test_one_refused_address_does_not_hold_up_the_others(self, people, mailbox, reply, state, problem):
        mailbox.refuse["mother@home.test"] = reply
        send(people, "mother", "teacher")
        deliver(people)
        assert (mail("mother").state, mail("mother").problem) == (state, problem)
        assert mail("teacher").state == "sent"

    def test_a_server_that_hangs_up_in_the_middle(self, people, mailbox):
        mailbox.hang_up_after = 1
        send(people, "mother", "teacher", "john")
        assert deliver(people) == jobs.Delivered(sent=1, waiting=2)
        mailbox.hang_up_after = None
        assert deliver(people, NOW + MINUTE) == jobs.Delivered(sent=2)
        assert len(mailbox.messages) == 3

    def test_a_server_that_turns_us_away(self, people, mailbox):
        mailbox.greeting = "421 too busy"
        send(people, "mother")
        assert deliver(people) == jobs.Delivered(waiting=1)
        assert mail("mother").problem == "temporary"

    @pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
    def test_an_account_that_cannot_be_written_to_any_more(self, people, mailbox, change):
        send(people, "mother")
        Account.objects.filter(username="mother").update(**change)
        assert deliver(people) == jobs.Delivered(failed=1)
        assert mail("mother").problem == "no_address"

    def test_an_address_with_a_line_break_is_refused(self, people, mailbox):
        send(people, "mother")
        Account.objects.filter(username="mother").update(email="a@b.test\nBcc: c@d.test")
        assert deliver(people) == jobs.Delivered(failed=1)
        assert mailbox.messages == []

    def test_killed_between_sending_and_recording_it_is_repeated_under_the_same_id(self, people, mailbox, monkeypatch):
        send(people, "mother")
        whole = jobs._queued

        def power_cut(delivery):
            raise SystemExit("killed")

        monkeypatch.setattr(jobs, "_queued", power_cut)
        with pytest.raises(SystemExit):
            deliver(people)
        monkeypatch.setattr(jobs, "_queued", whole)
        assert deliver(people, NOW + MINUTE) == jobs.Delivered()
        assert deliver(people, NOW + rules.LEASE) == jobs.Delivered(sent=1)
        ids = {line for _to, text in mailbox.messages for line in text.splitlines() if line.startswith("Message-ID")}
        assert (len(mailbox.messages), len(ids)) == (2, 1)

    def test_the_state_is_seen_in_the_inbox(self, people, mailbox):
        from django.test import Client

        mailbox.refuse["mother@home.test"] = "550 no"
        send(people, "mother")
        deliver(people)
        client = Client()
        client.force_login(people["mother"], backend="django.contrib.auth.backends.ModelBackend")
        assert "发送失败" in client.get("/notices/").content.decode()
