"""The keeper's evening: the roll of a floor on a phone without network, and a printed roll entered afterwards."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from lianfang.daily.actions import print_sheet
from lianfang.daily.models import RollCheck
from lianfang.foundation import actions as foundation
from lianfang.foundation.actor import load_actor, system_actor
from lianfang.people import actions as people
from tests.browsing import wait_until
from tests.district import DAY, MORNING, SETUP, TERM

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
EVENING = MORNING + timedelta(hours=13, minutes=30)
CONTROLLED = "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"
KEPT = "() => caches.keys().then(names => names.some(name => name.startsWith('lianfang-pages')))"


@pytest.fixture
def keeper(app):
    """A floor of two rooms with six boarders; its keeper."""
    d, system = app.district, system_actor("test", SETUP)
    home = d.units["school"]
    floor = foundation.create_unit(system, SETUP, parent=home, kind="dormitory", level="dormitory", name="1号楼1层")
    d.units["floor"] = floor
    building = people.add_place(system, SETUP, unit=home, kind="building", name="1号楼")
    rooms = [
        people.add_place(system, SETUP, unit=home, kind="dormitory", name=name, parent=building)
        for name in ("101", "102")
    ]
    for seat, child in enumerate(d.pupils["class1"][:6]):
        people.add_membership(system, SETUP, person=child, unit=floor, kind="resident", begins=TERM[0])
        people.occupy(system, SETUP, person=child, place=rooms[seat % 2], begins=TERM[0])
    person = people.create_person(system, SETUP, name="段玉")
    people.assign_post(system, SETUP, person=person, unit=home, role="dormitory_keeper", begins=TERM[0])
    d.accounts["keeper"], _secret = people.open_account(system, SETUP, person=person, username="keeper")
    foundation.set_password(system, SETUP, d.accounts["keeper"], "a long enough word")
    app.at(EVENING)
    return d.accounts["keeper"]


def test_a_floor_is_called_without_network_and_a_sheet_is_entered(app, keeper):
    page = app.phone("keeper")
    page.context.clock.install(time=EVENING)
    page.goto("/")
    wait_until(page, CONTROLLED)
    page.locator("#rolls").get_by_role("link", name="1号楼1层").click()
    expect(page.get_by_role("heading", name="1号楼1层 · 宿舍晚点名")).to_be_visible()
    expect(page.locator(".roll-room")).to_have_text(["101", "102"])
    wait_until(page, KEPT)
    page.context.set_offline(True)
    page.locator(".roll-grid [data-n='李小二']").tap()
    page.locator("#e-absent").check()
    page.locator("#e-c-personal").check()
    page.get_by_role("button", name="记下").tap()
    page.get_by_role("button", name="确认：其余 5 人到校且健康").tap()
    expect(page.locator(".roll-result")).to_contain_text("已存在本机，等待发送")
    assert not RollCheck.objects.exists()
    page.context.set_offline(False)
    expect(page.locator(".roll-result")).to_contain_text("已送达", timeout=20_000)
    check = RollCheck.objects.get()
    assert (check.session, check.expected, check.absent) == ("evening", 6, 1)

    tomorrow = EVENING + timedelta(days=1)
    app.at(tomorrow)
    actor = load_actor(keeper, tomorrow, "test")
    sheet = print_sheet(actor, tomorrow, unit_id=app.district.units["floor"].pk, session="evening")
    desk = app.desktop("keeper")
    desk.goto(f"/daily/sheets/{sheet.uid}/print/")
    expect(desk.locator(".sheet-code")).to_be_visible()
    desk.get_by_role("link", name="补录").click()
    desk.get_by_label("纸上写的检查时间").fill("20:50")
    desk.get_by_label("张小三 到校情况").select_option("absent")
    desk.get_by_label("张小三 缺勤原因").select_option("illness")
    desk.get_by_role("button", name="提交补录").click()
    expect(desk.get_by_text("这一天已经补录，并标明是纸质名单补录的。")).to_be_visible()
    entered = RollCheck.objects.get(day=DAY + timedelta(days=1))
    assert (entered.on_paper, entered.sheet_id) == (True, sheet.pk)
    assert entered.true_at < entered.received_at
