"""Evaluation of cluster rules: all facts at once, or one fact at a time."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from lianfang.engines.clusters.model import CaseFact, ClusterAnswer, ClusterRule
from lianfang.engines.clusters.spells import (
    Entry,
    candidates,
    entry,
    full_days,
    reach,
    spells_of,
    tally,
    window_of,
)
from lianfang.kernel.decisions import Decision, Reason

StreamId = tuple[int, str, str, str]
"""Index of the rule, kind of place, place, key."""


class RuleBook:
    """Rules found by what a fact shows, so that a fact meets only the rules that it can touch."""

    def __init__(self, rules: Sequence[ClusterRule]) -> None:
        self.rules = tuple(rules)
        self._by_syndrome: dict[str, list[int]] = {}
        self._by_disease: dict[str, list[int]] = {}
        self._any_syndrome: list[int] = []
        self._absence: list[int] = []
        for number, rule in enumerate(self.rules):
            if rule.measure == "new_absences":
                self._absence.append(number)
                continue
            if rule.alike and not rule.syndromes:
                self._any_syndrome.append(number)
            for syndrome in rule.syndromes:
                self._by_syndrome.setdefault(syndrome, []).append(number)
            if rule.disease is not None and not rule.alike:
                self._by_disease.setdefault(rule.disease, []).append(number)

    def touched(self, fact: CaseFact) -> Iterator[StreamId]:
        """Yield every stream in which the fact counts."""
        numbers = set(self._any_syndrome) if fact.syndromes else set()
        for syndrome in fact.syndromes:
            numbers.update(self._by_syndrome.get(syndrome, ()))
        for disease in fact.diseases:
            numbers.update(self._by_disease.get(disease, ()))
        if fact.new_absence:
            numbers.update(self._absence)
        for number in sorted(numbers):
            rule = self.rules[number]
            keys = rule.keys(fact)
            for kind in rule.place_kinds if keys else ():
                place = fact.places.get(kind)
                if place is not None:
                    for key in keys:
                        yield (number, kind, place, key)


def evaluate(rules: Sequence[ClusterRule], facts: Iterable[CaseFact]) -> list[ClusterAnswer]:
    """Return every spell in which a rule held, ordered by day, rule and place. Pure: no clock, no state."""
    book = RuleBook(rules)
    streams: dict[StreamId, list[Entry]] = {}
    for fact in facts:
        made: dict[str, Entry] = {}  # one for each basis: streams share it
        for stream_id in book.touched(fact):
            rule = book.rules[stream_id[0]]
            item = made.get(rule.basis)
            if item is None:
                item = made[rule.basis] = entry(fact, rule)
            streams.setdefault(stream_id, []).append(item)
    answers: list[ClusterAnswer] = []
    for (number, kind, place, key), stream in streams.items():
        rule = book.rules[number]
        if len(stream) < rule.fewest:
            continue
        stream.sort(key=_order)
        days: dict[int, int] = {}
        for first, last in candidates(rule, stream):
            days.update(full_days(rule, stream, first, last))
        if days:
            answers += spells_of(rule, kind, place, key, stream, days)
    return sorted(answers, key=_by_day)


class ClusterIndex:
    """The same answers, kept up to date fact by fact.

    A new fact re-evaluates only the windows that can contain its day, in the streams that it touches. Not safe for use
    by several threads at once. The order in which facts arrive does not matter.
    """

    def __init__(self, rules: Sequence[ClusterRule], facts: Iterable[CaseFact] = ()) -> None:
        self.book = RuleBook(rules)
        self._facts: dict[str, CaseFact] = {}
        self._streams: dict[StreamId, list[Entry]] = {}
        self._days: dict[StreamId, dict[int, int]] = {}
        for fact in facts:
            self._file(fact)
        for stream_id, stream in self._streams.items():
            rule = self.book.rules[stream_id[0]]
            stream.sort(key=_order)
            for first, last in candidates(rule, stream):
                self._days.setdefault(stream_id, {}).update(full_days(rule, stream, first, last))

    def _file(self, fact: CaseFact) -> list[StreamId]:
        if fact.id in self._facts:
            raise ValueError(f"fact {fact.id} was added before; withdraw it first")
        self._facts[fact.id] = fact
        touched = list(self.book.touched(fact))
        for stream_id in touched:
            self._streams.setdefault(stream_id, []).append(entry(fact, self.book.rules[stream_id[0]]))
        return touched

    def add(self, fact: CaseFact) -> list[ClusterAnswer]:
        """Add a fact; return the answers that it raised or changed. ``ValueError`` if its id is known."""
        if fact.id in self._facts:
            raise ValueError(f"fact {fact.id} was added before; withdraw it first")
        self._facts[fact.id] = fact
        changed: list[ClusterAnswer] = []
        for stream_id in self.book.touched(fact):
            stream = self._streams.setdefault(stream_id, [])
            item = entry(fact, self.book.rules[stream_id[0]])
            insort(stream, item, key=_order)
            changed += self._refresh(stream_id, item[0])
        return sorted(changed, key=_by_day)

    def withdraw(self, fact_id: str) -> list[ClusterAnswer]:
        """Take a fact back (a correction); return what still holds on the days it counted. ``KeyError`` if unknown."""
        fact = self._facts.pop(fact_id)
        left: list[ClusterAnswer] = []
        for stream_id in self.book.touched(fact):
            item = entry(fact, self.book.rules[stream_id[0]])
            self._streams[stream_id].remove(item)
            left += self._refresh(stream_id, item[0])
        return sorted(left, key=_by_day)

    def _refresh(self, stream_id: StreamId, day: int) -> list[ClusterAnswer]:
        number, kind, place, key = stream_id
        rule, stream = self.book.rules[number], self._streams[stream_id]
        days = self._days.setdefault(stream_id, {})
        last = reach(rule, day)
        if rule.days is None and not rule.spans:
            last = stream[-1][0] if stream else day
            for old in [d for d in days if d > last]:
                del days[old]
            day = min([day, *(d + 1 for d in days)]) if day > last or not days else min(day, max(days) + 1)
        fresh = full_days(rule, stream, day, last)
        for changed in range(day, last + 1):
            days.pop(changed, None)
        days.update(fresh)
        if not days:
            return []
        low, high = day, last
        while low - 1 in days:
            low -= 1
        while high + 1 in days:
            high += 1
        near = {d: days[d] for d in range(low, high + 1) if d in days}
        return spells_of(rule, kind, place, key, stream, near)

    def answers(self) -> list[ClusterAnswer]:
        """Return every spell, as :func:`evaluate` would for the same facts."""
        found: list[ClusterAnswer] = []
        for (number, kind, place, key), days in self._days.items():
            if days:
                stream = self._streams[(number, kind, place, key)]
                found += spells_of(self.book.rules[number], kind, place, key, stream, days)
        return sorted(found, key=_by_day)

    def standing(self, rule_id: str, kind: str, place: str, key: str, now: datetime, zone: ZoneInfo) -> Decision[int]:
        """How many persons count at a place now, why, and when that number falls by time alone.

        ``now`` aware; days are those of ``zone``. The reason's facts hold ``count``, ``needed``, ``holds``, ``window``
        (first and last day), ``facts`` and ``by_report``. ``KeyError`` for an unknown rule.
        """
        number = next((i for i, rule in enumerate(self.book.rules) if rule.id == rule_id), None)
        if number is None:
            raise KeyError(rule_id)
        rule, today = self.book.rules[number], now.astimezone(zone).date().toordinal()
        window = window_of(rule, today)
        inside: list[Entry] = []
        if window is not None:
            stream = self._streams.get((number, kind, place, key), [])
            inside = [item for item in stream if window[0] <= item[0] <= window[1]]
        reason = Reason(
            rule.id,
            rule.version,
            {
                "count": len({item[2].person for item in inside}),
                "needed": rule.cases,
                "holds": bool(inside) and tally(rule, inside) > 0,
                "window": None if window is None else tuple(date.fromordinal(max(day, 1)) for day in window),
                "facts": tuple(item[1] for item in inside),
                "by_report": tuple(i for _, i, f in inside if rule.basis == "onset" and f.onset_on is None),
            },
            "clusters.standing",
        )
        return Decision(len({item[2].person for item in inside}), (reason,), _falls_at(rule, inside, zone))


def _falls_at(rule: ClusterRule, inside: list[Entry], zone: ZoneInfo) -> datetime | None:
    """Local midnight at which the oldest counted record leaves the window."""
    if not inside or (rule.days is None and not rule.spans and rule.valid_to is None):
        return None
    last = reach(rule, inside[0][0]) if rule.days is not None or rule.spans else date.max.toordinal() - 1
    if rule.valid_to is not None:
        last = min(last, rule.valid_to.toordinal() - 1)
    return datetime.combine(date.fromordinal(last + 1), datetime.min.time(), zone).astimezone(UTC)


def _order(item: Entry) -> tuple[int, str]:
    return item[:2]


def _by_day(answer: ClusterAnswer) -> tuple[date, str, str, str, str]:
    return (answer.raised_on, answer.rule_id, answer.place_kind, answer.place, answer.key)
