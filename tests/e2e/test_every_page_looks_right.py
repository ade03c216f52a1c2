"""The main pages: axe clean in light and dark, nothing wider than the screen, English complete, usable by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from lianfang.daily.models import RollCheck
from tests.district import DAY
from tests.e2e.conftest import DESKTOP, PHONE
from tests.reporting.cast import at, ill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

CJK = re.compile(r"[\u3400-\u9fff\uff00-\uff0f\uff1a-\uff20]+")
# Texts that a reader gets: what is shown, and the attributes that are read aloud or shown on hover.
WORDS = """() => {
  const said = [document.title, document.body.innerText];
  for (const node of document.querySelectorAll("[aria-label],[title],[placeholder],[alt]")) {
    for (const name of ["aria-label", "title", "placeholder", "alt"]) said.push(node.getAttribute(name) || "");
  }
  for (const dialog of document.querySelectorAll("dialog, details, template")) said.push(dialog.textContent);
  return said.join("\\n");
}"""
PAPER = "() => getComputedStyle(document.documentElement).getPropertyValue('--lf-paper')"
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def places(app, morning) -> list[tuple[str | None, str]]:
    """Who looks at which page at 09:00 of a morning with something on it."""
    app.work()
    morning.check("teacher2", unit="class2", marks=[ill(morning.pupil(1, "class2"), "cough")], now=at("07:52"))
    morning.report("mother", morning.pupil(0), absent=True, cause="illness")
    morning.sign("grade_head", "grade", now=at("08:41"))
    app.at(at("08:50"))
    app.work()
    units = app.district.units
    school, class1 = units["school"].pk, units["class1"].pk
    return [
        (None, "/login"),
        ("teacher", "/"),
        ("teacher", f"/daily/roll/{class1}/morning/"),
        ("mother", "/"),
        ("mother", "/daily/report/"),
        ("teacher", f"/daily/leave/{class1}/"),
        ("nurse", f"/daily/day/{units['class2'].pk}/"),
        ("reporter", "/"),
        ("reporter", f"/reports/daily-zero/{school}/{DAY}/"),
        ("reporter", f"/reports/daily-zero/{school}/{DAY}/sign"),
        ("officer", "/"),
        ("officer", "/duties/chase/"),
        ("officer", f"/overview/{units['bureau'].pk}/"),
        ("cdc", f"/overview/{school}/"),
        ("admin", "/import/"),
        ("admin", f"/people/units/{class1}/"),
        ("teacher", "/notices/"),
    ]


def visit(app, places, size: dict, **options):
    """Each page in turn, one context for each person."""
    contexts: dict[str | None, Page] = {}
    for part, path in places:
        if part not in contexts:
            contexts[part] = app.context(part, **{**size, **options}).new_page()
        page = contexts[part]
        answer = page.goto(path)
        assert answer is not None and answer.status == 200, (part, path, answer and answer.status)
        yield f"{part} {path}", page


@pytest.mark.parametrize(
    "size, width, schemes", [(PHONE, 360, ("light", "dark")), (DESKTOP, 1920, ("light",))], ids=["phone", "desktop"]
)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(app, places, axe, size, width, schemes):
    """In light and dark at the usual size, and at the narrowest and the widest that are promised."""
    found: dict[str, object] = {}
    papers: dict[str, set[str]] = {scheme: set() for scheme in schemes}
    for where, page in visit(app, places, size):
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour on its way to another
            page.wait_for_selector(f"html[data-bs-theme={scheme}]", state="attached")
            papers[scheme].add(page.evaluate(PAPER))
            if problems := axe(page):
                found[f"{where} axe: {scheme}"] = problems
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": width, "height": 800})
        if (over := page.evaluate(WIDE)) > 0:
            found[f"{where}: at {width}"] = f"{over} px too wide"
        page.set_viewport_size(size["viewport"])
    assert found == {}
    assert len(set.union(*papers.values())) == len(schemes), papers


def test_the_pages_speak_english_throughout(app, places):
    page = app.desktop()
    page.goto("/login")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    cookie = next(c for c in page.context.cookies() if c["name"] == "lianfang_lang")
    data = {u.name for u in app.district.units.values()} | {p.name for p in app.district.persons.values()}
    data |= {p.name for group in app.district.pupils.values() for p in group} | {"中文", "联防", "＊"}
    left = {}
    for part in {part for part, _ in places}:
        own = [(who, path) for who, path in places if who == part]
        context = app.context(part, **DESKTOP)
        context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": app.url}])
        page = context.new_page()
        for _, path in own:
            page.goto(path)
            said = page.evaluate(WORDS)
            for name in sorted(data, key=len, reverse=True):
                said = said.replace(name, "")
            if rest := sorted(set(CJK.findall(said))):
                left[f"{part} {path}"] = rest
    assert left == {}


def test_a_roll_is_called_with_the_keyboard_alone(app):
    page = app.desktop("teacher")
    page.goto("/daily/")
    tile = page.locator(".roll-grid [data-n='李小二']")

    def tab_to(locator, most=60):
        for _ in range(most):
            page.keyboard.press("Tab")
            if locator.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError("not reached with Tab")

    tab_to(tile)
    page.keyboard.press("Enter")
    expect(page.locator(".roll-editor[open]")).to_be_visible()
    page.locator("#e-present").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#e-absent")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#e-c-illness")).to_be_checked()
    tab_to(page.get_by_role("button", name="记下"))
    page.keyboard.press("Enter")
    expect(tile).to_contain_text("病缺")
    expect(tile).to_be_focused()
    tab_to(page.get_by_role("button", name="确认：其余 7 人到校且健康"))
    page.keyboard.press("Enter")
    expect(page.locator(".roll-result")).to_contain_text("已送达")
    assert RollCheck.objects.get().absent_ill == 1
