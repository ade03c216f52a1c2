"""Mobile numbers of mainland China: eleven digits, 13x to 19x."""

from __future__ import annotations

import re
import unicodedata

from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

_MOBILE = re.compile(r"1[3-9]\d{9}")
_IN_TEXT = re.compile(r"(?<!\d)(?:\+?86|0086)?[- ]?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)")
_PREFIX = re.compile(r"^(?:\+86|0086|86(?=1\d{10}$))")
BAD_MOBILE = Label(
    "手机号应为 11 位数字，以 1 开头，请检查。",
    "A mobile number has 11 digits and begins with 1; please check.",
)


def parse_mobile(text: str) -> str:
    """The eleven digits of a typed number; full-width digits, spaces, dashes and +86 are understood.

    Raises ``InputError`` (``phone.format``).
    """
    digits = re.sub(r"[\s\-()（）]", "", unicodedata.normalize("NFKC", text))
    digits = _PREFIX.sub("", digits)
    if not (digits.isascii() and _MOBILE.fullmatch(digits)):
        raise InputError("phone.format", BAD_MOBILE)
    return digits


def is_mobile(text: str) -> bool:
    """Whether a text is a mobile number."""
    try:
        parse_mobile(text)
    except InputError:
        return False
    return True


def find_mobiles(text: str) -> tuple[str, ...]:
    """Every mobile number in a text such as "父13800000000，母 139-0000-0000", in order, without repeats."""
    found = _IN_TEXT.findall(unicodedata.normalize("NFKC", text))
    return tuple(dict.fromkeys(re.sub(r"[- ]", "", number) for number in found))
