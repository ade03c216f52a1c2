"""The two times of a fact: when it was true, as a client says, and when we received it, by our clock.

A phone's clock may be wrong by minutes or by years. The client sends its own clock's reading at the moment of sending;
the difference to our clock at receipt is its skew, and the fact's time is corrected by it. Lateness never looks at
anything but ``received_at``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lianfang.kernel.clock import as_utc
from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

FUTURE = Label(
    "填写的时间比现在晚 {minutes} 分钟，还没有保存。请检查手机时间后重新提交。",
    "The time given is {minutes} minutes in the future, so nothing was saved. Check the phone's clock and send again.",
)
TOO_OLD = Label(
    "填写的时间是 {days} 天前，超过可补报的 {limit} 天，还没有保存。请改用“更正”并说明原因。",
    "The time given is {days} days ago, more than the {limit} days that can be entered later, so nothing was saved. "
    "Please use a correction and give a reason.",
)


class TimeFlag(StrEnum):
    """What is worth knowing about the time of a fact."""

    CLOCK_CORRECTED = "clock_corrected"
    NO_CLIENT_CLOCK = "no_client_clock"
    SLIGHTLY_AHEAD = "slightly_ahead"
    DELAYED = "delayed"


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """Limits: skew below ``tolerance`` is network delay; what waited longer than ``delayed`` in an outbox is marked."""

    tolerance: timedelta = timedelta(minutes=2)
    ahead: timedelta = timedelta(minutes=5)
    oldest: timedelta = timedelta(days=14)
    delayed: timedelta = timedelta(minutes=10)


DEFAULT_POLICY = IntakePolicy()


@dataclass(frozen=True, slots=True)
class ClientTime:
    """What a client said: when the fact was true, and its own clock's reading when it sent it. Both aware."""

    true_at: datetime
    client_now: datetime | None = None


@dataclass(frozen=True, slots=True)
class FactTime:
    """The times to store, all UTC. ``claimed_at`` is what the client said, before correction.

    ``skew_seconds`` is the client's clock minus ours at receipt: positive when the client is ahead.
    """

    true_at: datetime
    received_at: datetime
    claimed_at: datetime
    skew_seconds: int
    flags: frozenset[TimeFlag]


def reconcile(said: ClientTime, received_at: datetime, policy: IntakePolicy = DEFAULT_POLICY) -> FactTime:
    """The times of a fact as we hold them.

    A corrected time up to ``policy.ahead`` in the future becomes ``received_at``. Raises ``InputError``: beyond that
    ``time.future``, for more than ``policy.oldest`` before receipt ``time.too_old``; ``ValueError`` for naive times.
    """
    received = as_utc(received_at)
    claimed = as_utc(said.true_at)
    flags: set[TimeFlag] = set()
    skew = timedelta()
    if said.client_now is None:
        flags.add(TimeFlag.NO_CLIENT_CLOCK)
    else:
        skew = as_utc(said.client_now) - received
        if abs(skew) > policy.tolerance:
            flags.add(TimeFlag.CLOCK_CORRECTED)
    offset = skew if TimeFlag.CLOCK_CORRECTED in flags else timedelta()
    age = (received - claimed) + offset
    if age < -policy.ahead:
        raise InputError("time.future", FUTURE, minutes=round(-age.total_seconds() / 60))
    if age > policy.oldest:
        raise InputError("time.too_old", TOO_OLD, days=age.days, limit=policy.oldest.days)
    if age < timedelta():
        flags.add(TimeFlag.SLIGHTLY_AHEAD)
        age = timedelta()
    if age > policy.delayed:
        flags.add(TimeFlag.DELAYED)
    return FactTime(received - age, received, claimed, round(skew.total_seconds()), frozenset(flags))


def lateness(due_at: datetime, received_at: datetime) -> timedelta:
    """How late something was received; zero when in time. The client's clock has no say."""
    return max(as_utc(received_at) - as_utc(due_at), timedelta())


def is_late(due_at: datetime, received_at: datetime, grace: timedelta = timedelta()) -> bool:
    """Whether something was received after its deadline and the grace given."""
    return lateness(due_at, received_at) > grace
