"""Codes of people and places used in China: identity documents, mobile numbers, administrative divisions, masking."""

from lianfang.kernel.codes.divisions import (
    NATION,
    PROVINCES,
    DivisionLevel,
    ancestors,
    city_of,
    division_level,
    is_within,
    normalise_division,
    province_of,
)
from lianfang.kernel.codes.identity import ID_TYPE_LABELS, Identity, IdType, normalise_id, parse_identity
from lianfang.kernel.codes.masking import mask_id, mask_name, mask_phone
from lianfang.kernel.codes.phone import find_mobiles, is_mobile, parse_mobile
from lianfang.kernel.codes.resident_id import ResidentId, Sex, check_digit, parse_resident_id, upgrade_old_id

__all__ = [
    "ID_TYPE_LABELS",
    "NATION",
    "PROVINCES",
    "DivisionLevel",
    "IdType",
    "Identity",
    "ResidentId",
    "Sex",
    "ancestors",
    "check_digit",
    "city_of",
    "division_level",
    "find_mobiles",
    "is_mobile",
    "is_within",
    "mask_id",
    "mask_name",
    "mask_phone",
    "normalise_division",
    "normalise_id",
    "parse_identity",
    "parse_mobile",
    "parse_resident_id",
    "province_of",
    "upgrade_old_id",
]
