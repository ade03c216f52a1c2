"""What students' and staff rows have in common: the person's own fields, doubles within the sheet, finding the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lianfang.exchange.faults import FORMULA_ERRORS, SCIENTIFIC, params_of
from lianfang.exchange.planning.changes import Change, Row
from lianfang.exchange.planning.state import Elsewhere, Known, State
from lianfang.exchange.rules import Words, parse_day, plain, similar_names
from lianfang.exchange.tables import sheet_kind
from lianfang.kernel.codes.identity import normalise_id
from lianfang.kernel.codes.masking import mask_id, mask_phone
from lianfang.people.identity import PersonFields, check_person

NUMBER_LENGTH = 40
ADDRESS_LENGTH = 200


@dataclass(slots=True)
class Draft:
    """A row being read."""

    row: Row
    change: Change
    fields: PersonFields
    sex_given: bool
    known: Known | None = None
    elsewhere: Elsewhere | None = None
    doubt: bool = False
    """The ID number ends as one that a spreadsheet has rounded, though its check character fits."""
    merge: str = ""
    """Why it may be somebody known under another spelling: `id_number`, or `contact` (phone and birthday)."""

    def fault(self, name: str, code: str, /, **params: object) -> None:
        fault_of(self.change, self.row, name, code, **params)


def fault_of(change: Change, row: Row, name: str, code: str, /, **params: object) -> None:
    """Note a fault under the header of the sheet, or the header that a template would have there."""
    kind = sheet_kind(row.kind)
    column = row.headers.get(name) or (kind.header_of(name) if name in kind.columns else name)
    change.fault(column, code, **params)


def check_cells(change: Change, row: Row) -> None:
    """Cells that hold the wreck of a formula or of a long number."""
    for name, text in row.cells.items():
        if FORMULA_ERRORS.fullmatch(text):
            fault_of(change, row, name, "cell.formula_error", text=text)
    number = row.get("number")
    if SCIENTIFIC.fullmatch(number):
        fault_of(change, row, "number", "number.scientific")
    elif len(number) > NUMBER_LENGTH:
        fault_of(change, row, "number", "number.too_long")
    if len(row.get("address")) > ADDRESS_LENGTH:
        fault_of(change, row, "address", "address.too_long")


def looks_rounded(text: str) -> bool:
    """Whether a number has lost its last three digits to a spreadsheet, which keeps fifteen."""
    number = normalise_id(text)
    return len(number) == 18 and number.endswith("000") and number.isdigit()


def start(row: Row, words: Words, today: date) -> Draft:
    """Read the person's own cells; every fault is noted under the column's own header."""
    change = Change("", row.sheet, row.number, row.get("name"), raw=dict(row.cells))
    check_cells(change, row)
    birth: date | None = None
    try:
        birth = parse_day(row.get("birth_date"))
    except ValueError:
        fault_of(change, row, "birth_date", "birth_date.format")
    sex = words.sex.get(plain(row.get("sex")), "unknown")
    if row.get("sex") and sex == "unknown":
        fault_of(change, row, "sex", "sex.unknown")
    id_type = words.id_type.get(plain(row.get("id_type")), "")
    if row.get("id_type") and not id_type:
        fault_of(change, row, "id_type", "id_type.unknown")
    number = row.get("id_number")
    if (id_type == "none" and number) or not number:
        id_type = ""
    fields, errors = check_person(
        name=row.get("name"),
        sex=sex,
        birth_date=birth,
        id_type=id_type,
        id_number=number,
        phone=row.get("phone"),
        today=today,
    )
    for error in errors:
        code = f"{error.field}.{error.code}"
        if code == "id_number.id.check_digit" and looks_rounded(number):
            code = "id_number.rounded"
        fault_of(change, row, error.field, code, **params_of(code, row.get(error.field), id_type))
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
            draft.fault("id_number", "row.double.id_number", row=first)
            return
        code = row.get("number")
        first = self.numbers.setdefault((row.kind, code + place), number) if code else number
        if first != number:
            draft.fault("number", "row.double.number", row=first)
            return
        if not code and not draft.fields.id_index:
            key = (row.kind, f"{draft.fields.name_key}\0{row.get('grade')}{row.get('class')}{row.get('department')}")
            first = self.names.setdefault(key, number)
            if first != number:
                draft.fault("name", "row.double.name", row=first)


def find_person(draft: Draft, state: State, elsewhere: dict[str, Elsewhere], unit_id: int | None) -> None:
    """By ID number, then by number, then by name in the same class. A name that does not fit is a fault."""
    fields = draft.fields
    kind = "staff" if draft.row.kind == "staff" else "student"
    number = draft.row.get("number")
    found = state.by_document.get(fields.id_index) if fields.id_index else None
    if found is not None:
        if found.name_key != fields.name_key:
            _other_name(draft, found, kind)
        draft.known = _own(state, found, kind)
        return
    outside = elsewhere.get(fields.id_index) if fields.id_index else None
    if outside is not None and outside.name_key != fields.name_key:
        draft.fault("name", "id_number.other_name")
        return
    if fields.id_type == "resident_id" and looks_rounded(draft.row.get("id_number")) and outside is None:
        draft.doubt = True
    numbered = state.by_number.get((kind, number)) if number else None
    if numbered is not None:
        same_person = numbered.name_key == fields.name_key and not (
            fields.id_index and numbered.id_index and fields.id_index != numbered.id_index
        )
        if not same_person or outside is not None:
            draft.fault("number", "number.other_person")
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


def _other_name(draft: Draft, found: Known, kind: str) -> None:
    """One ID number, two names: a spelling to be confirmed where they are alike, a fault where they are not."""
    if kind == found.kind and similar_names(found.name_key, draft.fields.name_key):
        draft.merge = "id_number"
    else:
        draft.fault("name", "id_number.other_name")


def _own(state: State, found: Known, kind: str) -> Known:
    """The person's membership of the kind that the sheet is about, else the one that was found."""
    return next(iter(state.of_person.get((found.person_id, kind), [])), found)


def compare_person(draft: Draft) -> None:
    """Note what the row says otherwise than the system. Numbers are shown masked; known ones are not decrypted."""
    known, fields, change = draft.known, draft.fields, draft.change
    if known is None:
        return
    if fields.name != known.name:
        change.differ("name", known.name, fields.name)
    if (draft.sex_given and fields.sex != known.sex) or (known.sex == "unknown" and fields.sex != "unknown"):
        change.differ("sex", known.sex, fields.sex)
    if fields.birth_date is not None and fields.birth_date != known.birth_date:
        change.differ("birth_date", str(known.birth_date or ""), str(fields.birth_date))
    if fields.id_index and fields.id_index != known.id_index:
        change.differ("id_number", "", mask_id(fields.id_number or ""), **_registered(known.id_index))
    if fields.phone_index and fields.phone_index != known.phone_index:
        change.differ("phone", "", mask_phone(fields.phone or ""), **_registered(known.phone_index))
    number = draft.row.get("number")
    if number and number != known.number:
        change.differ("number", known.number, number)


def _registered(index: str) -> dict[str, str]:
    return {"known": "yes"} if index else {}


def settle_doubts(draft: Draft) -> None:
    """A person looks before a merge or a doubtful number goes in."""
    if draft.merge:
        draft.change.kind = "merge"
        draft.change.proposed["merge"] = draft.merge
    elif draft.doubt and draft.change.kind in ("create", "update", "second", "move"):
        draft.change.kind = "doubt"
        draft.change.differ("rounded", "", mask_id(draft.fields.id_number or ""))


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
