"""A canary in every typed text: no page draws it, no sheet calculates it, no mail, header, log line or file name breaks."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from lianfang.comms.mail import message
from lianfang.comms.models import Delivery
from lianfang.foundation.models import Account
from lianfang.foundation.permissions import Permission
from tests.access.canary import NAME, PRODUCT, columns, form_fields, poison, text
from tests.access.crawling import walk
from tests.access.operation_cases import OPERATION_CASES
from tests.access.page_cases import PAGE_CASES
from tests.access.relations import has_right
from tests.access.routes import operations, pages
from tests.access.test_operations import ask
from tests.access.world import ASKING, World, undone
from tests.api.test_lengths import asked, put

LEADING = ("href", "src", "action", "formaction", "hx-get", "hx-post")
WALKING = ("teacher", "nurse", "reporter", "principal", "admin", "officer", "mother")
drawing_only = pytest.mark.one_database("reads what is drawn; the queries behind it are asked on both by test_pages")
DECLARED = {operation.name: operation for operation in operations()}


class Drawn(HTMLParser):
    """Elements that the canary would make, and attributes that would run it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        runs = [
            name for name, value in attrs if name.startswith("on") or (value or "").lower().startswith("javascript:")
        ]
        leads = [
            name
            for name, value in attrs
            if name in LEADING and NAME in (value or "") and not (value or "").startswith("tel:")
        ]
        if (
            runs
            or leads
            or (tag == "img" and ("src", "x") in attrs)
            or (tag in ("script", "svg") and NAME in str(attrs))
        ):
            self.found.append(self.get_starttag_text() or tag)
        self.open = tag

    def handle_data(self, data: str) -> None:
        if (
            getattr(self, "open", "") == "script"
            and f"{NAME}(2)" in data
            and not data.lstrip().startswith(("{", "[", '"'))
        ):
            self.found.append(f"script: {data[:80]}")


def faults(address: str, answer: Any) -> Iterator[str]:
    """What an answer does with the canary that it must not."""
    if answer.status_code >= 500:
        yield f"{address}: {answer.status_code}"
    for name, value in answer.headers.items():
        if "\n" in value or "\r" in value or "Bcc" in value:
            yield f"{address}: header {name}"
    disposition = answer.headers.get("Content-Disposition", "")
    if NAME in disposition or "/" in disposition or "\\" in disposition:
        yield f"{address}: file name {disposition}"
    kind = answer.headers.get("Content-Type", "")
    if "html" in kind:
        page = answer.content.decode()
        drawn = Drawn()
        drawn.feed(page)
        yield from (f"{address}: draws {element}" for element in drawn.found)
        if PRODUCT[1] in page:
            yield f"{address}: calculates"
    elif "spreadsheet" in kind:
        yield from (f"{address}: {cell}" for cell in calculating(answer.content))
    elif "zip" in kind:
        with zipfile.ZipFile(BytesIO(answer.content)) as archive:
            for name in archive.namelist():
                if NAME in name or ".." in name or name.startswith("/"):
                    yield f"{address}: entry {name}"
                if name.endswith(".xlsx"):
                    yield from (f"{address}: {name} {cell}" for cell in calculating(archive.read(name)))


def calculating(content: bytes) -> Iterator[str]:
    """Cells of a workbook that a spreadsheet program would calculate or follow because of the canary."""
    book = openpyxl.load_workbook(BytesIO(content))
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" and NAME in str(cell.value):
                    yield f"formula in {sheet.title}!{cell.coordinate}"
                if cell.hyperlink is not None:
                    yield f"link in {sheet.title}!{cell.coordinate}"


@pytest.mark.django_db
@drawing_only
def test_it_is_in_every_typed_column(world: World) -> None:
    """Columns without a row in this morning are named, so that a new one is given a row or a reason."""
    with undone():
        found = poison()
        here = {f"{model.__name__}.{column.name}" for model, column in columns()}
        assert len(found) > 35
        missing = here - set(found)
        assert missing <= WITHOUT_ROWS, sorted(missing - WITHOUT_ROWS)


# Nothing of this kind happened this morning, or the database takes a code only.
WITHOUT_ROWS = {
    *("ParkedEvent.error", "UnitSetting.reason", "Household.address", "LinkCall.note", "Lesson.subject"),
    "Erasure.reason",
    # Made by the system: a digest, a code of the unit.
    *("PastPassword.digest", "RollSize.unit_kind"),
}


@pytest.mark.django_db
@drawing_only
@pytest.mark.parametrize("part", WALKING)
def test_pages_sheets_and_files(world: World, part: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with undone():
        poison()
        wrong, sheets, drawn = [], 0, 0
        for address, answer in walk(world.client(part), each=1, limit=70):
            wrong += list(faults(address, answer))
            sheets += "spreadsheet" in answer.headers.get("Content-Type", "")
            drawn += NAME.encode() in answer.content
    assert not wrong, "\n".join(wrong)
    assert drawn > 3
    told = [record.getMessage() for record in caplog.records]
    assert not [line for line in told if NAME in line or "\n" in line]


@pytest.mark.django_db
@drawing_only
def test_workbooks(world: World) -> None:
    """Every download that holds names or typed text, opened again."""
    school, day = world.unit("school"), "2026-09-15"
    with undone():
        poison()
        for part, address in (
            ("principal", f"/import/roster/{school}/"),
            ("admin", f"/import/{world.ids['import']}/errors/"),
            ("reporter", f"/reports/daily-zero/{school}/{day}/table/bureau-daily.xlsx"),
        ):
            answer = world.client(part).get(address)
            assert answer.status_code == 200, address
            assert not list(faults(address, answer))
        roster = world.client("principal").get(f"/import/roster/{school}/").content
        cells = [
            str(c.value) for sheet in openpyxl.load_workbook(BytesIO(roster)) for row in sheet.iter_rows() for c in row
        ]
        assert [cell for cell in cells if NAME in cell]


@pytest.mark.django_db
@drawing_only
def test_the_api_says_it_as_data(world: World) -> None:
    with undone():
        poison()
        wrong, told = [], 0
        for part in ("teacher", "principal", "officer", "mother"):
            for case in (c for c in OPERATION_CASES if c.method == "GET"):
                declared = DECLARED[case.route].declared
                if isinstance(declared, Permission) and not has_right(part, declared):
                    continue
                for key in case.keys[:3]:
                    answer = ask(world, case, part, key)
                    wrong += list(faults(case.route, answer))
                    if "json" in answer.headers["Content-Type"]:
                        json.loads(answer.content)
                        told += NAME.encode() in answer.content
                        if answer.headers.get("X-Content-Type-Options") != "nosniff":
                            wrong.append(f"{case.route}: may be sniffed")
    assert not wrong, wrong
    assert told > 10


@pytest.mark.django_db
def test_every_text_of_the_api_is_taken_or_refused_by_name(world: World) -> None:
    """One text after the other; 422 says which field, anything of 500 and above is a fault."""
    wrong = []
    for turn, (case, path) in enumerate(asked()):
        operation = DECLARED[case.route]
        permission = operation.declared if isinstance(operation.declared, Permission) else None
        part, key = next(
            (part, key)
            for part in ASKING
            for key in case.keys
            if permission is None or (has_right(part, permission) and case.verdict(part, permission, key) == "yes")
        )
        for value in (text(turn), text(turn, 30), f"好\x00{NAME}", "\ud83d"):
            question = case.fill(world, key)
            body = json.dumps(put(question.body, path, value))
            address = operation.path.format(**question.address)
            client = Client(raise_request_exception=False)
            with undone():
                answer = client.generic(case.method, address, body, "application/json", **world.bearer(part))
            if answer.status_code >= 500 or (answer.status_code == 422 and not answer.json()["errors"]):
                wrong.append(f"{case.route} {path} {value[:12]!r}: {answer.status_code}")
            wrong += list(faults(case.route, answer))
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_every_text_of_the_forms_is_taken_or_refused(world: World) -> None:
    """Each page that takes a form gets the canary in every text field that any form has; what it shows again is text."""
    names = sorted({name for listed in form_fields().values() for name in listed})
    assert len(names) > 25
    declared = {page.name: page.declared for page in pages()}
    wrong = []
    for turn, case in enumerate(c for c in PAGE_CASES if c.method == "POST"):
        permission = declared[case.route] if isinstance(declared[case.route], Permission) else None
        who = [
            (part, key)
            for part in ASKING
            for key in case.keys
            if permission is None or (has_right(part, permission) and case.verdict(part, permission, key) == "yes")
        ][:1]
        for part, key in who:
            for value in (text(turn), f"好\x00{NAME}"):
                question = case.fill(world, key)
                given = dict.fromkeys(names, value) | {k: v for k, v in (question.body or {}).items() if k not in names}
                client = world.client(part)
                client.raise_request_exception = False
                with undone():
                    answer = client.post(reverse(case.route, kwargs=dict(question.address)), given)
                wrong += list(faults(f"{case.route} as {part}", answer))
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_no_mail_carries_it(world: World) -> None:
    with undone():
        addresses = dict(Account.objects.values_list("pk", "username"))
        poison()
        for pk in addresses:
            Account.objects.filter(pk=pk).update(email=f"a{pk}@school.test")
        letters = [message(d).message() for d in Delivery.objects.select_related("notice", "account")]
        assert letters
        for letter in letters:
            assert NAME not in letter.as_string() and letter["Bcc"] is None
            assert NAME not in str(letter.get_payload(decode=True))


@pytest.mark.django_db
@drawing_only
@pytest.mark.parametrize(
    "path", [f"/people/%0D%0A{NAME}", f"/api/%0AERROR%20{NAME}", "/login?next=%0d%0aX-A:1", "/%e2%80%a8x"]
)
def test_an_entry_of_the_log_is_one_line(world: World, path: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world.client("teacher").get(path)
    Client().post(
        "/login", {"username": f"a\r\nERROR {NAME}", "password": "x"}, headers={"user-agent": f"b\tERROR {NAME}"}
    )
    told = [record.getMessage() for record in caplog.records]
    assert not [line for line in told if "\n" in line or "\r" in line or "\u2028" in line]
