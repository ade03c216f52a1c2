"""Finding a member of staff whom another sheet names: somebody known, or a row of this import's staff sheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lianfang.exchange.planning.people import Draft
from lianfang.exchange.planning.state import State
from lianfang.people.roster import clean_name, name_key

Ref = dict[str, Any]
"""{"id": person} or {"sheet": …, "row": …} of a staff row that would make the person."""


class Colleagues:
    """`find` answers with a reference, or with the code of what is wrong."""

    def __init__(self, state: State, drafts: Iterable[Draft]) -> None:
        self._by_number: dict[str, Ref] = {}
        self._by_name: dict[str, list[Ref]] = {}
        people: dict[int, str] = {}
        for known in state.members:
            if known.kind == "staff":
                people.setdefault(known.person_id, known.name)
                if known.number:
                    self._by_number.setdefault(known.number, {"id": known.person_id})
        for holders in state.posts.values():
            for person_id, name in holders:
                people.setdefault(person_id, name)
        for person_id, name in people.items():
            self._by_name.setdefault(name_key(name), []).append({"id": person_id})
        for draft in drafts:
            if draft.change.errors or draft.known is not None or draft.elsewhere is not None:
                continue
            ref = {"sheet": draft.row.sheet, "row": draft.row.number}
            self._by_name.setdefault(draft.fields.name_key, []).append(ref)
            if draft.row.get("number"):
                self._by_number.setdefault(draft.row.get("number"), ref)

    def find(self, name: str, number: str = "") -> tuple[Ref | None, str]:
        """By number where there is one, else by name."""
        same = self._by_name.get(name_key(clean_name(name)), [])
        if number:
            found = self._by_number.get(number)
            return (found, "") if found in same else (None, "number.other_person" if found else "name.unknown")
        if len(same) == 1:
            return same[0], ""
        return None, "name.several" if same else "name.unknown"
