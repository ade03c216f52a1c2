"""The look: accessible, inside its frame on every width, large enough to tap, light enough to load, strict CSP."""

import itertools
from pathlib import Path
from typing import Literal

import brotli  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import expect

from tests.browsing import wait_until
from tests.ui.conftest import Phone

pytestmark = pytest.mark.e2e

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = ["/styleguide", "/enter?who=zhou&next=/form", "/login", "/offline", "/error/404", "/error/500"]


def violations(page):
    page.evaluate(AXE)  # evaluated by the browser's tools, so that the page's own CSP stays as strict as it is
    found = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    return [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in found]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(chromium, site, path):
    device = Phone(chromium, site.url)
    page = device.page(path)
    found = {}
    for width, theme in itertools.product((360, 1440), THEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found[width, theme] = violations(page)
    device.context.close()
    assert {case: words for case, words in found.items() if words} == {}
    assert device.errors == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_out_of_the_page(chromium, site, path, language):
    device = Phone(chromium, site.url, locale=language)
    page = device.page(path)
    wide = {}
    for width in (320, 360, 414, 768, 1024, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        wide[width] = page.evaluate("document.documentElement.scrollWidth")
    device.context.close()
    assert {width: used for width, used in wide.items() if used > width} == {}


def test_what_one_taps_is_large_enough(phone):
    page = phone.page("/styleguide")
    small = page.evaluate(
        """() => Array.from(document.querySelectorAll(
             "button, .lf-button, summary, input:not([type=hidden]), select, textarea, .lf-tabs a, .lf-nav a, .lf-pagination a"))
           .filter(e => e.getClientRects().length && !e.closest(".lf-choice-list"))
           .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
           .filter(([html, box]) => box.width < 44 || box.height < 43.5)
           .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
    )
    assert small == []


def test_the_shell_is_light_enough(phone, site):
    page = phone.enter("zhou")
    urls = page.evaluate(
        """() => performance.getEntriesByType("resource").map(e => e.name.split("#")[0]).filter(n => /\\.(css|js|svg)$/.test(n))"""
    )
    sizes = {url: len(brotli.compress(page.request.get(url).body())) for url in urls}
    assert any("bootstrap" in url for url in sizes)
    assert any("icons.svg" in url for url in sizes)
    assert sum(sizes.values()) <= 120_000, sizes


def test_pages_hold_no_inline_script_style_or_handler(phone):
    for path in PAGES:
        page = phone.page(path)
        inline = page.evaluate(
            """async () => {
              const source = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
              return Array.from(source.querySelectorAll("script:not([src]):not([type='application/json']), style, [style]"))
                .concat(Array.from(source.querySelectorAll("*")).filter(e => e.getAttributeNames().some(n => n.startsWith("on"))))
                .map(e => e.outerHTML.slice(0, 80));
            }"""
        )
        assert inline == [], path


def test_the_theme_follows_the_device_until_one_chooses(phone):
    page = phone.page("/styleguide")
    theme = "document.documentElement.getAttribute('data-bs-theme')"
    page.emulate_media(color_scheme="dark")
    wait_until(page, f"() => {theme} === 'dark'")
    page.locator(".lf-account > summary").click()
    page.locator(".lf-account").get_by_role("button", name="浅色").click()
    wait_until(page, f"() => {theme} === 'light'")
    page.reload()
    assert page.evaluate(theme) == "light"
    page.locator(".lf-account > summary").click()
    expect(page.locator(".lf-account").get_by_role("button", name="浅色")).to_have_attribute("aria-pressed", "true")


def test_the_language_is_changed_in_place(phone):
    page = phone.page("/styleguide")
    page.locator(".lf-account > summary").click()
    page.locator(".lf-account").get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Class 3-2 · All components")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_keyboard_reaches_everything_and_returns(phone):
    page = phone.page("/styleguide")
    page.keyboard.press("Tab")
    expect(page.locator(".lf-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    opener = page.get_by_role("button", name="其余全部到校健康")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="确认今天的晨检")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_temperature_is_judged_while_it_is_typed(phone):
    page = phone.enter("zhou")
    box = page.get_by_role("textbox", name="Temperature")
    hint = page.locator("#id_temperature-hint")
    for typed, stands, words in [
        ("36.8", "36.8", ""),
        ("375", "37.5", "已达到发热标准"),
        ("38，2℃", "38.2", "已达到发热标准"),
        ("73.6", "73.6", "不像体温"),
        ("37.2", "37.2", ""),
    ]:
        box.fill(typed)
        box.blur()
        expect(box).to_have_value(stands)
        if words:
            expect(hint).to_contain_text(words)
        else:
            expect(hint).to_have_text("")


def test_on_paper_only_the_content_remains(phone):
    page = phone.page("/styleguide")
    page.emulate_media(media="print")
    for selector in (".lf-nav", ".lf-top", ".lf-page-actions", ".lf-pagination"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".lf-demo").first).to_be_visible()
