"""The packs as shipped: whole, sourced, and saying what the regulations say."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from lianfang.kernel.clock import at_local
from lianfang.rulepacks import packs, read_packs
from lianfang.rulepacks.checking import problems, variant_override
from lianfang.rulepacks.library import CATALOGUES

TODAY = date(2026, 3, 2)


def test_every_id_that_is_named_exists():
    assert problems(packs()) == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_every_entry_has_both_names_a_source_and_a_version(name):
    entries = packs().catalogue(name)
    assert entries
    for key, entry in entries.items():
        assert entry.id == key
        assert entry.label.zh
        assert entry.label.en
        assert entry.label.en.isascii(), key
        assert entry.source, key
        assert len(entry.version) == 12
        if any(source.startswith("OK-") for source in entry.source):
            assert entry.needs_review, f"{name}.{key} was not seen in a source"


def test_read_once_and_always_the_same():
    fresh = read_packs()
    for name in CATALOGUES:
        fresh.catalogue(name)
    assert packs() is packs()
    assert fresh.version == packs().version


@pytest.mark.parametrize(
    "symptoms, celsius, expected",
    [
        ({"fever", "cough"}, "38.0", {"influenza_like", "acute_respiratory"}),
        ({"fever", "cough"}, "37.9", {"acute_respiratory"}),
        ({"fever", "cough"}, None, {"acute_respiratory"}),
        ({"fever", "sore_throat"}, "39", {"influenza_like", "acute_respiratory"}),
        ({"runny_nose"}, None, {"acute_respiratory"}),
        ({"fever"}, "38.5", {"fever_alone"}),
        ({"fever", "headache"}, "38.5", set()),
        ({"fever", "rash"}, None, {"fever_rash"}),
        ({"rash"}, None, set()),
        ({"vesicles"}, None, {"fever_rash"}),
        ({"diarrhoea"}, None, {"gastrointestinal"}),
        ({"vomiting", "abdominal_pain"}, None, {"gastrointestinal"}),
        ({"abdominal_pain"}, None, set()),
        ({"parotid_swelling"}, None, {"parotid"}),
        ({"red_eyes"}, None, set()),
        ({"red_eyes", "eye_discharge"}, None, {"conjunctival"}),
        ({"jaundice"}, None, {"jaundice"}),
        (set(), "39", set()),
    ],
)
def test_syndromes(symptoms, celsius, expected):
    measured = Decimal(celsius) if celsius else None
    assert {key for key, item in packs().syndromes.items() if item.matches(symptoms, measured)} == expected


@pytest.mark.parametrize(
    "cluster, scope, days, cases",
    [
        ("alike-1-day", "class_or_dormitory", 1, 3),
        ("alike-3-days", "class_or_dormitory", 3, 5),
        ("hfmd-class", "class_or_dormitory", 7, 2),
        ("hfmd-institution", "institution", 7, 5),
        ("hfmd-outbreak", "institution", 7, 10),
        ("norovirus", "institution", 3, 5),
        ("dysentery", "institution", 3, 10),
        ("conjunctivitis", "institution", 7, 3),
        ("influenza", "institution", 7, 10),
        ("scarlet-fever", "institution", 7, 10),
        ("measles", "institution", 10, 2),
        ("rubella", "institution", 7, 5),
        ("mumps", "institution", 7, 5),
        ("varicella", "institution", 7, 5),
        ("dengue", "campus", 14, 3),
    ],
)
def test_cluster_rules(cluster, scope, days, cases):
    rule = packs().clusters[cluster]
    assert (rule.scope, rule.days, rule.cases) == (scope, days, cases)
    assert str(cases) in rule.threshold.zh
    assert str(cases) in rule.threshold.en


@pytest.mark.parametrize(
    "event, days, cases, other",
    [
        ("cholera", None, 1, None),
        ("hepatitis-a", 7, 5, None),
        ("dysentery", 3, 10, 2),
        ("measles", 7, 10, None),
        ("meningococcal", 3, 3, 2),
        ("influenza", 7, 30, 1),
        ("mumps", 7, 10, None),
        ("infectious-diarrhoea", 7, 20, 1),
        ("scarlet-fever", 7, 10, None),
        ("varicella", 7, 10, None),
        ("food-poisoning", None, 5, 1),
    ],
)
def test_event_thresholds(event, days, cases, other):
    threshold = packs().events[event]
    assert (threshold.days, threshold.cases, threshold.deaths) == (days, cases, other)
    assert threshold.locked


@pytest.mark.parametrize(
    "disease, kind, parts, contact_days",
    [
        ("influenza", "default", {("fever_gone", 48), ("symptoms_gone", 48)}, 4),
        ("norovirus", "default", {("symptoms_gone", 72)}, 3),
        ("norovirus", "asymptomatic", {("positive_test", 72)}, 3),
        ("hfmd", "default", {("onset", 14 * 24), ("symptoms_gone", 7 * 24)}, 10),
        ("varicella", "default", {("scabs_dry", 0), ("onset", 14 * 24)}, 21),
        ("mumps", "default", {("onset", 9 * 24)}, 21),
        ("measles", "default", {("rash_onset", 5 * 24)}, 21),
        ("measles", "pneumonia", {("rash_onset", 14 * 24)}, 21),
        ("rubella", "default", {("rash_onset", 5 * 24)}, 21),
        ("scarlet-fever", "default", {("treatment_start", 7 * 24)}, 12),
        ("pertussis", "default", {("treatment_start", 5 * 24)}, 21),
        ("pertussis", "untreated", {("cough_onset", 21 * 24)}, 21),
        ("meningococcal", "default", {("symptoms_gone", 72), ("onset", 7 * 24)}, 10),
        ("tuberculosis", "default", {("designated_hospital_certificate", 1)}, None),
        ("hepatitis-a", "default", {("onset", 21 * 24)}, 45),
        ("dysentery", "default", {("symptoms_gone", 7 * 24)}, 7),
        ("conjunctivitis", "default", {("onset", 7 * 24), ("symptoms_gone", 0)}, 7),
        ("covid-2020", "default", {("isolation_start", 14 * 24), ("isolation_release", 1)}, 14),
    ],
)
def test_chosen_ways_back(disease, kind, parts, contact_days):
    profile = packs().diseases[disease]
    course = profile.courses_for(kind)[0]
    assert {(p.after, p.hours) if p.after else (p.evidence, p.count) for p in course.parts} == parts
    assert profile.contacts.days == contact_days
    assert profile.certificate_required


def test_a_kind_of_case_without_a_way_of_its_own_takes_the_default():
    assert packs().diseases["mumps"].courses_for("pneumonia") == packs().diseases["mumps"].courses_for()


def test_a_named_variant_can_be_put_in_force():
    varicella = packs().diseases["varicella"]
    chosen = variant_override("diseases.varicella", varicella.variants["return-21-days"])
    changed = packs().scoped((), [chosen], on=TODAY).diseases["varicella"]
    assert [part.hours for part in changed.return_courses[0].parts] == [504]
    assert changed.changed == ("return_courses@institution",)
    rubella = packs().clusters["rubella"]
    wider = variant_override("clusters.rubella", rubella.variants["window-14-days"])
    assert packs().scoped((), [wider], on=TODAY).clusters["rubella"].days == 14


def test_risk_classes_are_in_order():
    covid = packs().diseases["covid-2020"]
    assert [(key, item.days, item.place) for key, item in covid.risk_classes.items()] == [
        ("A", 14, "central"),
        ("B", 14, "home_observation"),
        ("C", 14, "home"),
        ("D", 0, "none"),
    ]


def test_the_morning_report_and_its_hours():
    kind = packs().report_kinds["daily-zero"]
    assert [(name, level.due, level.next) for name, level in kind.levels.items()] == [
        ("class", "08:30", "division"),
        ("division", "08:45", "institution"),
        ("institution", "09:10", "county"),
        ("county", "09:30", None),
    ]
    assert kind.levels["institution"].signed_by == ("epidemic_reporter",)
    assert kind.levels["institution"].recipients == ("education", "disease_control")
    assert at_local(TODAY, kind.levels["class"].due) == datetime.fromisoformat("2026-03-02T00:30:00+00:00")
    assert kind.is_zero({"registered": 45, "expected": 45, "present": 44, "absent": 1, "absent_other": 1})
    assert not kind.is_zero({"registered": 45, "present": 44, "absent_ill": 1})
    assert tuple(kind.fields_at("class")) == tuple(kind.fields)
    assert not packs().report_kinds["noon-check"].enabled


def test_checks_of_the_morning_report():
    kind = packs().report_kinds["daily-zero"]
    figures = {"expected": 45, "present": 42, "absent": 2, "unanswered": 1}
    figures |= {"absent_ill": 1, "absent_other": 1, "absent_unknown": 0}
    assert all(check.left.evaluate(figures) == check.right.evaluate(figures) for check in kind.checks)


def test_duties_escalate_upward():
    duty = packs().duty_templates["institution-daily-report"]
    assert [(step.after_minutes, step.role, step.level) for step in duty.escalations] == [
        (10, "principal", "institution"),
        (20, "county_officer", "authority"),
    ]
    check = packs().duty_templates["class-morning-check"]
    assert check.reminders == (-10, 0, 10)
    assert [step.role for step in check.escalations] == ["grade_head", "epidemic_reporter"]


def test_the_bureau_table_covers_a_sheet():
    table = packs().tables["bureau-daily"]
    groups = [column.group.zh for column in table.columns.values() if column.group]
    assert groups == sorted(groups, key=groups.index)
    assert all(groups[i] == groups[i - 1] or groups[i] not in groups[:i] for i in range(1, len(groups)))
    assert table.columns["ill_rate"].value.evaluate({"absent_ill": 1, "expected": 40}) == Decimal(1) / 40
    assert table.columns["ill_rate"].value.evaluate({"absent_ill": 0, "expected": 0}) is None


def test_labels_follow_the_language():
    label = packs().roles["homeroom_teacher"].label
    assert label.text("zh-hans") == str(label) == "班主任"
    assert label.text("en-gb") == "Class teacher"
