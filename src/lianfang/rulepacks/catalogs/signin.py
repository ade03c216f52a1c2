"""What passwords and sessions have to keep to: profiles of which a unit chooses one."""

from __future__ import annotations

from dataclasses import dataclass

from lianfang.kernel.labels import Label
from lianfang.rulepacks.catalogs.entry import Entry


@dataclass(frozen=True, kw_only=True)
class SessionLimit:
    """How long a browser stays signed in: without being used, and at most. ``roles`` empty: everybody."""

    idle_minutes: int
    longest_hours: int
    roles: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 0 < self.idle_minutes <= self.longest_hours * 60:
            raise ValueError("a session's idle time lies between nothing and its longest time")


@dataclass(frozen=True, kw_only=True)
class SignInProfile(Entry):
    """One policy for passwords, tries and sessions.

    ``kinds``: how many of the four kinds of signs (capital, small, digit, other) a password mixes; 0: any signs.
    ``common``: refuse passwords of the stored list of common ones. ``context_words``: words of the product and of schools
    that are refused as one's own names and those of one's units are; none: neither is looked at. ``rotation_days``: after
    which a new one is asked for; None: never. ``history``: so many earlier ones may not come back. ``tries`` wrong
    passwords shut the sign-in for ``wait_minutes``. ``one_time_days``: how long an unused one-time password opens.
    ``again_minutes``: how long a typed password is enough for changing ways to sign in. ``second_factor_roles`` need an
    authenticator app or a passkey.
    """

    text: Label
    min_length: int
    max_length: int
    recommended_length: int | None = None
    kinds: int = 0
    common: bool = True
    context_words: tuple[str, ...] = ()
    rotation_days: int | None = None
    history: int = 0
    tries: int
    wait_minutes: int
    one_time_days: int
    again_minutes: int
    sessions: tuple[SessionLimit, ...]
    second_factor_roles: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 8 <= self.min_length <= (self.recommended_length or self.min_length) <= self.max_length:
            raise ValueError("lengths of passwords rise from 8 over the least and the recommended to the most")
        if not 0 <= self.kinds <= 4:
            raise ValueError("there are four kinds of signs")
        if min(self.tries, self.wait_minutes, self.one_time_days, self.again_minutes) < 1:
            raise ValueError("tries, waits and days are at least one")
        if not any(not limit.roles for limit in self.sessions):
            raise ValueError("one of the sessions' limits holds for everybody")
