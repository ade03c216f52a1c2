"""What a broken pack gets: the file, the key, and what is wrong."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.rulepacks import PackError, read_packs
from lianfang.rulepacks.checking import problems
from lianfang.rulepacks.expressions import Expression
from lianfang.rulepacks.library import CATALOGUES
from lianfang.rulepacks.reading import read_yaml


def read(folder, text, name="local.yaml"):
    (folder / name).write_text(text, encoding="utf-8")
    fresh = read_packs(folder)
    for catalogue in CATALOGUES:
        fresh.catalogue(catalogue)
    return fresh


ROLE = "roles:\n  cook: {label: {zh: 厨师, en: Cook}, family: support, unit_kinds: [school], source: [local]"


@pytest.mark.parametrize(
    "text, where, problem",
    [
        (ROLE, "local.yaml:3", "expected"),
        (ROLE + "}\n  cook: {}\n", "local.yaml:3", "twice"),
        ("- a\n", "local.yaml", "mapping"),
        ("", "local.yaml", "mapping"),
        ("recipes: {}\n", "local.yaml: recipes", "unknown catalogue"),
        ("roles: [a]\n", "local.yaml: roles", "mapping"),
        ("roles:\n  cook: 3\n", "local.yaml: roles.cook", "mapping"),
        ("roles:\n  head.cook: {}\n", "roles.head.cook", "point"),
        ("about: [a]\n", "local.yaml: about", "mapping"),
        (ROLE.replace("support", "kitchen") + "}", "roles.cook.family", "none of"),
        (ROLE.replace("label: {zh: 厨师, en: Cook}, ", "") + "}", "roles.cook", "missing: label"),
        (ROLE.replace(", en: Cook", "") + "}", "roles.cook.label", "missing: en"),
        (ROLE.replace("Cook", "true") + "}", "roles.cook.label.en", "text"),
        (ROLE + ", wage: 3}", "roles.cook.wage", "unknown key"),
        (ROLE + ", single: yes}", "roles.cook.single", "true or false"),
        (ROLE.replace("[school]", "3") + "}", "roles.cook.unit_kinds", "list"),
        (ROLE + ", valid_from: 2026-02-30}", "roles.cook.valid_from", "day"),
        (ROLE + ", valid_from: 2026-03-02, valid_to: 2026-03-01}", "roles.cook", "早于"),
        (ROLE + ', jurisdiction: "99"}', "roles.cook", "区划"),
        (
            "events:\n  flu: {label: {zh: 流, en: f}, window: days, place: school, cases: 3}",
            "events.flu",
            "days is given exactly",
        ),
        (
            "events:\n  flu: {label: {zh: 流, en: f}, window: any, place: school}",
            "events.flu",
            "at least one number",
        ),
        (
            "fever_limits:\n  g: {label: {zh: 热, en: f}, context: gate, celsius: warm}",
            "fever_limits.g.celsius",
            "number",
        ),
        (
            "syndromes:\n  s: {label: {zh: 热, en: f}, patterns: [{alone: true}]}",
            "syndromes.s.patterns[0]",
            "at least one symptom",
        ),
        ("overrides:\n  - {rule_id: a.b.c, value: 1, jurisdiction: '33', valid_from: soon}", "overrides[0]", "day"),
        ("overrides:\n  - {rule_id: a.b.c, value: 1, known_at: 2026-03-02T08:00:00}", "overrides[0].known_at", "zone"),
    ],
)
def test_broken_packs_are_named(tmp_path, text, where, problem):
    with pytest.raises(PackError) as error:
        read(tmp_path, text)
    assert where in error.value.where
    assert problem in error.value.problem


def test_the_same_entry_in_two_files(tmp_path):
    (tmp_path / "a.yaml").write_text(ROLE + "}", encoding="utf-8")
    with pytest.raises(PackError) as error:
        read(tmp_path, ROLE + "}", "b.yaml")
    assert "already in a.yaml" in str(error.value)


def test_what_does_not_fit_together_is_listed(tmp_path):
    fresh = read(
        tmp_path,
        ROLE + "}\noverrides:\n  - {rule_id: roles.cook.family, value: kitchen, source: [x]}\n",
    )
    assert len(problems(fresh)) == 2
    assert "no unit kind 'school'" in problems(fresh)[0]
    assert "none of" in problems(fresh)[1]


def test_plain_values_stay_what_they_look_like():
    tree = read_yaml("a: 08:30\nb: 2026-03-02\nc: on\nd: 037\ne: 12\nf: true\ng: ~\nh: 37.3\ni: no\nj:\n", "t")
    assert tree == {
        "a": "08:30",
        "b": "2026-03-02",
        "c": "on",
        "d": "037",
        "e": 12,
        "f": True,
        "g": None,
        "h": "37.3",
        "i": "no",
        "j": None,
    }


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.getcwd []", "a: !x 1", "1: a", "a: [", "\x00"])
def test_only_plain_yaml_is_read(text):
    with pytest.raises(PackError):
        read_yaml(text, "t")


def test_defaults_of_a_file_are_inherited(tmp_path):
    text = "about: {source: [county], jurisdiction: '330106', needs_review: true}\n" + ROLE.replace(
        ", source: [local]", ""
    )
    cook = read(tmp_path, text + "}").roles["cook"]
    assert (cook.source, cook.jurisdiction, cook.needs_review) == (("county",), "330106", True)
    assert cook.applies_in("330106")
    assert not cook.applies_in("330108")


@pytest.mark.parametrize(
    "text, values, expected",
    [
        ("a", {"a": 3}, 3),
        ("a + b - 1", {"a": 3, "b": 4}, 6),
        ("a / b", {"a": 1, "b": 3}, Fraction(1, 3)),
        ("a + b / c + d", {"a": 1, "b": 2, "c": 3, "d": 3}, Fraction(1, 2)),
        ("a / b", {"a": 1, "b": 0}, None),
        ("2 - a", {"a": 5}, -3),
    ],
)
def test_formulas(text, values, expected):
    assert Expression(text).evaluate(values) == expected


@pytest.mark.parametrize("text", ["", "a +", "+ a", "a b", "a / b / c", "a * b", "a / ", "(a)", "__import__('os')"])
def test_no_formulas(text):
    with pytest.raises(ValueError):
        Expression(text)


def test_names_of_a_formula():
    assert Expression("unit.name").is_name
    assert Expression("a + b / 3").names == {"a", "b"}
    assert not Expression("a + b").is_name
    with pytest.raises(KeyError):
        Expression("a").evaluate({})


names = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.tuples(st.sampled_from("+-"), names), min_size=1, max_size=6), st.integers(0, 9))
def test_sums_add_up(terms, value):
    text = "0 " + " ".join(f"{sign} {name}" for sign, name in terms)
    expected = sum(value if sign == "+" else -value for sign, _ in terms)
    assert Expression(text).evaluate({"a": value, "b": value, "c": value}) == expected
