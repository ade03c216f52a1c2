"""Whose word counts: a table of cases, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from lianfang.people.consenting import age_on, consented

CHILD, MOTHER, FATHER, AUNT = 1, 2, 3, 4
CASES = [
    # words, guardians, age, allowed
    ({}, {MOTHER}, 9, False),
    ({MOTHER: "given"}, {MOTHER}, 9, True),
    ({MOTHER: "given"}, {MOTHER, FATHER}, 9, True),
    ({MOTHER: "given", FATHER: "refused"}, {MOTHER, FATHER}, 9, False),
    ({MOTHER: "given", FATHER: "withdrawn"}, {MOTHER, FATHER}, 9, False),
    ({MOTHER: "given", AUNT: "refused"}, {MOTHER}, 9, True),
    ({AUNT: "given"}, {MOTHER}, 9, False),
    ({CHILD: "given"}, {MOTHER}, 13, False),
    ({CHILD: "given", MOTHER: "refused"}, {MOTHER}, 14, True),
    ({CHILD: "refused", MOTHER: "given"}, {MOTHER}, 14, False),
    ({MOTHER: "given"}, {MOTHER}, 15, True),
    ({CHILD: "given"}, set(), None, True),
    ({CHILD: "given"}, {MOTHER}, None, False),
]


@pytest.mark.parametrize("words, guardians, age, allowed", CASES)
def test_whose_word_counts(words, guardians, age, allowed):
    assert consented(words, CHILD, guardians, age, 14) is allowed


@pytest.mark.parametrize(
    "born, on, years",
    [
        (date(2012, 9, 15), date(2026, 9, 14), 13),
        (date(2012, 9, 15), date(2026, 9, 15), 14),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (None, date(2026, 2, 28), None),
    ],
)
def test_age_turns_on_the_birthday(born, on, years):
    assert age_on(born, on) == years
