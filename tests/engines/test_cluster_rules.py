"""Boundary cases of every statutory rule, as the shipped packs state them."""

import csv
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engines.clusters.evaluator import ClusterIndex, evaluate
from lianfang.engines.clusters.model import CaseFact, ClusterRule
from lianfang.rulepacks.checking import variant_override
from lianfang.rulepacks.library import packs
from tests.engines.reference import dataset
from tests.engines.rules import MONDAY, TERM, case, day, fitting, of_packs

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = of_packs()
IN_FORCE = {name: rule for name, rule in RULES.items() if rule.valid_to is None or rule.valid_to > MONDAY}
DATED = {name: rule for name, rule in IN_FORCE.items() if rule.days is not None}


def beginning(rule):
    return max(MONDAY, rule.valid_from or MONDAY)


def held(rule, facts):
    return {(a.place, a.count) for a in evaluate([rule], facts)}


@pytest.mark.parametrize("name", IN_FORCE)
def test_one_case_fewer_does_not_hold_and_the_number_itself_does(name):
    rule = IN_FORCE[name]
    first = beginning(rule)
    facts = [fitting(rule, i, first) for i in range(rule.cases)]
    assert evaluate([rule], facts[:-1]) == []
    answers = evaluate([rule], facts)
    assert {a.place_kind for a in answers} == set(rule.place_kinds)
    assert all(a.count == rule.cases == a.needed and a.raised_on == first for a in answers)
    assert all((a.rule_id, a.version) == (rule.id, rule.version) for a in answers)
    assert all(sorted(a.facts) == sorted(f.id for f in facts) for a in answers)


@pytest.mark.parametrize("name", DATED)
def test_the_window_includes_its_last_day_and_not_the_next(name):
    rule = DATED[name]
    first = beginning(rule)
    early = [fitting(rule, i, first) for i in range(rule.cases - 1)]
    inside = fitting(rule, 99, first + timedelta(days=rule.days - 1))
    outside = fitting(rule, 99, first + timedelta(days=rule.days))
    if rule.cases > 1:
        assert evaluate([rule], [*early, outside]) == []
    (answer, *_) = evaluate([rule], [*early, inside])
    assert answer.raised_on == inside.onset_on
    assert answer.lasts_to == (inside.onset_on if rule.cases > 1 else inside.onset_on + timedelta(days=rule.days - 1))


@pytest.mark.parametrize("name", [n for n, r in IN_FORCE.items() if r.cases > 1])
def test_cases_of_two_places_are_not_added_up(name):
    rule = IN_FORCE[name]
    facts = [fitting(rule, i, beginning(rule), place=str(i % 2)) for i in range(rule.cases)]
    assert evaluate([rule], facts) == []


@pytest.mark.parametrize("name", [n for n, r in IN_FORCE.items() if r.cases > 1])
def test_one_person_counts_once(name):
    rule = IN_FORCE[name]
    facts = [fitting(rule, i, beginning(rule), person="Lin") for i in range(rule.cases)]
    assert evaluate([rule], facts) == []


@pytest.mark.parametrize("name", [n for n, r in IN_FORCE.items() if r.deaths])
def test_deaths_are_an_alternative(name):
    rule = IN_FORCE[name]
    facts = [fitting(rule, i, MONDAY, died=True) for i in range(rule.deaths)]
    assert evaluate([rule], facts[:-1]) == [] or rule.cases < rule.deaths
    assert evaluate([rule], facts)


def test_five_in_hospital_are_an_event():
    rule = RULES["event-influenza"]
    facts = [fitting(rule, i, MONDAY, hospitalised=True) for i in range(5)]
    assert evaluate([rule], facts[:4]) == []
    assert held(rule, facts) == {("institution 3(2)", 5)}


def test_a_rule_without_a_window_holds_for_a_term():
    rule = RULES["tuberculosis-visit"]
    facts = [fitting(rule, 1, TERM[0]), fitting(rule, 2, TERM[1])]
    (answer,) = evaluate([rule], facts)
    assert (answer.raised_on, answer.lasts_to) == (TERM[1], TERM[1])
    assert evaluate([rule], [facts[0], fitting(rule, 2, TERM[1] + timedelta(days=1))]) == []


def test_a_rule_without_any_limit_holds_for_ever():
    rule = RULES["event-plague"]
    (answer,) = evaluate([rule], [fitting(rule, 1, MONDAY)])
    assert answer.active(date(2030, 1, 1))
    assert answer.changes_at(SHANGHAI) is None


def test_below_the_next_rule():
    rule = RULES["hfmd-institution"]
    facts = [fitting(rule, i, MONDAY) for i in range(10)]
    assert {a.count for a in evaluate([rule], facts[:9])} == {9}
    assert evaluate([rule], facts) == []
    assert evaluate([RULES["hfmd-outbreak"]], facts)


def test_laboratory_confirmation_and_link_are_asked_for():
    rule = RULES["norovirus"]
    confirmed = [fitting(rule, i, MONDAY) for i in range(2)]
    unconfirmed = [fitting(rule, i, MONDAY, lab_confirmed=False) for i in range(2, 5)]
    assert evaluate([rule], [*confirmed, *unconfirmed])
    assert evaluate([rule], [confirmed[0], *unconfirmed, fitting(rule, 9, MONDAY, lab_confirmed=False)]) == []
    unlinked = [fitting(rule, i, MONDAY, link=None) for i in range(2, 5)]
    assert evaluate([rule], [*confirmed, *unlinked]) == []


def test_a_rule_counts_only_while_in_force():
    rule = RULES["covid-2022"]
    inside = [fitting(rule, i, date(2022, 6, 27)) for i in range(2)]
    before = [fitting(rule, i, date(2022, 6, 18)) for i in range(2)]
    assert evaluate([rule], inside)
    assert evaluate([rule], before) == []


@pytest.mark.parametrize("on, name", [(date(2023, 1, 7), "covid-2022"), (date(2023, 1, 8), "covid-2023")])
def test_the_day_on_which_one_rule_follows_another_belongs_to_the_later_one(on, name):
    rules = [RULES["covid-2022"], RULES["covid-2023"]]
    facts = [fitting(rules[0], i, on) for i in range(10)]
    (answer,) = [a for a in evaluate(rules, facts) if a.active(on)]
    assert answer.rule_id == name


def test_a_rule_that_ends_ends_its_answer():
    rule = ClusterRule("old", "1", "class", 1, None, disease="plague", valid_to=day(3))
    (answer,) = evaluate([rule], [case(1, diseases={"plague"})])
    assert (answer.raised_on, answer.lasts_to) == (MONDAY, day(2))
    index = ClusterIndex([rule], [case(1, diseases={"plague"})])
    now = index.standing("old", "class", "3(2)", "plague", datetime(2026, 11, 2, 3, 0, tzinfo=UTC), SHANGHAI)
    assert now.changes_at == answer.changes_at(SHANGHAI) == datetime(2026, 11, 4, 16, 0, tzinfo=UTC)


ALIKE = [
    ("three with diarrhoea", [{"gastrointestinal"}] * 3, {"gastrointestinal"}),
    ("two with diarrhoea, one with rash", [{"gastrointestinal"}] * 2 + [{"fever_rash"}], set()),
    (
        "each pair shares one, all three none",
        [{"gastrointestinal", "fever_rash"}, {"fever_rash", "parotid"}, {"parotid", "gastrointestinal"}],
        set(),
    ),
    (
        "influenza-like is also respiratory",
        [{"influenza_like", "acute_respiratory"}] * 2 + [{"acute_respiratory"}],
        {"acute_respiratory"},
    ),
    ("no syndrome", [set()] * 3, set()),
]


@pytest.mark.parametrize("what, syndromes, expected", ALIKE, ids=[row[0] for row in ALIKE])
def test_alike_means_sharing_one_syndrome(what, syndromes, expected):
    facts = [case(i, MONDAY, syndromes=s) for i, s in enumerate(syndromes)]
    assert {a.key for a in evaluate([RULES["alike-1-day"]], facts)} == expected


def test_class_and_dormitory_are_counted_apart():
    facts = [case(i, MONDAY, syndromes={"jaundice"}, place=f"3({i})") for i in range(3)]
    (answer,) = evaluate([RULES["alike-1-day"]], facts)
    assert (answer.place_kind, answer.place) == ("dormitory", "D1")


def test_unknown_onset_counts_by_report_and_is_marked():
    facts = [case(i, MONDAY, syndromes={"parotid"}) for i in range(2)]
    facts.append(case(2, None, syndromes={"parotid"}, reported_on=MONDAY))
    for answer in evaluate([RULES["alike-1-day"]], facts):
        assert answer.by_report == ("f2",)
    assert (
        evaluate([RULES["alike-1-day"]], [*facts[:2], case(2, None, syndromes={"parotid"}, reported_on=day(1))]) == []
    )


SHUNYI = [
    ("class", 1, "middle", 3),
    ("class", 1, "primary", 5),
    ("institution", 1, "middle", 8),
    ("institution", 1, "primary", 10),
    ("class", 7, "middle", 6),
    ("class", 7, "primary", 7),
    ("institution", 7, "middle", 16),
    ("institution", 7, "primary", 18),
]


@pytest.mark.parametrize("scope, days, kind, number", SHUNYI)
def test_absence_thresholds_of_a_county_apply_to_their_kind_of_school(scope, days, kind, number):
    (rule,) = [
        r
        for r in RULES.values()
        if (r.measure, r.scope, r.days, r.institution_kinds) == ("new_absences", scope, days, {kind})
    ]
    facts = [fitting(rule, i, day(i % days)) for i in range(number)]
    assert evaluate([rule], facts[:-1]) == []
    assert {a.count for a in evaluate([rule], facts)} == {number}
    other = "primary" if kind == "middle" else "middle"
    assert evaluate([rule], [fitting(rule, i, MONDAY, institution_kind=other) for i in range(number)]) == []
    assert evaluate([rule], [fitting(rule, i, MONDAY, new_absence=False) for i in range(number)]) == []


@pytest.mark.parametrize("name", ["rubella", "varicella"])
def test_the_variant_of_fourteen_days(name):
    chosen = variant_override(f"clusters.{name}", packs().clusters[name].variants["window-14-days"])
    wider = of_packs(packs().scoped((), [chosen], on=MONDAY))[name]
    facts = [fitting(wider, i, MONDAY) for i in range(4)]
    within, after = fitting(wider, 4, day(13)), fitting(wider, 4, day(14))
    assert held(wider, [*facts, within]) == {("institution 3(2)", 5)}
    assert evaluate([wider], [*facts, after]) == []
    assert evaluate([RULES[name]], [*facts, within]) == []


def test_norovirus_in_huzhou():
    """S7: 10 within 7 days, no laboratory asked for; the shipped default is 5 within 3 days, 2 of them confirmed."""
    rule = of_packs(packs().scoped(["330502"], on=MONDAY))["norovirus"]
    facts = [fitting(rule, i, day(0 if i < 9 else 6), lab_confirmed=False) for i in range(10)]
    assert evaluate([rule], facts[:-1]) == []
    assert held(rule, facts) == {("institution 3(2)", 10)}
    assert evaluate([RULES["norovirus"]], facts) == []


def test_the_answer_changes_at_midnight_of_the_schools_zone():
    rule = RULES["alike-3-days"]
    facts = [case(i, MONDAY, syndromes={"jaundice"}) for i in range(5)]
    (answer, _) = evaluate([rule], facts)
    assert (answer.raised_on, answer.lasts_to) == (MONDAY, day(2))
    assert answer.changes_at(SHANGHAI) == datetime(2026, 11, 4, 16, 0, tzinfo=UTC)
    assert answer.active(day(2))
    assert not answer.active(day(3))


def test_standing_tells_how_near_a_class_is():
    index = ClusterIndex([RULES["alike-3-days"]], [case(i, day(i), syndromes={"parotid"}) for i in range(3)])
    at = datetime(2026, 11, 4, 3, 0, tzinfo=UTC)
    now = index.standing("alike-3-days", "class", "3(2)", "parotid", at, SHANGHAI)
    assert now.value == 3
    facts = now.reasons[0].facts
    assert (facts["needed"], facts["holds"], facts["facts"]) == (5, False, ("f0", "f1", "f2"))
    assert facts["window"] == (MONDAY, day(2))
    assert now.changes_at == datetime(2026, 11, 4, 16, 0, tzinfo=UTC)
    after = index.standing("alike-3-days", "class", "3(2)", "parotid", at + timedelta(days=1), SHANGHAI)
    assert after.value == 2
    with pytest.raises(KeyError):
        index.standing("none", "class", "3(2)", "parotid", at, SHANGHAI)


def boarding_school_1978():
    """One fact per ill boy: influenza-like on the day he went to bed. Assignment to forms is synthetic."""
    with dataset("boarding_school_influenza_1978_linelist_synthetic.csv").open() as file:
        for row in csv.DictReader(file):
            if row["confined_on"]:
                onset = date.fromisoformat(row["confined_on"])
                yield CaseFact(
                    id=row["boy_id"],
                    person=row["boy_id"],
                    reported_on=onset,
                    onset_on=onset,
                    places={"class": row["form"], "dormitory": row["house"], "institution": "school"},
                    syndromes=frozenset({"influenza_like"}),
                )


def test_the_boarding_school_of_1978_by_hand():
    """By hand from the list. 22 January: one boy each of 1B, 1E, 2F. 23 January: two of 1D, one each of 3F, 4B, 4F;
    no form has 3 in a day or 5 in three days. 24 January: three of 2C, four of 3D and two or fewer of every other form,
    so the class rule is raised on 24 January in 2C and 3D. Houses on that day: 2 (4), 4 (3), 5 (3), 7 (4). In house 2
    one boy of the 22nd makes five within three days.
    """
    answers = evaluate([RULES["alike-1-day"], RULES["alike-3-days"], RULES["influenza"]], boarding_school_1978())
    first = min(a.raised_on for a in answers if a.place_kind == "class")
    assert first == date(1978, 1, 24)
    known = [fact for fact in boarding_school_1978() if fact.onset_on <= first]
    raised = evaluate([RULES["alike-1-day"], RULES["alike-3-days"]], known)
    one_day = {(a.place_kind, a.place, a.count) for a in raised if a.rule_id == "alike-1-day"}
    assert {row for row in one_day if row[0] == "class"} >= {("class", "2C", 3), ("class", "3D", 4)}
    assert {place for kind, place, _ in one_day if kind == "class"} == {"2C", "3D"}
    assert {place for kind, place, _ in one_day if kind == "dormitory"} == {"2", "4", "5", "7"}
    three_days = {(a.place_kind, a.place) for a in raised if a.rule_id == "alike-3-days"}
    assert three_days == {("dormitory", "2")}
    (school,) = [a for a in answers if a.rule_id == "influenza"]
    assert school.raised_on == date(1978, 1, 24)  # 3 + 5 + 18 boys


NAMES = ("alike-1-day", "alike-3-days", "influenza", "hfmd-institution", "tuberculosis-visit", "event-plague", "mumps")
FACTS = st.builds(
    lambda number, onset, reported, syndromes, disease, place, person: case(
        number, None if onset is None else day(onset), reported_on=day(reported), syndromes=syndromes,
        diseases=disease, place=place, person=f"pupil {person}",
    ),
    number=st.integers(0, 10**9),
    onset=st.none() | st.integers(0, 12),
    reported=st.integers(0, 12),
    syndromes=st.sets(st.sampled_from(["influenza_like", "acute_respiratory", "parotid"]), max_size=2),
    disease=st.sets(st.sampled_from(["hfmd", "mumps", "plague", "tuberculosis", "influenza"]), max_size=1),
    place=st.sampled_from(["3(1)", "3(2)"]),
    person=st.integers(0, 30),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(FACTS, max_size=60, unique_by=lambda fact: fact.id), st.randoms(use_true_random=False))
def test_fact_by_fact_gives_the_same_answers_as_all_at_once(facts, random):
    rules = [RULES[name] for name in NAMES]
    index = ClusterIndex(rules, facts[: len(facts) // 3])
    for fact in facts[len(facts) // 3 :]:
        before = set(index.answers())
        changed = set(index.add(fact))
        assert set(index.answers()) - before <= changed
    assert index.answers() == evaluate(rules, facts)
    gone = random.sample(facts, len(facts) // 2)
    for fact in gone:
        index.withdraw(fact.id)
    assert index.answers() == evaluate(rules, [fact for fact in facts if fact not in gone])


def test_an_id_is_added_once():
    index = ClusterIndex([RULES["mumps"]], [case(1)])
    with pytest.raises(ValueError, match="f1 was added before"):
        index.add(case(1))
    with pytest.raises(ValueError, match="f1 was added before"):
        ClusterIndex([RULES["mumps"]], [case(1), case(1)])
    with pytest.raises(KeyError):
        index.withdraw("f2")


@pytest.mark.parametrize(
    "wrong",
    [
        {"cases": 0, "days": 1, "alike": True},
        {"cases": 3, "days": 0, "alike": True},
        {"cases": 3, "days": 1},
        {"cases": 3, "days": 1, "alike": True, "cases_below": 3},
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValueError, match="rule odd"):
        ClusterRule("odd", "1", "class", **wrong)
