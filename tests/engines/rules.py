"""Cluster rules as the shipped rule packs state them, and short ways to write facts."""

from datetime import date, timedelta

from lianfang.engines.clusters.model import CaseFact, ClusterRule
from lianfang.rulepacks.library import packs

TERM = (date(2026, 9, 1), date(2027, 1, 20))
MONDAY = date(2026, 11, 2)
EVENT_PLACES = {"any": "institution", "unit": "institution", "school": "institution"}


def of_packs(resolved=None):
    """Every cluster rule and every event threshold that counts cases, by id; ``resolved`` packs, else as shipped."""
    rules = {}
    for name, entry in (resolved or packs()).clusters.items():
        rules[name] = ClusterRule(
            id=name,
            version=packs().version,
            scope=entry.scope,
            cases=entry.cases,
            days=entry.days,
            alike=entry.alike,
            disease=None if entry.alike or entry.measure == "new_absences" else entry.disease or name,
            syndromes=frozenset(entry.syndromes),
            measure=entry.measure,
            basis=entry.basis,
            cases_below=entry.cases_below,
            lab_confirmed=entry.lab_confirmed or 0,
            linked=entry.linked,
            deaths=entry.deaths,
            valid_from=entry.valid_from,
            valid_to=entry.valid_to,
            institution_kinds=frozenset(entry.institution_kinds),
            spans=(TERM,) if entry.window == "term" else (),
        )
    for name, event in packs().events.items():
        if event.cases is None:
            continue
        rules[f"event-{name}"] = ClusterRule(
            id=f"event-{name}",
            version=packs().version,
            scope=EVENT_PLACES.get(event.place, str(event.place)),
            cases=event.cases,
            days=event.days,
            disease=event.disease or name,
            linked=event.window == "event",
            deaths=event.deaths,
            hospitalised=event.hospitalised,
            spans=(TERM,) if event.window == "term" else (),
        )
    return rules


def case(number, onset=MONDAY, *, syndromes=(), diseases=(), place="3(2)", person=None, **more):
    """A fact about pupil ``number``; she belongs to class ``place``, dormitory "D1", school "school"."""
    places = {"class": place, "dormitory": "D1", "institution": "school", "campus": "east", "county": "110113"}
    return CaseFact(
        id=more.pop("id", f"f{number}"),
        person=person or f"pupil {number}",
        reported_on=more.pop("reported_on", onset),
        onset_on=onset,
        places=more.pop("places", places),
        syndromes=frozenset(syndromes),
        diseases=frozenset(diseases),
        **more,
    )


def fitting(rule, number, onset, place="3(2)", **more):
    """A fact that counts under ``rule``."""
    if rule.measure == "new_absences":
        more.setdefault("new_absence", True)
    elif rule.alike:
        more.setdefault("syndromes", {"gastrointestinal"})
    else:
        more.setdefault("diseases", {rule.disease})
    if rule.linked:
        more.setdefault("link", "lunch")
    if rule.institution_kinds:
        more.setdefault("institution_kind", min(rule.institution_kinds))
    more.setdefault("lab_confirmed", rule.lab_confirmed > 0)
    places = {kind: f"{kind} {place}" for kind in rule.place_kinds}
    return case(number, onset, places=more.pop("places", places), **more)


def day(number):
    """The ``number``-th day after a Monday."""
    return MONDAY + timedelta(days=number)
