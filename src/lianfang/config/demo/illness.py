"""Who is ill, away or late in the demo, and when. Pure: the same seed, days and people give the same answer.

Rates: absence through illness about 0.3-0.6 % (Hangzhou 0.61 %, Chongqing 0.305 %), of it about a third respiratory and
a tenth gastrointestinal beyond what has no sign at all: REGULATIONS section 9. Two clusters are added for the eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

ONSET = 0.0018
WARM_UP = 5
DURATIONS = (1, 2, 3, 4, 5)
DURATION_WEIGHTS = (30, 25, 20, 15, 10)
PERSONAL, LATE, UNWELL = 0.003, 0.004, 0.0015


@dataclass(frozen=True)
class Picture:
    """How an illness shows itself. `celsius` is the range on the first day, None without fever."""

    symptoms: tuple[str, ...]
    celsius: tuple[float, float] | None
    diagnosis: str


INFLUENZA = Picture(("fever", "cough", "sore_throat"), (38.2, 39.6), "流感样病例")
GASTRO = Picture(("vomiting", "diarrhoea", "abdominal_pain"), (36.8, 37.4), "急性胃肠炎")
PICTURES = (
    (INFLUENZA, 22),
    (Picture(("cough", "runny_nose"), None, "上呼吸道感染"), 22),
    (Picture(("fever",), (37.8, 38.9), "发热待查"), 14),
    (GASTRO, 12),
    (Picture(("fever", "rash"), (37.9, 38.8), "水痘"), 2),
    (Picture(("red_eyes", "eye_discharge"), None, "结膜炎"), 4),
    (Picture(("headache", "fatigue"), None, ""), 14),
    (Picture(("other",), None, ""), 10),
)


@dataclass(frozen=True)
class Spell:
    """Ill from one place in the list of days to another (both included; the first may lie before the list)."""

    first: int
    last: int
    picture: Picture
    celsius: str

    def covers(self, place: int) -> bool:
        return self.first <= place <= self.last


@dataclass(frozen=True)
class Cluster:
    """`people` fall ill one after another: so many on each place of the list of days."""

    people: Sequence[int]
    growth: dict[int, int]
    picture: Picture
    length: int


def spells_of(seed: int, person: int, days: int) -> list[Spell]:
    """The illnesses of one person within `days` days."""
    random = Random(seed * 1_000_003 + person)
    found: list[Spell] = []
    place = -WARM_UP
    while place < days:
        if random.random() < ONSET:
            length = random.choices(DURATIONS, DURATION_WEIGHTS)[0]
            picture = random.choices([p for p, _w in PICTURES], [w for _p, w in PICTURES])[0]
            spell = Spell(place, place + length - 1, picture, _celsius(random, picture))
            if spell.last >= 0:
                found.append(spell)
            place += length + 2
        place += 1
    return found


def spells_of_cluster(seed: int, cluster: Cluster) -> dict[int, Spell]:
    """Person → their illness; as many as there are people and places for them."""
    random = Random(seed + len(cluster.people))
    people = list(cluster.people)
    random.shuffle(people)
    found: dict[int, Spell] = {}
    for place, number in sorted(cluster.growth.items()):
        for person in people[len(found) : len(found) + number]:
            found[person] = Spell(place, place + cluster.length - 1, cluster.picture, _celsius(random, cluster.picture))
    return found


def _celsius(random: Random, picture: Picture) -> str:
    return f"{random.uniform(*picture.celsius):.1f}" if picture.celsius else ""


def other_mark(seed: int, person: int, place: int) -> str:
    """What else is to be noted of a person who is not ill: "personal", "late", "unwell" or ""."""
    chance = Random((seed * 1_000_003 + person) * 97 + place).random()
    for name, share in (("personal", PERSONAL), ("late", LATE), ("unwell", UNWELL)):
        if chance < share:
            return name
        chance -= share
    return ""
