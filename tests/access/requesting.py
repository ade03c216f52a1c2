"""The mother asks the school about her child's data and makes a copy."""

from __future__ import annotations

from typing import Any

from lianfang.people.actions.privacy import ask_about_data, copy_own_data
from tests.reporting.cast import at


def add_requests(w: Any, say: Any) -> None:
    """Leaves the ids `request:mother` and `copy:mother`."""
    now = at("10:30")
    mother = w.actor("mother", now)
    child = w.d.pupils["class1"][0]
    text = say("request", "手机号换了，请改一下")
    w.ids["request:mother"] = ask_about_data(mother, now, person_id=child.pk, kind="correct", text=text).pk
    w.ids["copy:mother"] = copy_own_data(mother, now).pk
