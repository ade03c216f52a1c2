"""Overrides from nation to institution, and answers as of any past instant."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lianfang.rulepacks import Override, PackError, Packs, RuleNotInForce, RuleValue, UnknownRule, packs

DAY = date(2026, 3, 2)
HANGZHOU_XIHU = "330106"
HUZHOU_WUXING = "330502"
DUE = "report_kinds.daily-zero.levels.class.due"


def later(day, value, **more):
    return Override(DUE, value, valid_from=day, **more)


def test_a_value_with_everything_to_show_it():
    answer = packs().resolve("clusters.norovirus.cases", [HUZHOU_WUXING], on=DAY)
    assert (answer.value, answer.jurisdiction, answer.source) == (10, "330500", ("S7",))
    assert answer.overridden_from is not None
    assert (answer.overridden_from.value, answer.overridden_from.jurisdiction) == (5, "000000")
    assert answer.overridden_from.needs_review
    assert answer.version != answer.overridden_from.version
    assert packs().resolve("clusters.norovirus.cases", [HANGZHOU_XIHU], on=DAY).value == 5


@pytest.mark.parametrize(
    "rule_id, value, unit",
    [
        ("fever_limits.gate.celsius", Decimal("37.3"), "Cel"),
        ("clocks.cluster.hours", 24, "h"),
        ("diseases.influenza.contacts.days", 4, "d"),
        ("diseases.influenza.return_courses.0.parts.0.hours", 48, "h"),
        ("standards.toilet.minimum", Decimal(500), "mg/L"),
        ("events.typhoid.deaths", 2, ""),
        (DUE, "08:30", ""),
    ],
)
def test_values_by_path(rule_id, value, unit):
    answer = packs().resolve(rule_id, on=DAY)
    assert (answer.value, answer.unit) == (value, unit)


def test_a_leaf_carries_its_own_source_and_review_mark():
    answer = packs().resolve("events.typhoid.deaths", on=DAY)
    assert (answer.source, answer.needs_review) == (("OK-h",), True)
    assert not packs().resolve("events.typhoid.cases", on=DAY).needs_review


@pytest.mark.parametrize(
    "rule_id, error",
    [
        ("nowhere.x.y", UnknownRule),
        ("clusters.nowhere.cases", UnknownRule),
        ("clusters.mumps.colour", UnknownRule),
        ("diseases.influenza.return_courses.7", UnknownRule),
        ("clusters", PackError),
        ("clusters..cases", PackError),
    ],
)
def test_no_such_rule(rule_id, error):
    with pytest.raises(error):
        packs().resolve(rule_id, on=DAY)


def test_the_deeper_place_wins_and_the_chain_is_kept():
    own = [
        Override(DUE, "08:20", "330106", ("county",)),
        Override(DUE, "08:25", "330000", ("province",)),
        Override(DUE, "08:10", source=("principal",)),
        Override(DUE, "08:15", "330100", ("city",)),
        Override(DUE, "07:00", "320000", ("another province",)),
    ]
    answer = packs().resolve(DUE, [HANGZHOU_XIHU], own, on=DAY)
    chain = []
    step: RuleValue | None = answer
    while step is not None:
        chain.append((step.value, step.jurisdiction))
        step = step.overridden_from
    assert chain == [
        ("08:10", "institution"),
        ("08:20", "330106"),
        ("08:15", "330100"),
        ("08:25", "330000"),
        ("08:30", "000000"),
    ]


def test_dated_values_follow_each_other():
    own = [later(date(2026, 2, 1), "08:20"), later(date(2026, 3, 1), "08:10"), later(date(2026, 4, 1), "08:00")]
    for day, value in [
        (date(2026, 1, 31), "08:30"),
        (date(2026, 2, 1), "08:20"),
        (date(2026, 2, 28), "08:20"),
        (date(2026, 3, 1), "08:10"),
        (date(2026, 12, 1), "08:00"),
    ]:
        assert packs().resolve(DUE, (), own, on=day).value == value


def test_an_override_ends_before_its_last_date():
    own = [Override(DUE, "08:20", valid_from=date(2026, 2, 1), valid_to=date(2026, 3, 2))]
    assert packs().resolve(DUE, (), own, on=date(2026, 3, 1)).value == "08:20"
    assert packs().resolve(DUE, (), own, on=date(2026, 3, 2)).value == "08:30"
    with pytest.raises(ValueError):
        Override(DUE, "08:20", valid_from=date(2026, 3, 2), valid_to=date(2026, 3, 1))


def test_as_known_at_a_past_instant():
    told = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    own = [later(date(2026, 3, 1), "08:10", known_at=told)]
    before = datetime(2026, 3, 2, 0, 59, tzinfo=UTC)
    assert packs().resolve(DUE, (), own, on=DAY, known_at=before).value == "08:30"
    assert packs().resolve(DUE, (), own, on=DAY, known_at=told).value == "08:10"
    assert packs().resolve(DUE, (), own, on=DAY).value == "08:10"


@pytest.mark.parametrize(
    "day, parts",
    [
        (date(2020, 6, 1), {"isolation_start", "isolation_release"}),
        (date(2023, 1, 7), {"isolation_start", "isolation_release"}),
        (date(2023, 1, 8), {"symptoms_gone"}),
    ],
)
def test_the_nation_changed_its_rule_on_a_date(day, parts):
    course = packs().resolve("diseases.covid-2020.return_courses", on=day).value[0]
    assert {part.after or part.evidence for part in course.parts} == parts


def test_not_in_force_on_that_day_or_in_that_place():
    with pytest.raises(RuleNotInForce):
        packs().resolve("clocks.covid-2020.hours", on=date(2024, 1, 1))
    assert packs().resolve("clocks.covid-2020.hours", on=date(2021, 1, 1)).value == 2
    with pytest.raises(RuleNotInForce):
        packs().resolve("clusters.absence-class-day-primary.cases", [HANGZHOU_XIHU], on=DAY)
    assert packs().resolve("clusters.absence-class-day-primary.cases", ["110113"], on=DAY).value == 5


def test_scoped_packs_hold_what_holds_there():
    here = packs().scoped([HUZHOU_WUXING], on=DAY)
    assert here.clusters["norovirus"].cases == 10
    assert here.clusters["norovirus"].days == 7
    assert here.clusters["norovirus"].changed == ("days@330500", "cases@330500", "lab_confirmed@330500")
    assert "absence-class-day-primary" not in here.clusters
    assert "covid-2020" not in here.clocks
    assert here is packs().scoped([HUZHOU_WUXING], on=DAY)
    assert here.version != packs().version
    assert packs().clusters["norovirus"].cases == 5
    own = packs().scoped([HUZHOU_WUXING], [Override(DUE, "08:05")], on=DAY)
    assert own.report_kinds["daily-zero"].levels["class"].due == "08:05"


@pytest.mark.parametrize(
    "override, names",
    [
        (Override("clusters.alike-1-day.cases", 10), "law"),
        (Override("events.influenza.cases", 50), "law"),
        (Override(DUE, "25:00"), "HH:MM"),
        (Override(DUE, 830), "HH:MM"),
        (Override("clusters.mumps.cases", "many"), "whole number"),
        (Override("clusters.mumps.scope", "street"), "none of"),
        (Override("clusters.mumps.colour", "red"), "unknown key"),
        (Override("clusters.mumps.id", "x"), "cannot be overridden"),
        (Override("clusters.mumps", 3), "mapping"),
        (Override("diseases.influenza.return_courses.9", {}), "position"),
        (Override("diseases.influenza.nowhere.deeper", 1), "leads nowhere"),
    ],
)
def test_overrides_that_do_not_fit_are_refused(override, names):
    with pytest.raises(PackError) as error:
        packs().check_override(override)
    assert names in str(error.value)
    assert override.rule_id in str(error.value) or names in ("position", "leads nowhere")


def test_a_province_may_change_what_an_institution_may_not():
    packs().check_override(Override("events.influenza.cases", 20, "330000"))


def test_a_snapshot_answers_as_before():
    before = packs()
    kept = json.loads(json.dumps(before.snapshot()))
    again = Packs.from_snapshot(kept, before.overrides)
    assert again.version == before.version
    for rule_id in ("clusters.norovirus.cases", "diseases.varicella.return_courses"):
        now, then = (p.resolve(rule_id, [HUZHOU_WUXING], on=DAY) for p in (before, again))
        assert (now.value, now.version) == (then.value, then.version)


def test_the_version_follows_the_content():
    base = packs().clusters["mumps"].version
    assert packs().resolve("clusters.mumps.cases", on=DAY).version == base
    other = packs().resolve("clusters.mumps.cases", (), [Override("clusters.mumps.days", 14)], on=DAY)
    assert other.version != base
    assert other.value == 5
    assert other.overridden_from is None
