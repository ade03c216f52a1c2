"""Opening and confirming a class of 45 takes two taps and one screen."""

import pytest
from playwright.sync_api import expect

from lianfang.daily.models import RollCheck

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("district_size", [45])
def test_a_class_of_45_is_confirmed_in_two_taps(app):
    app.work()
    page = app.phone("teacher")
    page.add_init_script(
        "window.taps = Number(sessionStorage.taps || 0);"
        "addEventListener('pointerdown', () => { sessionStorage.taps = ++window.taps; }, true);"
    )
    page.goto("/")
    page.get_by_role("link", name="去做").tap()
    button = page.get_by_role("button", name="全部到校且健康")
    expect(button).to_be_visible()
    expect(page.locator(".roll-grid [data-p]")).to_have_count(45)
    assert button.evaluate("b => b.getBoundingClientRect().bottom <= innerHeight && b.getBoundingClientRect().top >= 0")
    last = page.locator(".roll-grid [data-p]").last
    assert last.evaluate("t => t.getBoundingClientRect().bottom <= innerHeight"), "45 names do not fit one phone screen"
    button.tap()
    expect(page.locator(".roll-result")).to_contain_text("已送达")
    assert page.evaluate("() => window.taps") == 2
    (check,) = RollCheck.objects.all()
    assert (check.all_well, check.expected, check.present) == (True, 45, 45)
