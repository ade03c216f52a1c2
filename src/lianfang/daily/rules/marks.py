from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from lianfang.daily.rules import faults
from lianfang.daily.rules.faults import Fault
from lianfang.daily.rules.readings import SaidInput, plain, read_said
from lianfang.daily.rules.vocabulary import CountsAs, Vocabulary

PRESENT, LATE, LEFT_EARLY, ABSENT = "present", "late", "left_early", "absent"
PRESENCES = (PRESENT, LATE, LEFT_EARLY, ABSENT)
TEXT_LIMIT, NOTE_LIMIT = 100, 500
_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class MarkInput:
    """One exception as it came in."""

    person_id: int
    presence: str
    cause: str = ""
    symptoms: Sequence[str] = ()
    temperature: str | float | Decimal | None = None
    site: str = ""
    instrument: str = ""
    onset: date | None = None
    diagnosis: str = ""
    hospital: str = ""
    note: str = ""
    answers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """One exception as it is kept. `counts_as` is the column of an absence, None for who is here."""

    person_id: int
    presence: str
    cause: str = ""
    symptoms: tuple[str, ...] = ()
    temperature: Decimal | None = None
    site: str = ""
    instrument: str = ""
    fever: bool = False
    onset: date | None = None
    diagnosis: str = ""
    hospital: str = ""
    note: str = ""
    answers: tuple[int, ...] = ()
    counts_as: CountsAs | None = None

    @property
    def absent(self) -> bool:
        return self.presence == ABSENT

    @property
    def symptomatic(self) -> bool:
        """A symptom or a fever, whether at school or away."""
        return self.fever or bool(self.symptoms)

    @property
    def well(self) -> bool:
        """Here in time and without complaint: the mark only says that somebody looked."""
        return self.presence == PRESENT and not self.symptomatic


def read_mark(raw: MarkInput, day: date, words: Vocabulary) -> tuple[Mark | None, list[Fault]]:
    """The mark, or what is wrong with it (then None). Whether the person is on the roll is asked in `read_marks`."""
    if raw.presence not in PRESENCES:
        return None, [Fault("presence", "presence.unknown", faults.PRESENCE)]
    absent = raw.presence == ABSENT
    said, found = read_said(
        SaidInput(raw.temperature, raw.site, raw.instrument, raw.symptoms, absent, raw.cause), words
    )
    if raw.onset is not None and raw.onset > day:
        found.append(Fault("onset", "onset.after_day", faults.ONSET_AFTER.format(day=day.isoformat())))
    elif raw.onset is not None and raw.onset < day - _YEAR:
        found.append(Fault("onset", "onset.too_old", faults.ONSET_OLD))
    for field, text, limit in (
        ("diagnosis", raw.diagnosis, TEXT_LIMIT),
        ("hospital", raw.hospital, TEXT_LIMIT),
        ("note", raw.note, NOTE_LIMIT),
    ):
        if len(text) > limit:
            found.append(Fault(field, "text.too_long", faults.TOO_LONG.format(limit=limit)))
    if said is None or found:
        return None, found
    return (
        Mark(
            person_id=raw.person_id,
            presence=raw.presence,
            cause=said.cause,
            symptoms=said.symptoms,
            temperature=said.temperature,
            site=said.site,
            instrument=said.instrument,
            fever=said.fever,
            onset=raw.onset,
            diagnosis=plain(raw.diagnosis),
            hospital=plain(raw.hospital),
            note=plain(raw.note),
            answers=tuple(sorted(set(raw.answers))),
            counts_as=words.counts_as(said.cause) if absent else None,
        ),
        [],
    )


def read_marks(
    raws: Sequence[MarkInput],
    roll: Mapping[int, str],
    left: Mapping[int, tuple[str, date]],
    all_well: bool,
    day: date,
    words: Vocabulary,
) -> tuple[dict[int, Mark], list[Fault]]:
    """All marks of a check by person, and everything wrong with them.

    `roll` gives the names of those on the roll that day by person id; `left` the name and first day away of those
    who once were. Fields are "marks.<index>.<field>".
    """
    marks: dict[int, Mark] = {}
    found: list[Fault] = []
    for index, raw in enumerate(raws):
        prefix = f"marks.{index}"
        name = roll.get(raw.person_id)
        if name is None:
            found.append(_off_the_roll(raw.person_id, left).under(prefix))
            continue
        if raw.person_id in marks:
            found.append(Fault(f"{prefix}.person_id", "person.twice", faults.TWICE.format(name=name)))
            continue
        mark, wrong = read_mark(raw, day, words)
        found.extend(fault.under(prefix) for fault in wrong)
        if mark is not None:
            marks[raw.person_id] = mark
    if all_well and any(not mark.well for mark in marks.values()):
        found.append(Fault("all_well", "all_well.with_exceptions", faults.ALL_WELL))
    return marks, found


def _off_the_roll(person_id: int, left: Mapping[int, tuple[str, date]]) -> Fault:
    if person_id in left:
        name, day = left[person_id]
        return Fault("person_id", "person.left", faults.LEFT.format(name=name, day=day.isoformat()))
    return Fault("person_id", "person.not_on_roll", faults.NOT_ON_ROLL.format(person=person_id))
