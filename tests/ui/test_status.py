"""The status catalogue: complete, one meaning a key and group, never colour alone."""

import pytest

from lianfang.ui import status
from lianfang.ui.icons import ICONS
from lianfang.ui.status import Status, UnknownStatus

GROUPS = {
    "report": "confirmed_zero has_cases missing excused open late draft signed amended",
    "check": "all_well exceptions not_done",
    "person_day": "well ill_present absent_ill absent_other left_early unanswered contradicted",
    "duty": "open due_soon overdue done done_late excused",
    "delivery": "queued sent read failed",
}


def test_the_groups_hold_what_the_rooms_derive():
    here = {name: " ".join(item.key for item in status.group(name)) for name in GROUPS}
    assert here == GROUPS  # other rooms may register groups of their own
    assert set(GROUPS) <= set(status.groups())


@pytest.mark.parametrize("item", [item for items in status.groups().values() for item in items], ids=lambda i: i.key)
def test_each_status_has_words_colour_icon_and_meaning(item):
    assert str(item.label)
    assert str(item.meaning).endswith("。")
    assert item.role in status.ROLES
    assert item.icon in ICONS


@pytest.mark.parametrize("name", GROUPS)
def test_no_two_statuses_of_a_group_look_alike(name):
    looks = [(item.label, item.icon) for item in status.group(name)]
    assert len({str(label) for label, _ in looks}) == len(looks)
    assert len({icon for _, icon in looks}) == len(looks)


def test_the_four_answers_of_a_report_differ_in_colour_and_icon():
    four = [status.get(key, "report") for key in ("confirmed_zero", "has_cases", "missing", "excused")]
    assert len({item.role for item in four}) == 4
    assert len({item.icon for item in four}) == 4


@pytest.mark.parametrize(
    "key, group, label",
    [
        ("missing", "", "未报"),
        ("open", "", "待报"),
        ("open", "report", "待报"),
        ("open", "duty", "待办"),
        ("duty.open", "", "待办"),
        ("duty.excused", "", "免办"),
        ("excused", "", "免报"),
    ],
)
def test_a_key_is_found_with_and_without_its_group(key, group, label):
    assert str(status.get(key, group).label) == label


@pytest.mark.parametrize("key, group", [("zero", ""), ("missing", "duty"), ("duty.missing", ""), ("", "")])
def test_an_unknown_key_is_refused(key, group):
    with pytest.raises(UnknownStatus):
        status.get(key, group)


def test_an_unknown_group_is_refused():
    with pytest.raises(UnknownStatus):
        status.group("weather")


def test_a_group_or_key_cannot_be_registered_twice():
    one = Status("one", "一", "ok", "check", "一。")
    with pytest.raises(ValueError, match="group registered twice"):
        status.register("duty", one)
    with pytest.raises(ValueError, match="key registered twice"):
        status.register("twice", one, one)
    assert "twice" not in status.groups()
