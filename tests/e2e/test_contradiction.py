"""A guardian's report for two children contradicts the tap: it is seen before it, answered, and only then saved."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from lianfang.daily.models import HealthReport, RollCheck, RollMark
from tests.district import MORNING

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_mothers_fever_report_stands_before_the_tap(app):
    app.at(MORNING - timedelta(minutes=35))
    app.work()
    mother = app.phone("mother")
    mother.goto("/daily/report/")
    first = mother.locator(".report-card", has_text="王小一")
    second = mother.locator(".report-card", has_text="李晓二")
    first.get_by_text("有不适、发热，或今天不到校").tap()
    first.locator(".lf-temperature-input").fill("38.4")
    first.get_by_label("咳嗽", exact=True).check()
    first.get_by_role("button", name="提交").tap()
    expect(first.locator("[data-outbox-result]").last).to_contain_text("已送达")
    second.get_by_role("button", name="一切正常").tap()
    expect(second.locator("[data-outbox-result]").first).to_contain_text("已送达")
    ill = HealthReport.objects.get(person__name="王小一")
    assert (float(ill.temperature), ill.symptoms, ill.channel) == (38.4, ["cough"], "guardian")
    assert HealthReport.objects.get(person__name="李晓二").temperature is None
    mother.reload()
    expect(first).to_contain_text("07:05 已报")

    app.at(MORNING)
    teacher = app.phone("teacher")
    teacher.goto("/daily/")
    special = teacher.locator(".roll-special li", has_text="王小一")
    expect(special).to_contain_text("说法不一")
    expect(special).to_contain_text("38.4")
    expect(special).to_contain_text("07:05")
    expect(teacher.get_by_role("button", name="先核实 1 人的说法不一")).to_be_visible()
    expect(teacher.get_by_role("button", name="全部到校且健康")).to_have_count(0)
    teacher.get_by_role("button", name="先核实 1 人的说法不一").tap()
    editor = teacher.locator(".roll-editor")
    expect(editor).to_contain_text("王小一")
    assert not RollCheck.objects.exists()
    editor.locator("[data-dialog-close]").first.tap()
    teacher.get_by_role("button", name="先核实 1 人的说法不一").tap()
    editor.locator("#e-absent").check()
    editor.locator("#e-c-illness").check()
    teacher.get_by_role("button", name="记下").tap()
    teacher.get_by_role("button", name="确认：其余 7 人到校且健康").tap()
    expect(teacher.locator(".roll-result")).to_contain_text("已送达")
    (check,) = RollCheck.objects.all()
    (mark,) = RollMark.objects.all()
    assert (check.expected, check.absent_ill) == (8, 1)
    assert (mark.person.name, mark.presence, mark.answers) == ("王小一", "absent", [ill.pk])


def test_all_well_is_not_accepted_over_a_report_that_came_in_between(app):
    """The mother reports while the roll is open: the server refuses the tap, says why and keeps what was entered."""
    app.work()
    teacher = app.phone("teacher")
    teacher.goto("/daily/")
    expect(teacher.get_by_role("button", name="全部到校且健康")).to_be_visible()
    mother = app.phone("mother")
    mother.goto("/daily/report/")
    card = mother.locator(".report-card", has_text="王小一")
    card.get_by_text("有不适、发热，或今天不到校").tap()
    card.locator(".lf-temperature-input").fill("38.4")
    card.get_by_role("button", name="提交").tap()
    expect(card.locator("[data-outbox-result]").last).to_contain_text("已送达")

    teacher.get_by_role("button", name="全部到校且健康").tap()
    expect(teacher.locator(".roll-result")).to_contain_text("没有被接受，内容已保留")
    expect(teacher.locator(".roll-grid [data-n='王小一']")).to_contain_text("说法不一")
    assert not RollCheck.objects.exists()
    expect(teacher.locator("[data-offline-bar]")).to_contain_text("1 份需要修改后再发")
    expect(teacher.locator(".roll-errors li")).to_have_count(1)
    teacher.get_by_role("button", name="先核实 1 人的说法不一").tap()
    expect(teacher.locator(".roll-editor[open]")).to_contain_text("王小一")
    teacher.get_by_role("button", name="核实无异常").tap()
    teacher.get_by_role("button", name="全部到校且健康").tap()
    expect(teacher.locator(".roll-result")).to_contain_text("已送达")
    (check,) = RollCheck.objects.all()
    (mark,) = RollMark.objects.all()
    assert (check.all_well, mark.answers) == (True, [HealthReport.objects.get().pk])
    expect(teacher.locator("[data-offline-bar]")).to_be_hidden()
