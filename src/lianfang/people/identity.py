"""Fields of a person as typed or imported: checked, normalised, and made ready for their columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lianfang.foundation.crypto import blind_index
from lianfang.foundation.errors import FieldError
from lianfang.kernel.codes.identity import IdType, parse_identity
from lianfang.kernel.codes.phone import parse_mobile
from lianfang.kernel.errors import InputError
from lianfang.people import rules
from lianfang.people.models import Person


@dataclass(frozen=True, slots=True)
class PersonFields:
    """Checked values by column. `id_number` and `phone` are None where there is none; their indexes are then ""."""

    name: str
    name_key: str
    sex: str
    birth_date: date | None
    id_type: str
    id_number: str | None
    id_index: str
    phone: str | None
    phone_index: str

    def __repr__(self) -> str:
        return "PersonFields(…)"

    def put(self, person: Person) -> Person:
        """Set the columns of a person (not saved)."""
        for column in self.__slots__:
            setattr(person, column, getattr(self, column))
        return person


def id_index(id_type: str, number: str) -> str:
    """Blind index of a normalised number of one type."""
    return blind_index("person.id", f"{id_type}:{number}") if number else ""


def phone_index(number: str) -> str:
    """Blind index of a normalised mobile number."""
    return blind_index("person.phone", number)


def words(error: InputError) -> str:
    """The kernel's sentence in the language in force."""
    return error.text(get_language() or "zh-hans")


def name_words(fault: rules.NameFault) -> str:
    if fault == "required":
        return _("没有填写姓名。")
    if fault == "too_long":
        return _("姓名超过 %(n)d 个字，请检查。") % {"n": rules.NAME_LENGTH}
    return _("姓名中有数字或符号，请检查。")


def birth_words(fault: rules.BirthFault) -> str:
    if fault == "future":
        return _("出生日期在今天之后，请检查。")
    if fault == "too_early":
        return _("出生日期早于 1900 年，请检查。")
    return _("出生日期与身份证号中的不一致，请对照证件改正其中一个。")


def check_person(
    *,
    name: str,
    sex: str = Person.Sex.UNKNOWN,
    birth_date: date | None = None,
    id_type: str = "",
    id_number: str = "",
    phone: str = "",
    today: date,
) -> tuple[PersonFields, list[FieldError]]:
    """Normalise the fields and list everything wrong with them, each error under the field's name.

    Birth date and sex are taken from an ID number that holds them where they were not given. An `id_type` of "" means
    a resident identity card when there is a number, otherwise no document.
    """
    errors: list[FieldError] = []
    cleaned = rules.clean_name(name)
    fault = rules.name_fault(cleaned)
    if fault:
        errors.append(FieldError("name", fault, name_words(fault)))
    if sex not in Person.Sex.values:
        errors.append(FieldError("sex", "unknown", _("性别请填“男”或“女”。")))
        sex = Person.Sex.UNKNOWN
    kind, number = IdType.NONE, ""
    in_number: date | None = None
    try:
        kind = IdType(id_type or ("resident_id" if id_number.strip() else "none"))
    except ValueError:
        errors.append(FieldError("id_type", "unknown", _("没有这种证件类型，请从列表中选择。")))
    else:
        try:
            identity = parse_identity(kind, id_number, today=today)
        except InputError as error:
            errors.append(FieldError("id_number", error.kind, words(error)))
        else:
            number, in_number = identity.number, identity.birth_date
            if identity.sex is not None and sex == Person.Sex.UNKNOWN:
                sex = identity.sex.value
            elif identity.sex is not None and sex != identity.sex.value:
                errors.append(
                    FieldError("sex", "differs_from_id", _("性别与身份证号中的不一致，请对照证件改正其中一个。"))
                )
    wrong_day = rules.birth_fault(birth_date, today, in_number)
    if wrong_day:
        errors.append(FieldError("birth_date", wrong_day, birth_words(wrong_day)))
    mobile = ""
    if phone.strip():
        try:
            mobile = parse_mobile(phone)
        except InputError as error:
            errors.append(FieldError("phone", error.kind, words(error)))
    fields = PersonFields(
        name=cleaned[: rules.NAME_LENGTH],
        name_key=rules.name_key(cleaned),
        sex=sex,
        birth_date=birth_date or in_number,
        id_type="" if kind is IdType.NONE else kind.value,
        id_number=number or None,
        id_index=id_index(kind.value, number),
        phone=mobile or None,
        phone_index=phone_index(mobile),
    )
    return fields, errors
