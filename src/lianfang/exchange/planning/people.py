"""What students' and staff rows have in common: the person's own fields, doubles within the sheet, finding the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.state import Elsewhere, Known, State
from lianfang.exchange.rules import Words, parse_day, plain
from lianfang.kernel.codes.masking import mask_id, mask_phone
from lianfang.people import words as people_words
from lianfang.people.identity import PersonFields, check_person


@dataclass(slots=True)
class Draft:
    """A row being read."""

    row: Row
    change: Change
    fields: PersonFields
    sex_given: bool
    known: Known | None = None
    elsewhere: Elsewhere | None = None

    def fault(self, name: str, code: str, message: str) -> None:
        self.change.fault(self.row.headers.get(name, name), code, message)


def start(row: Row, words: Words, today: date) -> Draft:
    """Read the person's own cells; every fault is noted under the column's own header."""
    change = Change("", row.sheet, row.number, row.get("name"), raw=dict(row.cells))
    birth: date | None = None
    try:
        birth = parse_day(row.get("birth_date"))
    except ValueError:
        change.fault(
            row.headers["birth_date"], "birth_date.format", _("出生日期不存在或认不出来，请写成 2017-03-15 的样子。")
        )
    sex = words.sex.get(plain(row.get("sex")), "unknown")
    if row.get("sex") and sex == "unknown":
        change.fault(row.headers["sex"], "sex.unknown", _("性别请填“男”或“女”。"))
    id_type = words.id_type.get(plain(row.get("id_type")), "")
    if row.get("id_type") and not id_type:
        change.fault(row.headers["id_type"], "id_type.unknown", _("没有这种证件类型。"))
    if id_type == "none" and row.get("id_number"):
        id_type = ""
    if not row.get("id_number"):
        id_type = ""
    fields, errors = check_person(
        name=row.get("name"),
        sex=sex,
        birth_date=birth,
        id_type=id_type,
        id_number=row.get("id_number"),
        phone=row.get("phone"),
        today=today,
    )
    for error in errors:
        change.fault(row.headers.get(error.field, error.field), f"{error.field}.{error.code}", error.message)
    change.name = fields.name or row.get("name")
    return Draft(row, change, fields, sex != "unknown")


@dataclass(slots=True)
class Doubles:
    """Which row of the file was the first with an ID number or a number."""

    documents: dict[str, int] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    names: dict[tuple[str, str], int] = field(default_factory=dict)

    def check(self, draft: Draft, place: str) -> None:
        """Note a row that repeats an earlier one. `place` tells apart what may stand twice (a course beside another)."""
        row, number = draft.row, draft.row.number
        first = self.documents.setdefault(draft.fields.id_index + place, number) if draft.fields.id_index else number
        if first != number:
            draft.fault("id_number", "row.double", _("与第 %(row)d 行的证件号码重复。") % {"row": first})
            return
        code = row.get("number")
        first = self.numbers.setdefault((row.kind, code + place), number) if code else number
        if first != number:
            draft.fault("number", "row.double", _("与第 %(row)d 行的编号重复。") % {"row": first})
            return
        if not code and not draft.fields.id_index:
            key = (row.kind, f"{draft.fields.name_key}\0{row.get('grade')}{row.get('class')}{row.get('department')}")
            first = self.names.setdefault(key, number)
            if first != number:
                draft.fault(
                    "name",
                    "row.double",
                    _("与第 %(row)d 行同名同班，又都没有编号和证件号码，分不清是不是同一人。") % {"row": first},
                )


def find_person(draft: Draft, state: State, elsewhere: dict[str, Elsewhere], unit_id: int | None) -> None:
    """By ID number, then by number, then by name in the same class. A name that does not fit is a fault."""
    fields = draft.fields
    kind = "staff" if draft.row.kind == "staff" else "student"
    number = draft.row.get("number")
    found = state.by_document.get(fields.id_index) if fields.id_index else None
    if found is not None:
        if found.name_key != fields.name_key:
            draft.fault(
                "name",
                "id_number.other_name",
                _("这个证件号码在系统里是另一个姓名，请对照证件核对姓名和号码。"),
            )
        draft.known = _own(state, found, kind)
        return
    outside = elsewhere.get(fields.id_index) if fields.id_index else None
    if outside is not None and outside.name_key != fields.name_key:
        draft.fault("name", "id_number.other_name", _("这个证件号码在系统里是另一个姓名，请对照证件核对姓名和号码。"))
        return
    numbered = state.by_number.get((kind, number)) if number else None
    if numbered is not None:
        same_person = numbered.name_key == fields.name_key and not (
            fields.id_index and numbered.id_index and fields.id_index != numbered.id_index
        )
        if not same_person or outside is not None:
            draft.fault("number", "number.other_person", _("这个编号在系统里属于另一人，请核对编号、姓名和证件号码。"))
            return
        draft.known = numbered
        return
    if outside is not None:
        draft.elsewhere = outside
        return
    same = [
        known
        for known in state.by_name.get((unit_id or 0, fields.name_key), [])
        if known.kind == kind
        and not (fields.id_index and known.id_index)
        and not (number and known.number and number != known.number)
    ]
    if len(same) == 1:
        draft.known = same[0]


def _own(state: State, found: Known, kind: str) -> Known:
    """The person's membership of the kind that the sheet is about, else the one that was found."""
    return next(iter(state.of_person.get((found.person_id, kind), [])), found)


def compare_person(draft: Draft) -> None:
    """Note what the row says otherwise than the system. Numbers are shown masked; known ones are not decrypted."""
    known, fields, change = draft.known, draft.fields, draft.change
    if known is None:
        return
    if fields.name != known.name:
        change.differ(_("姓名"), known.name, fields.name)
    if (draft.sex_given and fields.sex != known.sex) or (known.sex == "unknown" and fields.sex != "unknown"):
        change.differ(_("性别"), str(people_words.SEX[known.sex]), str(people_words.SEX[fields.sex]))
    if fields.birth_date is not None and fields.birth_date != known.birth_date:
        change.differ(_("出生日期"), str(known.birth_date or ""), str(fields.birth_date))
    if fields.id_index and fields.id_index != known.id_index:
        change.differ(_("证件号码"), _("已登记") if known.id_index else "", mask_id(fields.id_number or ""))
    if fields.phone_index and fields.phone_index != known.phone_index:
        change.differ(_("手机号"), _("已登记") if known.phone_index else "", mask_phone(fields.phone or ""))
    number = draft.row.get("number")
    if number and number != known.number:
        change.differ(_("编号"), known.number, number)


def person_json(draft: Draft) -> dict[str, object]:
    """The person's part of `Change.proposed`."""
    fields = draft.fields
    return {
        "name": fields.name,
        "sex": fields.sex if draft.sex_given else "unknown",
        "birth_date": fields.birth_date.isoformat() if fields.birth_date else "",
        "id_type": fields.id_type,
        "id_number": fields.id_number or "",
        "phone": fields.phone or "",
        "number": draft.row.get("number"),
    }
