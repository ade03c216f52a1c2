"""The citizen identification number of GB 11643-1999: 6 digits division, 8 birth date, 3 sequence, 1 check character.

The sequence is odd for men and even for women. The check character follows ISO 7064 MOD 11-2. Residence permits for
people of Hong Kong, Macau and Taiwan (81, 82, 83) and the permanent residence card of 2023 (first digit 9) have the
same form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lianfang.kernel.codes.divisions import PROVINCES
from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

_WEIGHTS = tuple(2 ** (17 - position) % 11 for position in range(17))
_CHECK = "10X98765432"
_PERMIT_PREFIXES = frozenset({"83"})
_EARLIEST_BIRTH = date(1850, 1, 1)
_CENTENARIANS = frozenset({"996", "997", "998", "999"})

LENGTH = Label("身份证号应为 18 位，现在是 {length} 位。", "An ID number has 18 characters; this one has {length}.")
CHARACTERS = Label(
    "身份证号只能是数字，最后一位可以是 X。", "An ID number holds digits only; the last character may be X."
)
CHECK_DIGIT = Label(
    "身份证号最后一位校验不符，可能有一位填错了，请对照证件检查。",
    "The last character does not fit the others: one of them may be wrong. Please compare with the card.",
)
BIRTH_DATE = Label("身份证号中的出生日期不存在。", "The birth date inside the ID number does not exist.")
BIRTH_IN_FUTURE = Label("身份证号中的出生日期在今天之后。", "The birth date inside the ID number lies in the future.")
DIVISION = Label(
    "身份证号前两位不是任何省份的代码。", "The first two digits of the ID number are not the code of any province."
)
SCIENTIFIC = Label(
    "身份证号被表格软件变成了科学计数法，后几位已经丢失。请把该列设为“文本”后重新填写。",
    "The spreadsheet has turned the ID number into scientific notation and lost its last digits. "
    "Format the column as text and enter it again.",
)


class Sex(StrEnum):
    """As in FHIR administrative-gender."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A number that passed every check. ``repr`` is masked, so that logs stay free of it."""

    number: str
    division: str
    birth_date: date
    sex: Sex

    def __repr__(self) -> str:
        return f"ResidentId({self.number[:3]}…)"


def check_digit(first17: str) -> str:
    """The check character (0-9 or X) for the first 17 digits. Raises ``ValueError`` for anything else."""
    if len(first17) != 17 or not (first17.isascii() and first17.isdigit()):
        raise ValueError("17 digits are needed")
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def parse_resident_id(number: str, *, today: date | None = None) -> ResidentId:
    """Check a normalised number (see ``normalise_id``) of 18 characters, or 15 of the old kind, which is converted.

    ``today`` makes birth dates in the future an error. Raises ``InputError`` with kind ``id.scientific``,
    ``id.length``, ``id.characters``, ``id.division``, ``id.birth_date``, ``id.birth_in_future`` or ``id.check_digit``.
    """
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", number):
        raise InputError("id.scientific", SCIENTIFIC)
    if len(number) == 15:
        number = upgrade_old_id(number)
    if len(number) != 18:
        raise InputError("id.length", LENGTH, length=len(number))
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise InputError("id.characters", CHARACTERS)
    if number[:2] not in PROVINCES and number[:2] not in _PERMIT_PREFIXES and number[0] != "9":
        raise InputError("id.division", DIVISION)
    born = _birth_date(number[6:14])
    if today is not None and born > today:
        raise InputError("id.birth_in_future", BIRTH_IN_FUTURE)
    if check_digit(number[:17]) != number[17]:
        raise InputError("id.check_digit", CHECK_DIGIT)
    return ResidentId(number, number[:6], born, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def upgrade_old_id(number: str) -> str:
    """The 18-character form of a 15-digit number issued before 1999.

    The century is 19, except for sequences 996-999, which were given to people born before 1900.
    Raises ``InputError`` (``id.length``, ``id.characters``).
    """
    if len(number) != 15:
        raise InputError("id.length", LENGTH, length=len(number))
    if not re.fullmatch(r"[0-9]{15}", number):
        raise InputError("id.characters", CHARACTERS)
    century = "18" if number[12:] in _CENTENARIANS else "19"
    first17 = number[:6] + century + number[6:]
    return first17 + check_digit(first17)


def _birth_date(digits: str) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InputError("id.birth_date", BIRTH_DATE) from None
    if born < _EARLIEST_BIRTH:
        raise InputError("id.birth_date", BIRTH_DATE)
    return born
