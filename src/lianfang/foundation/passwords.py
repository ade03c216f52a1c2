"""Whether a password keeps to the policy: checked wherever one is set, said before anybody types.

Common passwords are Django's stored list (about 20,000); nothing is asked over the network.
"""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext as _

from lianfang.foundation.errors import FieldError
from lianfang.foundation.models import Account, PastPassword, Unit
from lianfang.foundation.policy import Policy, held_roles

# A password that is a word of its context and less than this many signs more is as good as the word.
LEFT_OVER = 6
DIGITS_ALONE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|1[3-9]\d{9}|\d{17}[\dXx]")


@cache
def common_words() -> frozenset[str]:
    """The stored list of common passwords, in small letters."""
    return frozenset(CommonPasswordValidator().passwords)


def kinds_of(password: str) -> int:
    """How many of the four kinds of signs are in it: capital letters, small letters, digits, anything else."""
    capital = any(sign.isupper() for sign in password)
    small = any(sign.islower() for sign in password)
    digit = any(sign.isdigit() for sign in password)
    other = any(not sign.isupper() and not sign.islower() and not sign.isdigit() for sign in password)
    return capital + small + digit + other


def _repeated(password: str) -> bool:
    """One sign again and again, or signs in a row (12345678, abcdefgh, 87654321)."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(password)}
    return len(steps) <= 1 and steps <= {-1, 0, 1}


def context_words(account: Account | None, unit: Unit | None, now: datetime) -> set[str]:
    """Words that somebody who knows the person would try first: own names, those of the units and above."""
    words: set[str] = set()
    units = [unit] if unit is not None else []
    if account is not None:
        words |= {account.username, account.display_name, account.email.partition("@")[0]}
        if account.pk:
            units += Unit.objects.filter(pk__in=held_roles(account, now))
    above = {i for u in units for i in u.ancestor_ids}
    words |= set(Unit.objects.filter(pk__in=above).values_list("name", flat=True))
    plain = {re.sub(r"\W", "", word).casefold() for word in words}
    return {word for word in plain if len(word) >= (4 if word.isascii() else 2)}


def faults(policy: Policy, password: str, words: set[str]) -> list[FieldError]:
    """Everything that speaks against a password, each with its code, in words; empty for a good one."""
    found: list[tuple[str, str]] = []
    if len(password) < policy.min_length:
        found.append(("password_too_short", _("密码太短，请至少用 %(n)d 个字符。") % {"n": policy.min_length}))
    if len(password) > policy.max_length:
        found.append(("password_too_long", _("密码太长，请不超过 %(n)d 个字符。") % {"n": policy.max_length}))
    if kinds_of(password) < policy.kinds:
        needed = {"n": policy.kinds}
        found.append(
            ("password_too_plain", _("大写字母、小写字母、数字、其他符号，请至少混用其中 %(n)d 种。") % needed)
        )
    plain = re.sub(r"\W", "", password).casefold()
    if policy.common and (
        password.casefold() in common_words() or DIGITS_ALONE.fullmatch(password) or _repeated(password.casefold())
    ):
        found.append(("password_too_common", _("这个密码太常见，别人一试就中，请换一个。")))
    elif policy.context_words and any(
        word in plain and len(plain) - len(word) < LEFT_OVER for word in words | policy.context_words
    ):
        found.append(("password_too_similar", _("密码里几乎只有姓名、登录名、单位名或系统名，请换一个。")))
    return [FieldError("password", code, message) for code, message in found]


def asked(policy: Policy) -> str:
    """What the policy asks of a password, said before it is typed."""
    said = [_("至少 %(n)d 个字符") % {"n": policy.min_length}]
    if policy.recommended_length:
        said = [_("至少 %(n)d 个字符，建议 %(m)d 个以上") % {"n": policy.min_length, "m": policy.recommended_length}]
    if policy.kinds:
        said.append(_("大写字母、小写字母、数字、其他符号至少混用 %(n)d 种") % {"n": policy.kinds})
    else:
        said.append(_("什么字符都可以，也可以用一句话、可以粘贴"))
    said.append(_("不要用常见密码，也不要只用姓名、登录名或单位名"))
    if policy.history:
        said.append(_("不能与最近 %(n)d 次用过的相同") % {"n": policy.history})
    if policy.rotation_days:
        said.append(_("每 %(n)d 天更换一次") % {"n": policy.rotation_days})
    return _("；").join(said) + _("。")


def _peppered(account: Account, password: str) -> str:
    """What is hashed for the history: a keyed digest, so that a copied database alone does not even allow guessing."""
    return str(settings.KEYRING.digest("index", f"password\0{account.pk}\0{password}".encode()))


def used_before(account: Account, policy: Policy, password: str) -> bool:
    """Whether it is one of the last ones; the present one counts as the first of them."""
    if not policy.history or not account.pk:
        return False
    if account.has_usable_password() and check_password(password, account.password):
        return True
    past = PastPassword.objects.filter(account=account).order_by("-set_at", "-pk")[: policy.history]
    return any(check_password(_peppered(account, password), row.digest) for row in past)


def remember(account: Account, policy: Policy, password: str, now: datetime) -> None:
    """Keep the keyed hash of a password that was just set, where the policy asks for it; older ones go."""
    if policy.history:
        digest = make_password(_peppered(account, password))
        PastPassword.objects.create(account=account, digest=digest, set_at=now)
    rows = PastPassword.objects.filter(account=account).order_by("-set_at", "-pk")
    PastPassword.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[policy.history :])).delete()


def is_over(account: Account, policy: Policy, now: datetime) -> bool:
    """Whether the password has been in use longer than the policy allows."""
    if policy.rotation_days is None or not account.has_usable_password():
        return False
    return (account.password_set_at or account.created_at) + timedelta(days=policy.rotation_days) <= now


def one_time_is_over(account: Account, policy: Policy, now: datetime) -> bool:
    """Whether an unused one-time password no longer opens."""
    if not account.must_change_password:
        return False
    return (account.password_set_at or account.created_at) + policy.one_time <= now


def is_own(request: Any, account: Account, typed: str) -> bool:
    """Whether the present password was typed. Wrong ones count like those of the sign-in page (django-axes)."""
    return authenticate(request, username=account.username, password=typed) is not None
