"""A school may lay its own limits over the packs: roll, reports and duties follow, other schools do not."""

from __future__ import annotations

from typing import Any

from lianfang.daily.actions.duties import duty_kinds
from lianfang.daily.models import HealthReport, RollCheck, RollMark
from lianfang.daily.rules import SaidInput
from lianfang.daily.vocabularies import vocabularies
from lianfang.duties.templates import packs_for
from lianfang.foundation.actions import set_unit_setting
from lianfang.foundation.actor import system_actor
from tests.daily.cast import DAY, Morning, ill
from tests.district import SETUP

OWN = [
    {"rule_id": "fever_limits.check.celsius", "value": "37.8"},
    {"rule_id": "duty_templates.class-noon-check.enabled", "value": True},
    {"rule_id": "duty_templates.class-noon-check.session", "value": "evening"},
]


def _overlay(school: Morning, changes: list[Any]) -> None:
    system = system_actor("test", SETUP)
    set_unit_setting(
        system, SETUP, unit=school.d.units["school"], key="rules.overrides", value=changes, begins=SETUP.date()
    )


def test_the_schools_own_fever_limit_holds_in_its_classes_only(school: Morning):
    _overlay(school, OWN[:1])
    school.check(marks=[ill(school.pupil(1), "cough", temperature="37.6", site="axillary")])
    school.check(
        "foreign_teacher",
        unit="foreign_class",
        marks=[ill(school.pupil(1, "foreign_class"), "cough", temperature="37.6", site="axillary")],
    )
    assert list(RollMark.objects.order_by("pk").values_list("fever", flat=True)) == [False, True]
    versions = RollCheck.objects.values_list("rules_version", flat=True)
    assert len(set(versions)) == 2
    own = school.report("mother", school.pupil(0), said=SaidInput("37.6", "axillary"))
    assert HealthReport.objects.get(pk=own.id).fever is False


def test_looked_up_at_once_for_all_units(school: Morning, django_assert_num_queries):
    _overlay(school, OWN[:1])
    units = [school.d.units[key] for key in ("class1", "class2", "foreign_class")]
    with django_assert_num_queries(1):
        words = vocabularies(units, DAY)
    assert [str(words[unit.pk].limit("")) for unit in units] == ["37.8", "37.8", "37.3"]


def test_a_check_fulfils_what_the_schools_own_templates_say(school: Morning):
    _overlay(school, OWN[1:])
    for key, kinds in (("class1", ("class-noon-check",)), ("foreign_class", ())):
        unit = school.d.units[key]
        templates = packs_for([unit], DAY)[unit.pk].duty_templates.values()
        assert duty_kinds("evening", unit.kind, templates) == kinds
