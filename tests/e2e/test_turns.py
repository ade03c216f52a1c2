"""A leader's week: planned by the administrator, handed to a colleague, who says "I am on post" on a phone."""

import pytest
from playwright.sync_api import expect

from lianfang.duties.models import Duty, Shift
from lianfang.people import actions as people
from tests.district import DAY, MORNING, SETUP, TERM
from tests.reporting.cast import at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_shift_is_planned_swapped_and_confirmed(app):
    d = app.district
    people.assign_post(
        d.actor("admin", SETUP),
        MORNING,
        person=d.persons["nurse"],
        unit=d.units["school"],
        role="leader_on_duty",
        begins=TERM[0],
    )
    app.at(at("06:20"))
    admin = app.desktop("admin")
    admin.goto(f"/duties/shifts/of/{d.units['school'].pk}/")
    admin.get_by_role("link", name="排班", exact=True).click()
    admin.get_by_label("第一天").fill(DAY.isoformat())
    admin.get_by_role("button", name="生成值班表").click()
    expect(admin.locator("#toasts")).to_contain_text("值班表已排好")
    expect(admin.locator("table").first).to_contain_text("孙勇")

    leader = app.phone("leader")
    leader.goto("/duties/shifts/mine/")
    leader.get_by_role("link", name="换班、代班和经过").click()
    leader.get_by_label("和哪一班对调").select_option(index=1)
    leader.get_by_label("原因").fill("外出开会")
    leader.get_by_role("button", name="请对方同意").click()
    expect(leader.locator("main")).to_contain_text("等待答复")

    nurse = app.phone("nurse")
    nurse.goto("/duties/shifts/mine/")
    expect(nurse.locator("main")).to_contain_text("外出开会")
    nurse.get_by_role("button", name="同意", exact=True).click()
    expect(nurse.locator("#toasts")).to_contain_text("已同意")
    app.at(at("07:02"))
    app.work()
    nurse.goto("/duties/")
    nurse.get_by_role("link", name="领导带班在岗确认", exact=True).click()
    nurse.get_by_role("button", name="我已到岗").click()
    expect(nurse.locator("main")).to_contain_text("07:02 已到岗")
    shift = Shift.objects.get(day=DAY, role="leader_on_duty")
    assert shift.account == d.accounts["nurse"] and shift.on_post_at == at("07:02")
    assert Duty.objects.get(kind="leader-on-post", day=DAY).done_at == at("07:02")
