"""The service worker: what it keeps, for whom, and what it never keeps; drafts of forms."""

import pytest
from playwright.sync_api import expect

from tests.browsing import wait_until
from tests.ui.conftest import Phone

pytestmark = pytest.mark.e2e

KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    found[name.split("-").slice(0, 2).join("-")] = (await cache.keys()).map(r => new URL(r.url).pathname);
  }
  return found;
}"""
READY = """() => navigator.serviceWorker.ready.then(
  registration => registration.active.state === "activated" && navigator.serviceWorker.controller !== null)"""


@pytest.fixture
def installed(chromium, site):
    """A phone on which the worker is active, signed in as Zhou, with the roll page kept."""
    site.answers()
    device = Phone(chromium, site.url, service_workers="allow")
    page = device.enter("zhou")
    wait_until(page, READY)
    page.reload()
    wait_until(page, "() => caches.keys().then(names => names.some(name => name.startsWith('lianfang-pages')))")
    yield device, page
    device.context.close()
    assert device.errors == []


def test_the_roll_page_opens_without_network_and_its_report_is_kept(installed, site):
    device, page = installed
    device.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Roll")).to_be_visible()
    expect(page.locator("[data-offline-bar]")).to_contain_text("没有网络")
    page.get_by_label("Note").fill("from the field")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-offline-bar]")).to_contain_text("1 份已存在本机")
    page.reload()
    expect(page.locator("[data-offline-bar]")).to_contain_text("1 份已存在本机")
    device.context.set_offline(False)
    wait_until(page, "() => Lianfang.outbox.list().then(l => l.length === 0)")
    assert [body["note"] for body in site.state()["accepted"].values()] == ["from the field"]


def test_other_pages_and_the_api_are_never_kept(installed):
    device, page = installed
    page.goto("/plain")
    page.evaluate("fetch('/api/csrf')")
    kept = page.evaluate(KEPT)
    assert kept["lianfang-pages"] == ["/form"]
    assert not [path for path in kept["lianfang-shell"] if path.startswith(("/api", "/plain", "/login"))]
    device.context.set_offline(True)
    page.goto("/plain")
    expect(page.get_by_role("heading", name="现在没有网络")).to_be_visible()
    expect(page.get_by_role("link", name="Roll")).to_be_visible()
    page.get_by_role("link", name="Roll").click()
    expect(page.get_by_role("heading", name="Roll")).to_be_visible()


def test_logging_out_clears_kept_pages_but_not_the_outbox(installed, site):
    device, page = installed
    site.answers((422, {"errors": []}))
    page.get_by_label("Note").fill("unfinished")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-offline-bar]")).to_contain_text("1 份需要修改后再发")
    page.locator(".lf-account > summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login")
    assert "lianfang-pages" not in page.evaluate(KEPT)
    device.context.set_offline(True)
    page.goto("/form")
    expect(page.get_by_role("heading", name="现在没有网络")).to_be_visible()
    device.context.set_offline(False)
    page.goto("/enter?who=zhou")
    expect(page.locator("[data-offline-bar]")).to_contain_text("1 份需要修改后再发")


def test_the_next_person_does_not_find_the_pages_of_the_last(installed):
    device, page = installed
    page.goto("/enter?who=wang&next=/plain")
    wait_until(page, "() => caches.keys().then(names => !names.some(name => name.startsWith('lianfang-pages')))")
    device.context.set_offline(True)
    page.goto("/form")
    expect(page.get_by_role("heading", name="现在没有网络")).to_be_visible()


def typed(page, text):
    page.get_by_label("Remark").press_sequentially(text)
    wait_until(
        page,
        """text => LianfangOutboxCore.all("drafts").then(ds => ds.some(d => JSON.stringify(d.items).includes(text)))""",
        arg=text,
    )


def test_what_was_typed_survives_an_expired_login(phone):
    page = phone.enter("zhou")
    page.get_by_label("Pin").fill("1234")
    typed(page, "long story")
    phone.page("/logout").close()
    page.get_by_role("button", name="Post").click()
    page.wait_for_url("**/login?next=/form")
    back = phone.enter("zhou")
    expect(back.get_by_label("Remark")).to_have_value("long story")
    expect(back.locator("[data-draft-notice]")).to_contain_text("已恢复")
    assert "1234" not in back.evaluate("LianfangOutboxCore.all('drafts').then(d => JSON.stringify(d))")
    back.get_by_role("button", name="清空重填").click()
    expect(back.get_by_label("Remark")).to_have_value("")


def test_a_draft_ends_when_it_was_accepted(phone):
    page = phone.enter("zhou")
    typed(page, "done")
    page.get_by_role("button", name="Post").click()
    page.wait_for_url("**/plain")
    wait_until(page, "() => LianfangOutboxCore.all('drafts').then(d => d.length === 0)")
    page.goto("/form")
    wait_until(page, "() => document.documentElement.dataset.drafts === 'ready'")
    expect(page.get_by_label("Remark")).to_have_value("")


def test_a_draft_is_not_shown_to_another_person(phone):
    page = phone.enter("zhou")
    typed(page, "private")
    other = phone.enter("wang")
    wait_until(other, "() => document.documentElement.dataset.drafts === 'ready'")
    expect(other.get_by_label("Remark")).to_have_value("")
