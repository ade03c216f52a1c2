"""In a real browser: what people typed, with markup and scripts in every text, runs nothing and breaks no policy."""

import pytest

from tests.access.canary import NAME, poison
from tests.district import DAY
from tests.reporting.cast import at, ill

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# The canary calls a function of this name; the page also says what its policy held back.
WATCH = f"""
window.ran = [];
window.{NAME} = n => window.ran.push("script " + n);
document.addEventListener("securitypolicyviolation", e => window.ran.push(e.violatedDirective + " " + e.blockedURI));
"""


def test_nothing_that_was_typed_runs(app, morning):
    """Every kind of page that shows typed text, as those who see most of it; then one text typed into a form."""
    app.work()
    morning.check("teacher2", unit="class2", marks=[ill(morning.pupil(1, "class2"), "cough")], now=at("07:52"))
    morning.report("mother", morning.pupil(0), absent=True, cause="illness")
    app.at(at("08:50"))
    app.work()
    poison()
    units = app.district.units
    class1, school, child = units["class1"].pk, units["school"].pk, morning.pupil(0)
    said = []
    for part, addresses in {
        "teacher": (
            "/",
            f"/daily/roll/{class1}/morning/",
            f"/daily/day/{class1}/",
            "/notices/",
            f"/people/persons/{child}/",
        ),
        "admin": (f"/people/units/{class1}/", f"/people/calendar/{school}/", f"/people/persons/{child}/edit/"),
        "mother": ("/", "/daily/report/"),
        "officer": ("/", "/duties/chase/", f"/overview/{school}/", f"/reports/daily-zero/{school}/{DAY}/"),
    }.items():
        page = app.desktop(part)
        page.add_init_script(WATCH)
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.set_default_navigation_timeout(90_000)  # other work on the machine must not fail it
        drawn = 0
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None and answer.status == 200, address
            page.wait_for_load_state("load")
            drawn += NAME in page.content()
            said += [f"{part} {address}: {what}" for what in page.evaluate("window.ran")]
        assert drawn, part
    assert not said
