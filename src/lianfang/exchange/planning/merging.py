"""One child under two spellings: proposed where birthday and a phone number agree and the names are alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lianfang.exchange.planning.guardians import Guardian
from lianfang.exchange.planning.people import Draft
from lianfang.exchange.planning.state import Known, State
from lianfang.exchange.rules import similar_names


class Merges:
    """Looks at rows whose child is not known. Twins agree in birthday and phone too, so a person always decides."""

    def __init__(self, state: State, drafts: Sequence[Draft]) -> None:
        self.state = state
        self.claimed = {draft.known.person_id for draft in drafts if draft.known is not None}
        self._first: dict[tuple[date, str], list[Draft]] = {}

    def look(self, draft: Draft, guardians: Sequence[Guardian]) -> None:
        """Set `merge` ("contact" with `known`, or "row" for an earlier row of the sheet) where a person should decide."""
        born = draft.fields.birth_date
        if born is None or draft.change.errors or draft.merge:
            return
        phones = {fields.phone_index for fields, _relation in guardians} | {draft.fields.phone_index}
        keys = [(born, phone) for phone in sorted(phones - {""})]
        if draft.known is None and draft.elsewhere is None:
            known = next((k for key in keys for k in self.state.by_contact.get(key, []) if self._known(draft, k)), None)
            if known is not None:
                draft.known, draft.merge = known, "contact"
                self.claimed.add(known.person_id)
                draft.change.differ("merge", known.name, draft.fields.name)
            else:
                earlier = next((d for key in keys for d in self._first.get(key, []) if _twice(draft, d)), None)
                if earlier is not None:
                    draft.merge = "row"
                    draft.change.differ(
                        "merge_row", str(earlier.row.number), draft.fields.name, name=earlier.fields.name
                    )
        for key in keys:
            self._first.setdefault(key, []).append(draft)

    def _known(self, draft: Draft, known: Known) -> bool:
        number, document = draft.row.get("number"), draft.fields.id_index
        return (
            known.person_id not in self.claimed
            and similar_names(known.name_key, draft.fields.name_key)
            and not (number and known.number and number != known.number)
            and not (document and known.id_index and document != known.id_index)
        )


def _twice(one: Draft, other: Draft) -> bool:
    numbers = {one.row.get("number"), other.row.get("number")} - {""}
    documents = {one.fields.id_index, other.fields.id_index} - {""}
    alike = similar_names(one.fields.name_key, other.fields.name_key)
    return alike and one.fields.name_key != other.fields.name_key and len(numbers) < 2 and len(documents) < 2
