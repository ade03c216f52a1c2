"""What the people of the demo have on each of its days, in the words in which teachers and families enter it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random

from lianfang.config.demo.district import SEED, Demo
from lianfang.config.demo.illness import GASTRO, INFLUENZA, Cluster, Spell, other_mark, spells_of, spells_of_cluster
from lianfang.config.demo.signins import sample_class
from lianfang.daily.rules import MarkInput, SaidInput
from lianfang.foundation.models import Unit
from lianfang.people.models import Membership
from lianfang.people.reading import members_of


def below(unit: Unit, above: Unit) -> bool:
    """Whether a unit is `above` or stands below it."""
    return above.pk in unit.ancestor_ids


@dataclass
class Course:
    """Illness and absence over the days. `told` is a child of the sample class whose family says today, before the
    check, that it stays at home."""

    demo: Demo
    classes: Sequence[Unit]
    days: Sequence[date]
    today: date
    told: int

    @cached_property
    def rolls(self) -> dict[int, list[int]]:
        """Class → persons in list order, as on the first of the days."""
        found = members_of([c.pk for c in self.classes], self.days[0])
        return {unit: [m.person_id for m in listed] for unit, listed in found.items()}

    @cached_property
    def spells(self) -> dict[int, list[Spell]]:
        """Person → illnesses: those of chance and those of the two clusters."""
        people = {person for roll in self.rolls.values() for person in roll}
        found = {person: spells_of(SEED, person, len(self.days)) for person in people}
        for cluster in self._clusters():
            for person, spell in spells_of_cluster(SEED, cluster).items():
                found[person] = [spell]
        return found

    def _clusters(self) -> Iterator[Cluster]:
        """Influenza grows in a class of the primary school in the last three days; a boarding class had vomiting."""
        own = sample_class(self.demo).pk
        primary = [c for c in self.classes if below(c, self.demo.primary) and c.pk != own]
        last = len([d for d in self.days if d < self.today])
        if primary:
            chosen = self.rolls[primary[-2 if len(primary) > 1 else -1].pk]
            yield Cluster(chosen, {last - 3: 2, last - 2: 3, last - 1: 4, last: 3}, INFLUENZA, 4)
        middle = [c for c in self.classes if below(c, self.demo.middle)]
        if middle:
            chosen = self.rolls[middle[len(middle) // 2].pk]
            boarding = Membership.objects.filter(person_id__in=chosen, kind="resident", void_at=None).order_by("pk")
            yield Cluster(list(boarding.values_list("person_id", flat=True)), {last - 5: 4, last - 4: 3}, GASTRO, 2)

    def _spell(self, person: int, place: int) -> Spell | None:
        return next((s for s in self.spells.get(person, []) if s.covers(place)), None)

    def _onset(self, spell: Spell, person: int) -> date:
        first = self.days[0] + timedelta(days=spell.first) if spell.first < 0 else self.days[spell.first]
        return first - timedelta(days=person % 5 in (0, 1))

    def said(self, person: int, place: int, day: date) -> SaidInput:
        """What a family reports of a child."""
        spell = self._spell(person, place)
        if spell is None and day == self.today and person == self.told:
            return SaidInput("38.2", "axillary", "electronic", ("fever", "cough"), True, "illness")
        if spell is None:
            usual = Random(f"{SEED}/{day}/{person}").uniform(36.2, 36.9)
            return SaidInput(f"{usual:.1f}", "axillary", "electronic")
        fever = spell.celsius and place <= spell.first + 1
        return SaidInput(
            spell.celsius if fever else None,
            "axillary" if fever else "",
            "electronic" if fever else "",
            spell.picture.symptoms,
            True,
            "illness",
        )

    def marks(self, place: int, unit: Unit) -> list[MarkInput]:
        """The exceptions that a teacher notes on a day; nothing of who is present and well."""
        marks = []
        for person in self.rolls[unit.pk]:
            spell = self._spell(person, place)
            if spell is not None:
                marks.append(self._absent_ill(person, spell, place))
                continue
            if person == self.told and self.days[place] == self.today:
                marks.append(MarkInput(person, "absent", cause="illness", symptoms=("fever", "cough")))
                continue
            other = other_mark(SEED, person, place)
            if other == "personal":
                marks.append(MarkInput(person, "absent", cause="personal"))
            elif other == "late":
                marks.append(MarkInput(person, "late"))
            elif other == "unwell":
                marks.append(MarkInput(person, "present", symptoms=("runny_nose",)))
        return marks

    def _absent_ill(self, person: int, spell: Spell, place: int) -> MarkInput:
        fever = spell.celsius != "" and place <= spell.first + 1
        seen = place > spell.first and spell.picture.diagnosis != ""
        return MarkInput(
            person,
            "absent",
            cause="illness",
            symptoms=spell.picture.symptoms,
            temperature=spell.celsius if fever else None,
            site="axillary" if fever else "",
            instrument="electronic" if fever else "",
            onset=self._onset(spell, person),
            diagnosis=spell.picture.diagnosis if seen else "",
            hospital="云溪区人民医院" if seen and person % 2 else "",
        )
