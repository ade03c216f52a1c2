"""A copy of persons' own data: everything that a room holds about them and shows, as JSON and as a workbook."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import xlsxwriter
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from lianfang.foundation.retention import holdings, items
from lianfang.people.models import Guardianship, Membership, Person
from lianfang.people.words import text_of

MOST_ROWS = 20_000


def tables_of(person: Person) -> list[tuple[str, list[str], list[list[Any]]]]:
    """(title, headings, rows) of everything held about a person, with who they belong to first."""
    found: list[tuple[str, list[str], list[list[Any]]]] = [
        (str(_("本人")), [str(_("姓名")), str(_("性别")), str(_("出生日期"))], [_self(person)]),
        (str(_("联系")), [str(_("证件号码")), str(_("手机号"))], [[person.id_number or "", person.phone or ""]]),
        (
            str(_("班级和部门")),
            [str(_("单位")), str(_("学号或工号")), str(_("开始")), str(_("结束"))],
            [[m.unit.name, m.number, m.begins, m.ends] for m in _memberships(person)],
        ),
        (
            str(_("监护关系")),
            [str(_("监护人")), str(_("孩子")), str(_("开始")), str(_("结束"))],
            [[g.guardian.name, g.child.name, g.begins, g.ends] for g in _links(person)],
        ),
    ]
    for item, (_purpose, kept) in items().items():
        for holding in holdings(item):
            if holding.person and holding.shown and not item.startswith("roster."):
                rows = holding.of_person(person.pk).order_by("pk").values_list(*holding.shown)[:MOST_ROWS]
                listed = [list(row) for row in rows]
                if listed:
                    found.append((text_of(kept.label), [str(head) for head in holding.shown.values()], listed))
    return [table for table in found if table[2]]


def _self(person: Person) -> list[Any]:
    return [person.name, person.sex, person.birth_date]


def _memberships(person: Person) -> Iterable[Membership]:
    rows: Iterable[Membership] = Membership.objects.filter(person=person, void_at=None).select_related("unit")
    return rows


def _links(person: Person) -> list[Guardianship]:
    """Guardians and children, each named only where the link was confirmed."""
    rows = Guardianship.objects.exclude(confirmed_at=None).select_related("guardian", "child").order_by("pk")
    return [*rows.filter(child=person), *rows.filter(guardian=person)]


def archive(persons: Iterable[Person], now: datetime) -> bytes:
    """A zip with `data.json` and `data.xlsx`. Cells are texts and never start a formula."""
    listed = list(persons)
    tables = {person.pk: tables_of(person) for person in listed}
    content = {
        "made_at": now,
        "persons": [
            {
                "number": n,
                "tables": [
                    {"title": title, "rows": [dict(zip(heads, row, strict=True)) for row in rows]}
                    for title, heads, rows in tables[person.pk]
                ],
            }
            for n, person in enumerate(listed, 1)
        ],
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("data.json", json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        box.writestr("data.xlsx", _workbook([tables[person.pk] for person in listed]))
    return target.getvalue()


def _workbook(people: list[list[tuple[str, list[str], list[list[Any]]]]]) -> bytes:
    return workbook(
        (f"{n}-{k} {title}", [heads, *rows])
        for n, tables in enumerate(people, 1)
        for k, (title, heads, rows) in enumerate(tables, 1)
    )


def workbook(sheets: Iterable[tuple[str, list[list[Any]]]]) -> bytes:
    """An XLSX of text cells; a text that a spreadsheet could take for a formula gets an apostrophe before it."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    for name, rows in sheets:
        sheet = book.add_worksheet("".join("·" if c in "[]:*?/\\'" else c for c in name)[:31])
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write_string(line, column, _cell(value))
    book.close()
    return target.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    text = str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text not in ("-", "—") else text
