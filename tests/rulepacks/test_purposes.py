"""The table of legal bases as shipped, and what it refuses."""

from __future__ import annotations

import pytest

from lianfang.kernel.labels import Label
from lianfang.rulepacks import PackError, packs, read_packs
from lianfang.rulepacks.catalogs.purposes import Kept, Purpose
from lianfang.rulepacks.checking import problems

LABEL = Label("名", "Name")


def test_statutory_checks_rest_on_duty_and_places_visited_on_consent():
    bases = {purpose.id: purpose.basis for purpose in packs().purposes.values()}
    assert bases["health-check"] == "statutory_duty"
    assert {key for key, basis in bases.items() if basis == "consent"} == {"tracks"}
    assert packs().purposes["tracks"].consent_age == 14


def test_every_term_that_no_source_names_asks_for_review():
    for purpose in packs().purposes.values():
        for name, kept in purpose.kept.items():
            assert kept.needs_review or purpose.needs_review or kept.days is None, f"{purpose.id}.{name}"
    assert problems(packs()) == []


def test_only_counts_without_names_are_kept_without_an_end():
    assert [
        f"{purpose.id}.{name}"
        for purpose in packs().purposes.values()
        for name, kept in purpose.kept.items()
        if kept.days is None
    ] == ["signed-reports.figures"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Kept(label=LABEL, days=10, at_least=11),
        lambda: Purpose(id="x", label=LABEL, basis="consent", text=LABEL, kept={"a": Kept(label=LABEL)}),
        lambda: Purpose(id="x", label=LABEL, basis="contract", text=LABEL, kept={}),
    ],
)
def test_what_does_not_hold_together_is_refused(wrong):
    with pytest.raises(ValueError, match=r"purpose|term"):
        wrong()


def test_an_unknown_basis_or_start_names_its_place(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "purposes:\n  p: {label: {zh: 名, en: N}, text: {zh: 名, en: N}, source: [x], basis: habit,"
        " kept: {a: {label: {zh: 名, en: N}, days: 3}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(PackError, match=r"purposes\.p.*habit"):
        dict(read_packs(tmp_path).purposes)
