"""Lateness follows our receipt, whatever the clocks of clients say: jumps from a second to a year, and changes of zone.

LIANFANG_SEQUENCES sets how many sequences (300; `./lianfang test --soak`: 10,000), LIANFANG_SEED which.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import hypothesis
import pytest
from hypothesis import strategies as st

from lianfang.duties import rules
from lianfang.duties.models import Duty
from lianfang.duties.queries import state_of
from lianfang.kernel.errors import InputError
from lianfang.kernel.intake import DEFAULT_POLICY, ClientTime, TimeFlag, is_late, lateness, reconcile
from lianfang.reporting.actions import sign_report
from tests.daily.cast import make_morning
from tests.district import DAY
from tests.reporting.cast import KIND, Reporting, at

SEQUENCES = int(os.environ.get("LIANFANG_SEQUENCES", "300"))
SEED = int(os.environ.get("LIANFANG_SEED") or 20260915)
YEAR = 365 * 24 * 3600
DUE = at("08:30")
tried = 0


@st.composite
def jumps(draw: st.DrawFn) -> timedelta:
    """From a second to a year, either way; small and large ones alike."""
    size = draw(st.sampled_from([1, 59, 119, 121, 301, 3600, 8 * 3600, 86400, 15 * 86400, YEAR]) | st.integers(1, YEAR))
    return timedelta(seconds=size * draw(st.sampled_from([-1, 1])))


zones = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
# Each step of a client's life: what its clock does before it fills something in, and between that and the sending.
step = st.fixed_dictionaries(
    {
        "pause": st.integers(0, 4 * 3600),
        "before": st.none() | jumps(),
        "between": st.none() | jumps(),
        "zone": zones,
        "sent_zone": zones,
        "waits": st.integers(0, 6 * 3600),
    }
)


@hypothesis.seed(SEED)
@hypothesis.settings(max_examples=SEQUENCES, deadline=None, database=None)
@hypothesis.given(sequence=st.lists(step, min_size=1, max_size=6), start=st.integers(-6 * 3600, 2 * 3600))
def test_no_sequence_of_jumps_and_zones_changes_lateness(sequence: list[dict], start: int) -> None:
    global tried
    tried += 1
    ours = DUE + timedelta(seconds=start)
    skew = timedelta()
    for each in sequence:
        skew += each["before"] or timedelta()
        ours += timedelta(seconds=each["pause"])
        filled, by_phone = ours, ours + skew
        skew += each["between"] or timedelta()
        received = filled + timedelta(seconds=each["waits"])
        ours = received
        said = ClientTime(by_phone.astimezone(each["zone"]), (received + skew).astimezone(each["sent_zone"]))
        try:
            times = reconcile(said, received)
        except InputError as error:
            refused = error.kind
        else:
            refused = ""
        if refused:
            assert each["between"] is not None, "a clock that only stands wrong refuses nothing"
            assert refused in ("time.future", "time.too_old")
            continue
        by_us = max(received - DUE, timedelta())
        assert times.received_at == received
        assert lateness(DUE, times.received_at) == by_us
        assert is_late(DUE, times.received_at) == (received > DUE)
        facts = rules.Facts("class-morning-check", "1", at("06:30"), DUE, done_at=times.received_at)
        assert rules.state(facts, received + timedelta(days=1)).value == ("done_late" if received > DUE else "done")
        assert times.true_at <= times.received_at
        if each["between"] is None:  # the clock stood wrong, but still: when it was true is known to the tolerance
            assert abs(times.true_at - filled) <= DEFAULT_POLICY.tolerance
            if filled + DEFAULT_POLICY.tolerance < DUE < received - DEFAULT_POLICY.delayed:
                assert times.true_at < DUE < times.received_at, "offline in time and received late shows both"
            if each["waits"] > (DEFAULT_POLICY.delayed + DEFAULT_POLICY.tolerance).total_seconds():
                assert TimeFlag.DELAYED in times.flags


@pytest.mark.django_db
def test_the_same_holds_for_what_is_stored() -> None:
    """Rolls saved with clocks that are wrong in every way, and a report signed offline in time and received late."""
    chance = random.Random(SEED)
    cast = Reporting(make_morning(4).d)
    days = [DAY + timedelta(days=n) for n in range(120) if (DAY + timedelta(days=n)).weekday() < 5]
    days = [
        day
        for day in days
        if not datetime(2026, 9, 24, tzinfo=UTC).date() < day < datetime(2026, 10, 12, tzinfo=UTC).date()
    ]
    for number in range(min(len(days), max(8, SEQUENCES // 20))):
        day = days[number]
        due = at("08:30", day)
        received = due + timedelta(seconds=chance.choice([-3600, -1, 0, 1, 61, 3600, 6 * 3600]))
        skew = timedelta(seconds=chance.choice([-1, 1]) * chance.choice([0, 1, 130, 3600, 86400, YEAR]))
        zone = timezone(timedelta(minutes=15 * chance.randrange(-48, 57)))
        filled = min(received, at("07:00", day) + timedelta(minutes=chance.randrange(80)))
        saved = cast.check(
            now=received,
            day=day,
            all_well=True,
            true_at=(filled + skew).astimezone(zone),
            client_now=(received + skew).astimezone(zone),
        )
        duty = Duty.objects.get(kind="class-morning-check", unit=cast.unit(), period=day.isoformat())
        assert saved.received_at == received.isoformat()
        assert (duty.due_at, duty.done_at) == (due, received)
        assert state_of(duty, received).value == ("done_late" if received > due else "done")
    cast.check("teacher2", unit="class2", now=at("07:50"), all_well=True)
    form_at = at("08:40")
    statement = cast.statement("grade_head", "grade", form_at)
    late = at("10:10")
    skew = timedelta(days=-365)
    statement = replace(statement, true_at=form_at + skew, client_now=late + skew)
    row = sign_report(
        cast.actor("grade_head", late), late, kind_id=KIND, unit_id=cast.unit("grade"), day=DAY, statement=statement
    )
    assert (row.true_at, row.signed_at, row.first_signed_at) == (form_at, late, late)
    assert row.true_at < row.due_at < row.first_signed_at


def test_so_many_were_tried() -> None:
    """Counted for the soak's table; hypothesis may find fewer different ones than asked for."""
    print(f"sequences: {tried}")
    assert tried >= SEQUENCES * 0.9
