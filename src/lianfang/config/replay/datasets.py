"""The two data sets, read into one shape: who, where, and what a teacher would have seen on each day.

Both files are described in `lianfang/data/README.md`. Days are shifted by one constant into a present school term; days
between events stay as they were (dates of 1861 are local mean time, before zones).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources

from lianfang.rulepacks import packs

ALL_WEEK = (0, 1, 2, 3, 4, 5, 6)
SCHOOL_WEEK = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of days on which one person is absent through illness: [begins, ends)."""

    begins: date
    ends: date
    symptoms: tuple[str, ...]
    diagnosis: str


@dataclass(frozen=True, slots=True)
class Fever:
    """A temperature that the file gives for a day, °C."""

    day: date
    celsius: Decimal


@dataclass(frozen=True, slots=True)
class Child:
    """One row of a file. `household` groups siblings; `died` ends the membership."""

    key: str
    klass: str
    sex: str
    age: float | None
    household: str
    spells: tuple[Spell, ...]
    onset: date | None
    fever: Fever | None = None
    died: date | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set, already shifted by `shift`. `classes` in the order in which a school lists them, youngest first."""

    name: str
    title: str
    kind: str
    weekdays: tuple[int, ...]
    children: Sequence[Child]
    first: date
    last: date
    shift: timedelta
    disease: str
    classes: Sequence[str]


def rows(file: str) -> list[dict[str, str]]:
    """The rows of a packaged CSV file."""
    text = resources.files("lianfang.data").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def day(text: str) -> date | None:
    """An ISO date, or None for an empty cell."""
    return date.fromisoformat(text) if text else None


def shift_to(first: date, target: date) -> timedelta:
    """The constant that brings `first` to the Monday on or after `target`."""
    return target + timedelta(days=-target.weekday() % 7) - first


def hagelloch(target: date) -> Dataset:
    """Measles in Hagelloch, 1861-62: all 188 children who caught it; two school classes and those below school age.

    The file says when a child fell ill and when the rash came, not when it came back: absence lasts until the exclusion
    of the measles profile is over (rash + 5 days; rule packs, diseases/measles).
    """
    raw = rows("hagelloch_measles_1861.csv")
    onsets = [date.fromisoformat(r["prodrome_onset"]) for r in raw]
    shift = shift_to(min(onsets), target)
    hours = packs().diseases["measles"].courses_for()[0].parts[0].hours
    classes = {"preschool": "学前班", "1st class": "一年级班", "2nd class": "二年级班"}
    children = []
    for r in raw:
        onset, rash = date.fromisoformat(r["prodrome_onset"]) + shift, date.fromisoformat(r["rash_onset"]) + shift
        died = day(r["died_on"])
        gone = died + shift if died else None
        back = rash + timedelta(hours=hours)
        ends = min(back, gone) if gone else back
        before = Spell(onset, min(rash, ends), ("fever", "cough", "runny_nose", "red_eyes"), "")
        after = Spell(rash, ends, ("fever", "rash"), "麻疹")
        fever = None
        if r["max_fever_c"] and r["max_fever_day"]:
            fever = Fever(rash + timedelta(days=int(float(r["max_fever_day"]))), Decimal(r["max_fever_c"]))
        children.append(
            Child(
                key=r["child_id"],
                klass=classes[r["school_class"]],
                sex=r["sex"],
                age=float(r["age_years"]),
                household=r["house_no"],
                spells=tuple(s for s in (before, after) if s.begins < s.ends),
                onset=onset,
                fever=fever,
                died=gone,
            )
        )
    last = max(s.ends for c in children for s in c.spells)  # the first day on which everybody may be back
    return Dataset(
        "hagelloch",
        "哈格洛赫村学校（1861年麻疹重放）",
        "school",
        SCHOOL_WEEK,
        children,
        min(onsets) + shift,
        last,
        shift,
        "measles",
        tuple(classes.values()),
    )


def boarding_school(target: date) -> Dataset:
    """Influenza in an English boarding school, 1978: 763 boys by form, confined to bed and convalescent by day.

    The line list is synthetic; its daily totals equal the published counts. Boarders are checked every day of the week.
    """
    raw = rows("boarding_school_influenza_1978_linelist_synthetic.csv")
    firsts = [date.fromisoformat(r["confined_on"]) for r in raw if r["confined_on"]]
    shift = shift_to(min(firsts), target)
    # The published counts end on 4 February; who was still ill then stays so to the end of the replay.
    published = max(date.fromisoformat(r["date"]) for r in rows("boarding_school_influenza_1978.csv"))
    open_end = published + timedelta(days=1)
    children = []
    for r in raw:
        bed, better, well = day(r["confined_on"]), day(r["convalescent_on"]), day(r["well_on"])
        spells: list[Spell] = []
        if bed is not None:
            spells.append(Spell(bed + shift, (better or open_end) + shift, ("fever", "cough", "sore_throat"), "卧床"))
        if better is not None:
            spells.append(Spell(better + shift, (well or open_end) + shift, (), "康复期"))
        children.append(
            Child(
                key=r["boy_id"],
                klass=f"{r['form']}班",
                sex="male",
                age=None,
                household="",
                spells=tuple(s for s in spells if s.begins < s.ends),
                onset=bed + shift if bed else None,
            )
        )
    last = published + shift
    return Dataset(
        "boarding-school",
        "英国寄宿学校（1978年流感重放）",
        "school",
        ALL_WEEK,
        children,
        min(firsts) + shift,
        last,
        shift,
        "influenza",
        sorted({child.klass for child in children}),
    )


DATASETS = {"hagelloch": hagelloch, "boarding-school": boarding_school}
