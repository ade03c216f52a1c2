"""What authorities see: signed institutions, classes with small counts hidden, never a way to work them out."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.foundation.actions import relate_authority
from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Forbidden, NotFound
from lianfang.foundation.models import AuthorityRelation, Unit
from lianfang.people.models import RollSize
from lianfang.people.sizes import count_sizes
from lianfang.reporting import picture as picture_module
from lianfang.reporting import queries
from lianfang.reporting.disclosure import class_table
from lianfang.rulepacks import packs
from tests.reporting.cast import DAY, Reporting, absent, at

FIELDS = list(packs().report_kinds["daily-zero"].fields)


def test_an_authority_sees_no_figures_before_the_signature(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    for part in ("officer", "cdc"):
        board = school.board(part, "school")
        assert board.figures is None
        assert [(row.unit.name, row.state, row.counts) for row in board.rows] == [
            ("三（1）班", "reported", None),
            ("三（2）班", "missing", None),
        ]


def test_a_single_ill_child_is_in_the_schools_sum_and_in_no_class(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0), symptoms=("fever",))])
    school.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    school.sign()
    for part in ("officer", "cdc"):
        board = school.board(part, "school")
        assert board.figures is not None
        assert board.figures["absent_ill"] == 1
        for row in board.rows:
            assert row.state == "reported"
            assert row.counts is not None
            assert row.counts["registered"] == 6
            for name in ("absent", "absent_ill", "fever", "symptomatic", "present"):
                assert row.counts[name] is None, (row.unit.name, name)


def test_inside_the_school_nothing_is_hidden(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    (row,) = school.board("principal").rows
    assert row.counts is not None
    assert row.counts["absent_ill"] == 1


def test_an_authority_that_asks_for_a_class_gets_the_schools_one_table(school: Reporting) -> None:
    school.check(now=at("07:50"), marks=[absent(school.pupil(0))])
    school.sign(now=at("09:05"))
    asked = school.board("officer", "class1", now=at("09:30"))
    assert asked.unit.name == "文一路小学"
    assert not asked.sight.plain


def test_the_cdc_sees_the_bureaus_board_for_its_own_institutions(school: Reporting) -> None:
    bureau, cdc = school.board("officer", "bureau"), school.board("cdc", "bureau")
    assert {row.unit.name for row in bureau.rows} == {"文一路小学", "小画家培训学校"}
    assert {row.unit.name for row in cdc.rows} == {"文一路小学", "小画家培训学校"}
    assert bureau.may_sign
    assert not cdc.may_sign


CLASS = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))


def row_of(ill: int, other: int, unknown: int, fever: int) -> dict[str, int]:
    absent_count = ill + other + unknown
    return {
        "registered": 30, "expected": 30, "present": 30 - absent_count, "absent": absent_count, "absent_ill": ill,
        "absent_other": other, "absent_unknown": unknown, "fever": fever, "symptomatic": fever,
    }  # fmt: skip


@given(st.lists(CLASS, min_size=2, max_size=12))
def test_small_counts_are_hidden_and_others_are_true(given_rows: list[tuple[int, int, int, int]]) -> None:
    rows = {number: row_of(*values) for number, values in enumerate(given_rows)}
    shown = class_table(rows, FIELDS)
    for number, row in rows.items():
        for name in FIELDS:
            value = shown[number][name]
            assert value in (None, row.get(name, 0))
            if 0 < row.get(name, 0) < 3 and name not in ("registered", "expected", "excused", "unanswered"):
                assert value is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=4))
def test_the_schools_sum_gives_no_class_away(ill: list[int]) -> None:
    """By brute force over one column: every hidden small count has at least two possible values."""
    rows = {number: row_of(count, 0, 0, 0) for number, count in enumerate(ill)}
    shown = class_table(rows, FIELDS)
    hidden = [number for number in rows if shown[number]["absent_ill"] is None]
    total = sum(ill)
    rest = total - sum(shown[n]["absent_ill"] or 0 for n in rows if n not in hidden)
    for number in hidden:
        if not 0 < ill[number] < 3:
            continue
        possible = {
            guess[hidden.index(number)]
            for guess in product(range(total + 1), repeat=len(hidden))
            if sum(guess) == rest and guess[hidden.index(number)] < 3
        }
        assert len(possible) > 1 or len(rows) == len(hidden), (ill, shown)


def test_a_county_of_many_takes_sizes_counted_ahead_but_never_for_an_earlier_instant(
    school: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_module, "_FEW", 0)
    counted = [row.line.members for row in school.board("officer", "bureau").rows]
    count_sizes(system_actor("test", at("08:55")), at("08:55"))
    RollSize.objects.filter(students__gt=0).update(students=99)
    ahead = school.board("officer", "bureau")
    assert {row.line.members for row in ahead.rows} - {0} == {99}
    earlier = school.board("officer", "bureau", known_at=at("08:58"))
    assert [row.line.members for row in earlier.rows] == counted
    late = school.board("officer", "bureau", now=at("09:20"))
    assert [row.line.members for row in late.rows] == counted


def test_a_report_of_others_answers_like_one_that_does_not_exist(school: Reporting) -> None:
    """Without the right to any report the refusal is the same for every id, so that ids cannot be tried out."""
    school.all_well()
    signed, missing = school.sign().pk, 999_999_999
    for part in ("mother", "admin", "guard"):
        for number in (signed, missing):
            with pytest.raises(Forbidden):
                queries.report(school.actor(part), number)
    for part in ("foreign_officer", "training_reporter"):
        for number in (signed, missing):
            with pytest.raises(NotFound):
                queries.report(school.actor(part), number)
    row, seen_at = queries.report(school.actor("reporter"), signed)
    assert (row.pk, seen_at.plain) == (signed, True)


def test_a_class_or_grade_has_no_report_for_an_authority(school: Reporting) -> None:
    """Inside an institution an authority is answered with the institution; a report of a unit below it does not exist."""
    school.all_well()
    grade = school.sign("grade_head", "grade", at("08:41")).pk
    assert queries.report(school.actor("grade_head"), grade)[0].pk == grade
    for part in ("officer", "cdc"):
        with pytest.raises(NotFound):
            queries.report(school.actor(part), grade)


def test_boards_received_are_those_over_ones_own_region(school: Reporting) -> None:
    system = system_actor("test", at("06:00"))
    AuthorityRelation.objects.all().delete()
    for part, capacity, region in (
        ("bureau", "education", "330106"),
        ("cdc", "disease_control", "330106"),
        ("foreign_bureau", "education", "330110"),
    ):
        relate_authority(
            system,
            at("06:00"),
            authority=school.d.units[part],
            capacity=capacity,
            begins=DAY - timedelta(days=9),
            region=region,
        )
    for unit, region in (("school", "330106"), ("foreign_school", "330110")):
        Unit.objects.filter(pk=school.d.units[unit].pk).update(region=region)
    received = queries.boards_received(school.actor("cdc", at("09:00")), at("09:00"))
    assert {unit.name for unit, _kind in received} == {school.d.units["bureau"].name}
    assert queries.boards_received(school.actor("officer", at("09:00")), at("09:00")) == []
