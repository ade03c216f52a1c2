"""Rules of joining, without a database: codes of invitations, and what an answer to one can be."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# No letters and digits that look alike on paper (I L O 0 1): 31 signs, ten of them are about 49 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
DAYS_VALID = 14
LONGEST_DAYS = 60
MOST_COPIES = 3
# Wrong codes from one address before it has to wait. Guessing one of 20,000 open codes at this pace takes 10,000 years.
MOST_WRONG = 30
WRONG_WINDOW = timedelta(minutes=15)


def new_code() -> str:
    """A random code, as it is printed without its hyphen."""
    return "".join(secrets.choice(ALPHABET) for _sign in range(CODE_LENGTH))


def shown(code: str) -> str:
    """The code in two groups, to be typed."""
    return f"{code[:5]}-{code[5:]}"


def typed(text: str) -> str:
    """The code in what somebody typed or scanned: upper case, without spaces and hyphens; "" when it cannot be one."""
    plain = "".join(sign for sign in text.upper() if not sign.isspace() and sign not in "-—–－_·.")
    return plain if len(plain) == CODE_LENGTH and set(plain) <= set(ALPHABET) else ""


class State(StrEnum):
    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """What is known of an invitation. `many` is a class's code, which several guardians use."""

    expires_at: datetime
    many: bool
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def state(facts: InvitationFacts, now: datetime) -> State:
    """What an invitation is at an instant: taken back weighs more than used, used more than run out."""
    if facts.revoked_at is not None:
        return State.REVOKED
    if facts.used_at is not None and not facts.many:
        return State.USED
    return State.EXPIRED if now >= facts.expires_at else State.OPEN


def may_reset(*, own: bool, posts_inside: bool, manages: bool, ward_of_class: bool, holds_post: bool) -> bool:
    """Whether somebody may take back another's ways to sign in.

    Never one's own (that is the page of one's own account), and never those of a person with a post outside one's
    reach: who resets could sign in with that post. Who manages the unit resets everybody else there; a class teacher
    the guardians of the class, as long as they hold no post at all.
    """
    if own or not posts_inside:
        return False
    return manages or (ward_of_class and not holds_post)
