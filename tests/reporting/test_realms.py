"""Reports of real days know no unit of an exercise: not by its id, not below a school, not in a region."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lianfang.foundation.actions import create_unit, relate_authority
from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import NotFound
from lianfang.foundation.models import Realm, Unit
from lianfang.foundation.realm import in_realm
from lianfang.reporting import queries
from lianfang.reporting.tables import bureau_table
from lianfang.web.overview import overview
from tests.district import SETUP
from tests.reporting.cast import DAY, KIND, Reporting, at

SYSTEM = system_actor("test", SETUP)
NOW = at("09:00")


@pytest.fixture
def drilled(school: Reporting) -> dict[str, Unit]:
    """A class of an exercise below the grade, and a school of an exercise in the bureau's region."""
    Realm.objects.create(key="drill", name="drill", created_at=SETUP)
    relate_authority(
        SYSTEM,
        SETUP,
        authority=school.d.units["bureau"],
        capacity="education",
        begins=DAY - timedelta(days=9),
        region="330106",
    )
    with in_realm("drill"):
        begins = DAY - timedelta(days=9)
        return {
            "class": create_unit(
                SYSTEM, SETUP, parent=school.d.units["grade"], kind="class", level="class", name="演练班", begins=begins
            ),
            "school": create_unit(
                SYSTEM,
                SETUP,
                parent=None,
                kind="school",
                level="institution",
                name="演练小学",
                region="330106",
                begins=begins,
            ),
        }


def test_none_is_found_by_its_id(school: Reporting, drilled: dict[str, Unit]) -> None:
    unit_id = drilled["school"].pk
    for ask in (
        lambda: queries.board(SYSTEM, KIND, unit_id, DAY, NOW),
        lambda: bureau_table(SYSTEM, "bureau-daily", unit_id, DAY, NOW),
        lambda: overview(SYSTEM, unit_id, None, NOW),
    ):
        with pytest.raises(NotFound):
            ask()
        with in_realm("drill"):
            ask()


def test_none_is_on_a_board(school: Reporting, drilled: dict[str, Unit]) -> None:
    for unit in ("grade", "school", "bureau"):
        board = queries.board(SYSTEM, KIND, school.unit(unit), DAY, NOW)
        names = {row.unit.name for row in board.rows} | {low.unit.name for low in board.picture.line.lowest()}
        assert names and not {name for name in names if name.startswith("演练")}, unit
