"""Identity documents of any type: normalising what was typed, and checking what can be checked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lianfang.kernel.codes.resident_id import Sex, parse_resident_id
from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

_IGNORED = re.compile(r"[\s\-‐-―'‘’`\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")


class IdType(StrEnum):
    """Kinds of identity document."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_PERMANENT = "foreign_permanent"
    OTHER = "other"
    NONE = "none"


ID_TYPE_LABELS = {
    IdType.RESIDENT_ID: Label("居民身份证", "resident identity card"),
    IdType.PASSPORT: Label("护照", "passport"),
    IdType.HK_MACAU_PERMIT: Label("港澳居民来往内地通行证", "mainland travel permit for Hong Kong and Macau residents"),
    IdType.TAIWAN_PERMIT: Label("台湾居民来往大陆通行证", "mainland travel permit for Taiwan residents"),
    IdType.FOREIGN_PERMANENT: Label("外国人永久居留身份证", "foreign permanent resident ID card"),
    IdType.OTHER: Label("其他证件", "other document"),
    IdType.NONE: Label("暂无证件", "no document yet"),
}
_SHAPES = {
    IdType.PASSPORT: re.compile(r"[A-Z0-9]{5,17}"),
    IdType.HK_MACAU_PERMIT: re.compile(r"[HM]\d{8}(\d{2})?|8[12]\d{15}[\dX]"),
    IdType.TAIWAN_PERMIT: re.compile(r"\d{8}|\d{10}[A-Z]?|83\d{15}[\dX]"),
    IdType.FOREIGN_PERMANENT: re.compile(r"[A-Z]{3}\d{12}|9\d{16}[\dX]"),
    IdType.OTHER: re.compile(r"[^\x00-\x1f]{1,40}"),
}
EMPTY = Label("没有填证件号码。", "No document number was given.")
UNEXPECTED = Label("选择了“暂无证件”，但填了号码。", "“No document yet” was chosen, but a number was given.")
SHAPE = Label("这个号码不像{type_zh}的号码，请检查证件类型和号码。", "This is not the shape of a {type_en} number.")


@dataclass(frozen=True, slots=True)
class Identity:
    """A checked document. Birth date and sex are known only where the number holds them. ``repr`` hides the number."""

    id_type: IdType
    number: str
    birth_date: date | None = None
    sex: Sex | None = None

    def __repr__(self) -> str:
        return f"Identity({self.id_type.value}, …)"


def normalise_id(text: str) -> str:
    """Full-width to half-width, spaces, dashes, quotes and invisible marks removed, letters in capitals."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).upper()


def parse_identity(id_type: IdType, text: str, *, today: date | None = None) -> Identity:
    """Check a typed number against its document type.

    Raises ``InputError``: ``id.empty``, ``id.unexpected``, ``id.shape``, or the kinds of ``parse_resident_id``.
    """
    number = normalise_id(text)
    if id_type is IdType.NONE:
        if number:
            raise InputError("id.unexpected", UNEXPECTED)
        return Identity(IdType.NONE, "")
    if not number:
        raise InputError("id.empty", EMPTY)
    shape = _SHAPES.get(id_type)
    if shape is not None and not shape.fullmatch(number):
        label = ID_TYPE_LABELS[id_type]
        raise InputError("id.shape", SHAPE, type_zh=label.zh, type_en=label.en)
    if id_type is IdType.RESIDENT_ID or (len(number) == 18 and shape is not None and _is_permit_number(id_type)):
        checked = parse_resident_id(number, today=today)
        return Identity(id_type, checked.number, checked.birth_date, checked.sex)
    return Identity(id_type, number)


def _is_permit_number(id_type: IdType) -> bool:
    return id_type in (IdType.HK_MACAU_PERMIT, IdType.TAIWAN_PERMIT, IdType.FOREIGN_PERMANENT)
