"""True and received times."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.errors import InputError
from lianfang.kernel.intake import ClientTime, IntakePolicy, TimeFlag, is_late, lateness, reconcile

RECEIVED = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


def minutes(count):
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    "true_ago, clock_ahead, expected_ago, skew, flags",
    [
        (minutes(1), minutes(0), minutes(1), 0, set()),
        # an honest phone: a minute of network is no skew
        (minutes(3), minutes(-1), minutes(3), -60, set()),
        # ten minutes ahead: the fact is put back by ten minutes
        (minutes(-9), minutes(10), minutes(1), 600, {TimeFlag.CLOCK_CORRECTED}),
        # a year behind
        (timedelta(days=365, minutes=20), timedelta(days=-365), minutes(20), -31_536_000,
         {TimeFlag.CLOCK_CORRECTED, TimeFlag.DELAYED}),
        # kept in the outbox for five hours
        (timedelta(hours=5), minutes(0), timedelta(hours=5), 0, {TimeFlag.DELAYED}),
        # up to five minutes ahead becomes now
        (minutes(-5), minutes(0), minutes(0), 0, {TimeFlag.SLIGHTLY_AHEAD}),
        (timedelta(days=14), minutes(0), timedelta(days=14), 0, {TimeFlag.DELAYED}),
    ],
)  # fmt: skip
def test_reconciled(true_ago, clock_ahead, expected_ago, skew, flags):
    said = ClientTime(RECEIVED - true_ago, RECEIVED + clock_ahead)
    times = reconcile(said, RECEIVED)
    assert times.true_at == RECEIVED - expected_ago
    assert times.claimed_at == RECEIVED - true_ago
    assert (times.received_at, times.skew_seconds, times.flags) == (RECEIVED, skew, frozenset(flags))


@pytest.mark.parametrize(
    "true_ago, clock_ahead, kind",
    [
        (minutes(-6), minutes(0), "time.future"),
        (minutes(-6), minutes(1), "time.future"),
        (minutes(-30), minutes(10), "time.future"),
        (timedelta(days=14, seconds=1), minutes(0), "time.too_old"),
        (timedelta(days=400), minutes(0), "time.too_old"),
        # looks fresh, but the phone's clock is a month ahead
        (timedelta(days=-1), timedelta(days=30), "time.too_old"),
    ],
)
def test_refused(true_ago, clock_ahead, kind):
    with pytest.raises(InputError) as error:
        reconcile(ClientTime(RECEIVED - true_ago, RECEIVED + clock_ahead), RECEIVED)
    assert error.value.kind == kind


def test_without_a_client_clock_the_claim_stands():
    times = reconcile(ClientTime(RECEIVED - minutes(7)), RECEIVED)
    assert times.true_at == RECEIVED - minutes(7)
    assert times.flags == {TimeFlag.NO_CLIENT_CLOCK}


def test_zones_do_not_matter_and_naive_times_are_refused():
    shanghai = timezone(timedelta(hours=8))
    times = reconcile(ClientTime(RECEIVED.astimezone(shanghai), RECEIVED.astimezone(shanghai)), RECEIVED)
    assert times.true_at == RECEIVED
    assert times.true_at.tzinfo is UTC
    with pytest.raises(ValueError):
        reconcile(ClientTime(RECEIVED.replace(tzinfo=None)), RECEIVED)


def test_limits_come_from_the_policy():
    policy = IntakePolicy(oldest=timedelta(days=1))
    with pytest.raises(InputError):
        reconcile(ClientTime(RECEIVED - timedelta(days=2)), RECEIVED, policy)


def test_lateness_looks_at_receipt_only():
    due = RECEIVED
    assert lateness(due, RECEIVED - minutes(1)) == timedelta()
    assert lateness(due, RECEIVED + minutes(3)) == minutes(3)
    assert not is_late(due, due)
    assert is_late(due, due + timedelta(microseconds=1))
    assert not is_late(due, due + minutes(5), grace=minutes(5))


@given(
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
    st.timedeltas(timedelta(), timedelta(days=13)),
)
def test_whatever_the_phone_thinks_the_fact_lands_where_it_was(clock_ahead, age):
    """A phone whose clock is wrong by any amount, but runs steadily, tells the same true time."""
    said = ClientTime(RECEIVED - age + clock_ahead, RECEIVED + clock_ahead)
    try:
        times = reconcile(said, RECEIVED)
    except InputError:
        assert abs(clock_ahead) <= minutes(2)  # skew within the tolerance is left as it is
        return
    assert abs(times.true_at - (RECEIVED - age)) <= minutes(2)
    assert times.true_at <= times.received_at == RECEIVED
