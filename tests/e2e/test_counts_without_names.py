"""The CDC sees counts and no names: every page that can be reached from its Today and overview is looked at."""

import html
import io
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.district import DAY
from tests.reporting.cast import absent, at, ill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LINK = re.compile(r'(?:href|src|hx-get)="([^"]*)"')
NEVER = ("/logout", "/i18n/", "/static/")


def text_of(answer) -> str:
    """What an answer says, also when it is a workbook."""
    if "spreadsheet" in answer.headers.get("content-type", ""):
        book = openpyxl.load_workbook(io.BytesIO(answer.body()))
        return "\n".join(str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None)
    return html.unescape(answer.text())


def crawl(page, start: list[str], days: set[str]) -> dict[str, str]:
    """Every page that links lead to, by its address; other days than `days` are left out."""
    waiting, seen = list(start), {}
    while waiting:
        path = waiting.pop()
        day = parse_qs(urlsplit(path).query).get("day", [""])[0]
        other = set(re.findall(r"/(20\d\d-\d\d-\d\d)/", path)) - days
        if path in seen or path.startswith(NEVER) or (day and day not in days) or other:
            continue
        answer = page.request.get(path, max_redirects=0)
        seen[path] = text_of(answer)
        assert answer.status < 400, f"a page offers {path}, which answers {answer.status}"
        found = LINK.findall(answer.text()) if "html" in answer.headers.get("content-type", "") else []
        for link in [*found, answer.headers.get("location", "")]:
            target = urlsplit(urljoin(f"http://x{path}", html.unescape(link)))
            if target.netloc == "x":
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    return seen


def test_no_page_of_the_cdc_names_a_child_or_a_guardian(app, morning):
    app.work()
    morning.check(
        "teacher", marks=[ill(morning.pupil(1), "fever", temperature="38.2"), absent(morning.pupil(2))], now=at("07:50")
    )
    morning.check("teacher2", unit="class2", all_well=True, now=at("07:52"))
    morning.report("mother", morning.pupil(0))
    morning.sign("grade_head", "grade", now=at("08:41"))
    morning.sign("reporter", "school", now=at("09:05"))
    app.at(at("09:31"))
    app.work()
    page = app.desktop("cdc")
    page.goto("/")
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()
    page.get_by_role("link", name="全局概览").click()
    expect(page.get_by_role("heading", name="西湖区教育局")).to_be_visible()
    row = page.locator("#units tr", has_text="文一路小学")
    expect(row).to_contain_text("16")
    row.get_by_role("link").click()
    expect(page.locator("#units")).to_contain_text("三（1）班")

    names = {p.name for group in app.district.pupils.values() for p in group}
    names |= {app.district.persons[part].name for part in ("mother", "other_guardian")}
    pages = crawl(page, ["/", "/overview/"], {DAY.isoformat()})
    assert len(pages) > 12
    assert any("文一路小学" in text for text in pages.values())
    named = {path: sorted(n for n in names if n in text) for path, text in pages.items()}
    assert {path: found for path, found in named.items() if found} == {}
    person = page.request.get(f"/people/persons/{morning.pupil(1)}/")
    assert person.status in (403, 404)
