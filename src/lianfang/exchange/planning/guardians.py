"""The guardians of a pupil's row: numbered columns, columns of father and mother, several people in one cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lianfang.exchange.contacts import read_contacts, split_names
from lianfang.exchange.faults import params_of
from lianfang.exchange.planning.people import Draft
from lianfang.exchange.planning.state import State
from lianfang.exchange.rules import Words, plain
from lianfang.exchange.tables import unnamed_guardian
from lianfang.kernel.codes.masking import mask_phone
from lianfang.people.identity import PersonFields, check_person

NUMBERED = ("1", "2", "3", "4", "5", "6")
PARENTS = ("father", "mother")

Guardian = tuple[PersonFields, str]


@dataclass(frozen=True, slots=True)
class _Said:
    """One guardian as cells name them; `at` is the stem of the columns ("guardian1", "father")."""

    at: str
    name: str
    relation: str
    phone: str
    id_number: str = ""


def read_guardians(draft: Draft, words: Words, today: date) -> list[Guardian]:
    """Guardians with their relation; what is wrong is noted at its column."""
    said: list[_Said] = []
    for stem in (*(f"guardian{n}" for n in NUMBERED), *PARENTS):
        said += _of_columns(draft, stem, words)
    found: list[Guardian] = []
    unnamed: dict[str, int] = {}
    child = draft.fields.name or draft.row.get("name")
    for one in _once(said):
        name = one.name
        if not name:
            name = unnamed_guardian(child, one.relation, unnamed.get(one.relation, 0))
            unnamed[one.relation] = unnamed.get(one.relation, 0) + 1
        fields, errors = check_person(name=name, phone=one.phone, id_number=one.id_number, today=today)
        for error in errors:
            if error.field == "name" and not one.name:
                continue  # made from the child's own name, whose fault is noted there
            typed = one.id_number if error.field == "id_number" else one.phone
            code = f"guardian.{error.field}.{error.code}"
            draft.fault(f"{one.at}_{error.field}", code, **params_of(code, typed))
        found.append((fields, one.relation))
    return found


def _of_columns(draft: Draft, stem: str, words: Words) -> list[_Said]:
    row = draft.row
    name, cell = row.get(f"{stem}_name"), row.get(f"{stem}_phone")
    id_number = row.get(f"{stem}_id_number")
    typed = row.get(f"{stem}_relation")
    relation = stem if stem in PARENTS else words.relation.get(plain(typed), "other" if typed else "guardian")
    if not name and not cell:
        return []
    contacts = read_contacts(cell, words.relation)
    names, relations = list(split_names(name)), list(split_names(typed))
    if len(contacts.found) < 2 and len(names) < 2:
        only = contacts.found[0] if contacts.found else None
        if only is None or contacts.rest:
            return [_Said(stem, name, relation, cell, id_number)]
        given = relation if typed or stem in PARENTS else only.relation or relation
        return [_Said(stem, name or only.name, given, only.phone, id_number)]
    if contacts.rest:
        draft.fault(f"{stem}_phone", "guardian.phone.phone.format")
    many = max(len(contacts.found), len(names))
    found = []
    for n in range(many):
        contact = contacts.found[n] if n < len(contacts.found) else None
        own = names[n] if n < len(names) else ""
        beside = contact.name if contact else ""
        if (
            len(names) == 1 and many > 1
        ):  # one name, several numbers: the first is theirs unless the cell says otherwise
            own = name if n == 0 and not beside else ""
        known = words.relation.get(plain(relations[n]), "other") if len(relations) == many else ""
        said = contact.relation if contact else ""
        first = relation if n == 0 and typed and len(relations) == 1 else ""
        found.append(
            _Said(
                stem,
                own or beside,
                stem if stem in PARENTS else known or said or first or "guardian",
                contact.phone if contact else "",
                id_number if n == 0 else "",
            )
        )
    return found


def _once(said: list[_Said]) -> list[_Said]:
    """The same number named again without a name is the same person: a column of its own fills what another left open."""
    named = {one.phone for one in said if one.name and one.phone}
    seen: set[tuple[str, str]] = set()
    found = []
    for one in said:
        if (not one.name and one.phone in named) or (one.name, one.phone) in seen:
            continue
        seen.add((one.name, one.phone))
        found.append(one)
    return found


def compare_guardians(draft: Draft, guardians: list[Guardian], state: State) -> None:
    """Note what the row says of guardians that is not known."""
    assert draft.known is not None
    kept = state.guardians.get(draft.known.person_id, [])
    for fields, relation in guardians:
        same = next((g for g in kept if g.name_key == fields.name_key), None)
        if same is None and fields.id_index:
            same = next((g for g in kept if g.id_index == fields.id_index), None)
        if same is None:
            draft.change.differ("guardian", "", f"{fields.name} {mask_phone(fields.phone or '')}".strip())
        elif fields.phone_index and fields.phone_index != same.phone_index:
            known = {"known": "yes"} if same.phone_index else {}
            draft.change.differ("guardian_phone", same.name, mask_phone(fields.phone or ""), **known)
        elif relation not in ("guardian", same.relation):
            draft.change.differ("guardian_relation", same.relation, relation, name=same.name)
