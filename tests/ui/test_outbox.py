"""The outbox in a real browser against a real receiver: nothing lost, nothing doubled, nothing in another's name."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browsing import wait_until
from tests.ui.conftest import Phone

pytestmark = pytest.mark.e2e

OK = "#report [data-outbox-result] .role-ok"
BAR = "[data-offline-bar]"


def write(page, note, temperature="36.6"):
    page.get_by_label("Note").fill(note)
    page.get_by_role("textbox", name="Temperature").fill(temperature)


def send(page):
    page.get_by_role("button", name="Send", exact=True).click()


def waiting(page):
    return page.evaluate("Lianfang.outbox.list().then(l => l.map(e => [e.state, e.body.note]))")


def notes(site):
    return sorted(body["note"] for body in site.state()["accepted"].values())


def test_a_report_is_kept_sent_and_acknowledged(phone, site):
    page = phone.enter("zhou")
    write(page, "all well")
    page.get_by_role("checkbox", name="fever").check()
    page.get_by_role("radio", name="armpit").check()
    page.get_by_role("checkbox", name="Mask").check()
    send(page)
    expect(page.locator(OK)).to_contain_text("已送达")
    expect(page.locator(BAR)).to_be_hidden()
    (client_id, body), *others = site.state()["accepted"].items()
    assert others == []
    assert uuid.UUID(client_id).version == 4
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", body.pop("true_at"))
    assert body == {
        "client_id": client_id,
        "note": "all well",
        "reading": {"celsius": 36.6, "site": "armpit"},
        "symptoms": ["fever"],
        "mask": True,
        "pin": "",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", site.state()["tries"][0]["X-Client-Now"])
    assert waiting(page) == []


def test_without_network_it_waits_and_goes_out_once(phone, site):
    page = phone.enter("zhou")
    phone.context.set_offline(True)
    for note in ("first", "second"):
        write(page, note)
        send(page)
        expect(page.locator("#report [data-outbox-result]")).to_contain_text("已存在本机")
    expect(page.locator(BAR)).to_contain_text("2 份已存在本机")
    assert site.state()["tries"] == []
    phone.context.set_offline(False)
    expect(page.locator(BAR)).to_be_hidden(timeout=25_000)  # the first try may come before the network is really back
    assert notes(site) == ["first", "second"]
    assert len(site.state()["tries"]) == 2
    tokens = {entry["X-CSRFToken"] for entry in site.state()["tries"]}
    assert all(tokens)


def test_it_waits_across_a_closed_page(phone, site):
    page = phone.enter("zhou")
    phone.context.set_offline(True)
    write(page, "closed")
    send(page)
    expect(page.locator(BAR)).to_contain_text("1 份已存在本机")
    page.close()
    phone.context.set_offline(False)
    again = phone.page("/form")
    expect(again.locator(BAR)).to_be_hidden()
    wait_until(again, "() => Lianfang.outbox.list().then(l => l.length === 0)")
    assert notes(site) == ["closed"]


def test_a_double_tap_is_one_report(phone, site):
    page = phone.enter("zhou")
    write(page, "twice")
    page.evaluate("() => { const f = document.getElementById('report'); f.requestSubmit(); f.requestSubmit(); }")
    expect(page.locator(OK)).to_be_visible()
    assert notes(site) == ["twice"]
    assert len(site.state()["tries"]) == 1


def test_the_same_content_while_waiting_is_one_report(phone, site):
    page = phone.enter("zhou")
    phone.context.set_offline(True)
    write(page, "same")
    for _ in range(3):
        send(page)
        expect(page.locator("#report [data-outbox-result]")).to_contain_text("已存在本机")
    assert waiting(page) == [["waiting", "same"]]
    phone.context.set_offline(False)
    expect(page.locator(BAR)).to_be_hidden()
    assert notes(site) == ["same"]


@pytest.mark.parametrize("status", [299, 500, 502, 503, 429, 200])
def test_a_lost_or_failed_answer_is_tried_again_under_the_same_id(phone, site, status):
    site.answers((status, {}))
    page = phone.enter("zhou")
    write(page, "again")
    send(page)
    retry = page.locator("[data-bar-retry]")
    expect(retry).to_be_visible()
    expect(page.locator(BAR)).to_contain_text("1 份等待发送")
    retry.click()
    expect(page.locator(BAR)).to_be_hidden()
    assert notes(site) == ["again"]
    assert len({entry["id"] for entry in site.state()["tries"]}) == 1
    assert len(site.state()["tries"]) == 2


def test_an_expired_login_keeps_it_and_the_next_login_sends_it(phone, site):
    page = phone.enter("zhou")
    phone.page("/logout").close()
    write(page, "kept")
    send(page)
    expect(page.locator(BAR)).to_contain_text("登录已过期，内容已保存")
    assert notes(site) == []
    page.locator("[data-bar-login]").click()
    page.wait_for_url(re.compile(r"/login\?next=%2Fform"))
    page.get_by_label("Name").fill("zhou")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Roll")).to_be_visible()
    wait_until(page, "() => window.Lianfang?.account && Lianfang.outbox?.list().then(l => l.length === 0)")
    assert notes(site) == ["kept"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_the_login_is_not_a_refusal_of_the_content(phone, site, status):
    page = phone.enter("zhou")
    page.route("**/api/csrf", lambda route: route.fulfill(status=status, json={}))
    write(page, "later")
    send(page)
    expect(page.locator(BAR)).to_contain_text("登录已过期")
    page.unroute("**/api/csrf")
    page.evaluate("Lianfang.outbox.flush({force: true})")
    expect(page.locator(BAR)).to_be_hidden()
    assert notes(site) == ["later"]


def test_no_permission_while_signed_in_needs_attention(phone, site):
    site.answers((403, {"detail": "not your class"}))
    page = phone.enter("zhou")
    write(page, "foreign")
    send(page)
    expect(page.locator("#report [data-outbox-result]")).to_contain_text("not your class")
    expect(page.locator(BAR)).to_contain_text("1 份需要修改后再发")
    assert waiting(page) == [["attention", "foreign"]]


@pytest.mark.parametrize(
    "answer, left", [({"code": "already_accepted"}, 0), ({"same_body": True}, 0), ({"code": "conflict"}, 1)]
)
def test_a_conflict_is_kept_unless_the_same_was_accepted(phone, site, answer, left):
    site.answers((409, answer))
    page = phone.enter("zhou")
    write(page, "conflict")
    send(page)
    if left:
        expect(page.locator("#report [data-outbox-result]")).to_contain_text("两份都已保留")
    else:
        expect(page.locator(OK)).to_be_visible()
    assert waiting(page) == [["attention", "conflict"]] * left


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"field": "reading.celsius", "message": "must lie below 43"}]},
        {"detail": [{"loc": ["body", "payload", "reading", "celsius"], "msg": "must lie below 43"}]},
    ],
)
def test_what_is_not_accepted_is_shown_at_the_field_and_corrected(phone, site, answer):
    site.answers((422, answer))
    page = phone.enter("zhou")
    write(page, "hot", "41")
    send(page)
    expect(page.locator("[data-field=temperature] .lf-error")).to_have_text("must lie below 43")
    expect(page.get_by_role("textbox", name="Temperature")).to_have_attribute("aria-invalid", "true")
    assert waiting(page) == [["attention", "hot"]]
    page.reload()  # nothing typed is lost, the error stands again at its field
    expect(page.locator("[data-field=temperature] .lf-error")).to_have_text("must lie below 43")
    expect(page.get_by_label("Note")).to_have_value("hot")
    page.get_by_role("textbox", name="Temperature").fill("37.1")
    send(page)
    expect(page.locator(OK)).to_be_visible()
    expect(page.locator(BAR)).to_be_hidden()
    assert [body["reading"]["celsius"] for body in site.state()["accepted"].values()] == [37.1]
    assert len({entry["id"] for entry in site.state()["tries"]}) == 2


def test_what_needs_attention_is_corrected_from_any_page(phone, site):
    site.answers((422, {"errors": [{"field": "reading.celsius", "message": "must lie below 43"}]}))
    page = phone.enter("zhou")
    write(page, "hot", "41")
    send(page)
    expect(page.locator(BAR)).to_contain_text("1 份需要修改后再发")
    page.goto("/plain")
    page.locator("[data-bar-attention]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Report")
    dialog.get_by_role("textbox", name="Temperature").fill("36.9")
    dialog.get_by_role("button", name="改正后再发").click()
    expect(page.locator(BAR)).to_be_hidden()
    expect(dialog).to_be_hidden()
    assert [body["reading"]["celsius"] for body in site.state()["accepted"].values()] == [36.9]


def test_what_needs_attention_can_be_deleted_after_a_question(phone, site):
    site.answers((422, {"errors": []}))
    page = phone.enter("zhou")
    write(page, "wrong class")
    send(page)
    page.locator("[data-bar-attention]").click()
    page.once("dialog", lambda question: question.dismiss())
    page.get_by_role("button", name="删除这一份").click()
    assert waiting(page) == [["attention", "wrong class"]]
    page.once("dialog", lambda question: question.accept())
    page.get_by_role("button", name="删除这一份").click()
    expect(page.locator(BAR)).to_be_hidden()
    assert waiting(page) == []


def test_another_person_neither_sees_nor_sends_it(phone, site):
    page = phone.enter("zhou")
    phone.context.set_offline(True)
    write(page, "of zhou")
    send(page)
    expect(page.locator(BAR)).to_contain_text("1 份已存在本机")
    page.close()
    phone.context.set_offline(False)
    other = phone.enter("wang")
    write(other, "of wang")
    send(other)
    expect(other.locator(OK)).to_be_visible()
    assert waiting(other) == []
    assert notes(site) == ["of wang"]
    back = phone.enter("zhou")
    wait_until(back, "() => Lianfang.outbox.list().then(l => l.length === 0)")
    assert notes(site) == ["of wang", "of zhou"]
    assert {entry["body"]["note"]: entry["who"] for entry in site.state()["tries"]} == {
        "of wang": "wang",
        "of zhou": "zhou",
    }


@pytest.mark.parametrize("says_who", [True, False])
def test_an_open_page_does_not_send_in_the_name_of_who_signed_in_since(phone, site, says_who):
    page = phone.enter("zhou")
    phone.enter("wang", "/plain").close()
    if not says_who:  # a server that gives only the token: the middleware refuses

        def token_only(route):
            answer = route.fetch().json()
            route.fulfill(json={"csrf_token": answer["csrf_token"]})

        page.route("**/api/csrf", token_only)
    write(page, "of zhou")
    send(page)
    expect(page.locator(BAR)).to_contain_text("登录已过期，内容已保存")
    assert site.state()["accepted"] == {}
    assert waiting(page) == [["login", "of zhou"]]


def test_two_open_pages_never_send_at_once(phone, site):
    pages = [phone.enter("zhou"), phone.page("/form")]
    phone.context.set_offline(True)
    for number in range(6):
        write(pages[number % 2], f"note {number}")
        send(pages[number % 2])
        expect(pages[number % 2].locator(BAR)).to_contain_text(f"{number + 1} 份")
    phone.context.set_offline(False)
    for page in pages:
        expect(page.locator(BAR)).to_be_hidden()
    assert notes(site) == [f"note {number}" for number in range(6)]
    assert len(site.state()["tries"]) == 6
    assert site.state()["most_at_once"] == 1


def test_plain_http_on_the_school_network_works_too(chromium, site):
    site.answers((502, {}))
    phone = Phone(chromium, site.lan_url)
    page = phone.enter("zhou")
    assert page.evaluate("[isSecureContext, 'locks' in navigator, 'randomUUID' in crypto]") == [False, False, False]
    write(page, "by http")
    send(page)
    retry = page.locator("[data-bar-retry]")
    expect(retry).to_be_visible()
    retry.click()
    expect(page.locator(BAR)).to_be_hidden()
    assert notes(site) == ["by http"]
    assert phone.errors == []
    phone.context.close()


def test_a_browser_that_cannot_keep_anything_sends_at_once_and_tells_the_truth(phone, site):
    phone.context.add_init_script("IDBFactory.prototype.open = function () { throw new Error('private window'); };")
    page = phone.enter("zhou")
    write(page, "direct")
    send(page)
    expect(page.locator(OK)).to_be_visible()
    assert notes(site) == ["direct"]
    phone.context.set_offline(True)
    write(page, "lost?")
    send(page)
    expect(page.locator("#report [data-outbox-result] .role-danger")).to_contain_text("也无法保存在本机")
    expect(page.get_by_label("Note")).to_have_value("lost?")


def test_the_roll_page_has_an_interface_of_its_own(phone, site):
    page = phone.enter("zhou")
    answer = page.evaluate(
        """async () => {
          const kept = await Lianfang.outbox.submit({url: "/api/reports", kind: "roll", body: {note: "by script"}});
          return [kept.state, kept.kept, await Lianfang.outbox.settled(kept.client_id)];
        }"""
    )
    assert answer[:2] == ["waiting", True]
    assert answer[2]["state"] == "accepted"
    assert notes(site) == ["by script"]
