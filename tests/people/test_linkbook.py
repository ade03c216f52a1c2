"""The link book: numbers, masking, calls, wrong numbers until mended, and the monthly check as a duty."""

from datetime import date, timedelta

import pytest

from lianfang.config.worker import catch_up
from lianfang.duties.jobs import raise_duties
from lianfang.duties.models import Duty
from lianfang.foundation.actor import system_actor
from lianfang.foundation.errors import Forbidden, Invalid, NotFound
from lianfang.foundation.models import JournalEntry
from lianfang.people import actions
from lianfang.people.linkbook import clean_number, masked
from lianfang.people.models import LinkEntry
from lianfang.people.queries.linkbook import link_book
from tests.people.cast import LONG_AGO, NOW, TODAY


@pytest.mark.parametrize(
    "typed, number",
    [
        ("0571-8700 1234", "057187001234"),
        ("（0571）87001234转801", "057187001234,801"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("120", "120"),
        ("12", None),
        ("打总机", None),
        ("13800138000;rm", None),
        ("1" * 21, None),
    ],
)
def test_numbers_as_dialled(typed, number):
    assert clean_number(typed) == number


def test_masking():
    assert masked("13800138000") == "138******00" and masked("12345") == "*****"


def add(cast, part="admin", **more):
    given = {"kind": "cdc", "name": "区疾控中心传防科", "phone": "0571-87001234"}
    return actions.add_link(cast.actor(part), NOW, unit=cast.school, **{**given, **more})


def call(cast, row, outcome, now=NOW, part="nurse"):
    return actions.record_call(cast.actor(part, now), now, entry_id=row.pk, outcome=outcome)


def book(cast, part="admin", now=NOW, **more):
    return link_book(cast.actor(part, now), cast.school.pk, TODAY, **more)


def guard(cast):
    system = system_actor("test", LONG_AGO)
    person = actions.create_person(system, LONG_AGO, name="门卫老朱")
    actions.assign_post(system, LONG_AGO, person=person, unit=cast.school, role="gate_guard", begins=date(2026, 8, 25))
    actions.open_account(system, LONG_AGO, person=person, username="guard")
    cast.persons["guard"] = person


def test_own_numbers_are_masked_for_who_may_not_call(cast):
    guard(cast)
    add(cast)
    add(cast, kind="own", name="保健教师", contact="钱芳", phone="13800138000", private=True)
    seen = [(line.number, line.dial) for line in book(cast, "guard").lines]
    assert seen == [("057187001234", "057187001234"), ("138******00", "")]
    assert [line.dial for line in book(cast, "nurse").lines] == ["057187001234", "13800138000"]
    assert [book(cast, part).may_call for part in ("guard", "nurse", "admin")] == [False, True, True]
    assert [book(cast, part).may_manage for part in ("guard", "nurse", "admin")] == [False, False, True]
    with pytest.raises(Forbidden):
        call(cast, LinkEntry.objects.first(), "reached", part="guard")
    with pytest.raises(NotFound):
        link_book(cast.actor("stranger"), cast.school.pk, TODAY)


def test_a_wrong_number_is_listed_until_it_is_mended(cast):
    row, other = add(cast), add(cast, kind="hospital", name="社区卫生服务中心", phone="87005678")
    call(cast, other, "reached")
    call(cast, row, "wrong_number")
    assert [line.entry.pk for line in book(cast, wrong_only=True).lines] == [row.pk]
    new = actions.mend_link(cast.actor("admin"), NOW, entry_id=row.pk, kind="cdc", name=row.name, phone="87009999")
    assert book(cast).wrong == 0
    row.refresh_from_db()
    assert row.ends == TODAY and new.replaces_id == row.pk and row.calls.count() == 1
    with pytest.raises(NotFound):
        call(cast, row, "reached")
    bodies = [str(e.payload.body) for e in JournalEntry.objects.filter(action__startswith="people.link.")]
    assert len(bodies) == 6 and not any("8700" in body for body in bodies)


@pytest.mark.parametrize(
    "more, field, code",
    [
        ({"phone": "x"}, "phone", "format"),
        ({"kind": "x"}, "kind", "unknown"),
        ({"name": " "}, "name", "required"),
        ({"name": "长" * 61}, "name", "too_long"),
        ({"note": "长" * 201}, "note", "too_long"),
    ],
)
def test_entries_that_cannot_be(cast, more, field, code):
    with pytest.raises(Invalid) as refused:
        add(cast, **more)
    assert [(e.field, e.code) for e in refused.value.errors] == [(field, code)]
    assert not LinkEntry.objects.exists()


def test_the_check_is_raised_once_a_month_and_done_when_all_were_called(cast):
    system = system_actor("test", LONG_AGO)
    actions.declare_term(system, LONG_AGO, unit=cast.bureau, name="1", begins=date(2026, 9, 1), ends=date(2027, 1, 20))

    def checks(now):
        raise_duties(system_actor("test", now), now)
        return Duty.objects.filter(kind="link-book-check").order_by("pk")

    assert not checks(NOW)  # nothing to be checked yet
    rows = [add(cast), add(cast, kind="police", name="派出所", phone="110")]
    (duty,) = checks(NOW + timedelta(hours=2))
    assert (duty.period, duty.unit_id, duty.link) == ("2026-09", cast.school.pk, f"/people/linkbook/{cast.school.pk}/")
    assert checks(NOW + timedelta(days=8)).count() == 1
    for hours, row, done in ((3, rows[0], False), (4, rows[1], True)):
        now = NOW + timedelta(hours=hours)
        call(cast, row, "reached", now)
        catch_up(now)
        duty.refresh_from_db()
        assert (duty.done_at is not None) is done
    october = NOW + timedelta(days=20)
    assert [d.period for d in checks(october)] == ["2026-09", "2026-10"]


def test_pages(cast, signed_in):
    guard(cast)
    row = add(cast)
    add(cast, kind="own", name="保健教师", phone="13800138000", private=True)
    page = f"/people/linkbook/{cast.school.pk}/"
    nurse, door = signed_in("nurse"), signed_in("guard")
    text = nurse.get(page).content.decode()
    assert 'href="tel:057187001234"' in text and 'href="tel:13800138000"' in text
    text = door.get(page).content.decode()
    assert "13800138000" not in text and "号码不对" not in text
    answer = nurse.post(f"/people/linkbook/entries/{row.pk}/calls/", {"outcome": "wrong_number"}, follow=True)
    assert "1 个号码要改" in answer.content.decode()
    admin = signed_in("admin")
    add_here = f'action="/people/linkbook/{cast.school.pk}/add/"'
    offered = [add_here in client.get(page).content.decode() for client in (door, nurse, admin)]
    assert offered == [False, False, True]
    mended = admin.post(
        f"/people/linkbook/entries/{row.pk}/", {"kind": "cdc", "name": "区疾控中心", "phone": "x"}, follow=True
    )
    assert mended.status_code == 422 and "电话号码应为" in mended.content.decode()
