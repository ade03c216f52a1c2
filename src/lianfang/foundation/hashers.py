"""Password hashing with Argon2id at the strength that OWASP's password storage sheet names first for it.

19 MiB, two passes, one lane: a morning on which a whole staff signs in does not exhaust a school's small box, as
Django's default of 100 MiB and eight lanes a sign-in would.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id, m=19456 KiB, t=2, p=1."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1
