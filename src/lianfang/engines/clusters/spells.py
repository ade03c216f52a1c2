"""Sliding windows over one stream: the days on which a rule is fulfilled at one place for one key."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date, timedelta

from lianfang.engines.clusters.model import CaseFact, ClusterAnswer, ClusterRule

Entry = tuple[int, str, CaseFact]
"""Day (proleptic ordinal), id, fact; streams are kept in this order."""
FOREVER = date.max.toordinal()


def entry(fact: CaseFact, rule: ClusterRule) -> Entry:
    """Return the stream entry of a fact under a rule."""
    return (fact.day(rule.basis).toordinal(), fact.id, fact)


def window_of(rule: ClusterRule, day: int) -> tuple[int, int] | None:
    """Return first and last day of the window that ends on ``day``; ``None`` outside the rule's validity or spans."""
    if rule.valid_from is not None and day < rule.valid_from.toordinal():
        return None
    if rule.valid_to is not None and day >= rule.valid_to.toordinal():
        return None
    if rule.days is not None:
        return day - rule.days + 1, day
    for begin, end in rule.spans:
        if begin.toordinal() <= day <= end.toordinal():
            return begin.toordinal(), day
    return None if rule.spans else (0, day)


def reach(rule: ClusterRule, day: int) -> int:
    """Return the last day whose window can contain ``day``."""
    if rule.days is not None:
        return day + rule.days - 1
    for begin, end in rule.spans:
        if begin.toordinal() <= day <= end.toordinal():
            return end.toordinal()
    return day


def tally(rule: ClusterRule, inside: Iterable[Entry]) -> int:
    """Return the number of distinct persons if the rule is fulfilled by these entries, else 0."""
    persons, confirmed, hospitalised, died = set(), set(), set(), set()
    for _, _, fact in inside:
        persons.add(fact.person)
        if fact.lab_confirmed:
            confirmed.add(fact.person)
        if fact.hospitalised:
            hospitalised.add(fact.person)
        if fact.died:
            died.add(fact.person)
    return len(persons) if rule.met(len(persons), len(confirmed), len(hospitalised), len(died)) else 0


def full_days(rule: ClusterRule, stream: list[Entry], first: int, last: int) -> dict[int, int]:
    """Return day → number of persons for the days from ``first`` to ``last`` on which the rule is fulfilled."""
    found: dict[int, int] = {}
    for day in range(first, last + 1):
        window = window_of(rule, day)
        if window is None:
            continue
        low = bisect_left(stream, (window[0],))
        high = bisect_right(stream, (window[1] + 1,), lo=low)
        if high - low >= rule.fewest:
            count = tally(rule, stream[low:high])
            if count:
                found[day] = count
    return found


def candidates(rule: ClusterRule, stream: list[Entry]) -> list[tuple[int, int]]:
    """Return disjoint ranges of days outside of which the rule cannot be fulfilled."""
    need = rule.fewest
    if len(stream) < need:
        return []
    ranges: list[tuple[int, int]] = []
    for i in range(len(stream) - need + 1):
        begin, full = stream[i][0], stream[i + need - 1][0]
        if rule.days is not None and full - begin >= rule.days:
            continue
        last = reach(rule, full)
        if rule.days is None and not rule.spans:
            last = stream[-1][0]
        if ranges and full <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], last))
        else:
            ranges.append((full, last))
    return ranges


def spells_of(
    rule: ClusterRule, kind: str, place: str, key: str, stream: list[Entry], days: dict[int, int]
) -> list[ClusterAnswer]:
    """Join consecutive full days into answers, oldest first. A rule without any time limit lasts for ever."""
    answers: list[ClusterAnswer] = []
    ordered = sorted(days)
    begin = 0
    for i, day in enumerate(ordered):
        if i + 1 < len(ordered) and ordered[i + 1] == day + 1:
            continue
        answers.append(_answer(rule, kind, place, key, stream, days, ordered[begin], day))
        begin = i + 1
    return answers


def _answer(
    rule: ClusterRule, kind: str, place: str, key: str, stream: list[Entry], days: dict[int, int], first: int, last: int
) -> ClusterAnswer:
    window = window_of(rule, first)
    low = bisect_left(stream, (window[0] if window else first,))
    inside = stream[low : bisect_right(stream, (last + 1,), lo=low)]
    unlimited = rule.days is None and not rule.spans and last == stream[-1][0]
    ends: date | None = date.fromordinal(last)
    if unlimited:
        ends = None if rule.valid_to is None else rule.valid_to - timedelta(days=1)
    return ClusterAnswer(
        rule_id=rule.id,
        version=rule.version,
        place_kind=kind,
        place=place,
        key=key,
        raised_on=date.fromordinal(first),
        lasts_to=ends or date.max,
        count=max(days[day] for day in range(first, last + 1)),
        needed=rule.cases,
        facts=tuple(fact_id for _, fact_id, _ in inside),
        by_report=tuple(i for _, i, fact in inside if rule.basis == "onset" and fact.onset_on is None),
    )
