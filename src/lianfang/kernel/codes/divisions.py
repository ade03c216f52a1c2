"""Administrative divisions of China by GB/T 2260: six digits, two each for province, city and county.

Source: GB/T 2260 (codes for the administrative divisions of the People's Republic of China). Only the first two digits
are checked against a list: counties are merged and renamed every year, and a code on an old document stays what it is.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

NATION = "000000"
PROVINCES: dict[str, Label] = {
    "11": Label("北京市", "Beijing"),
    "12": Label("天津市", "Tianjin"),
    "13": Label("河北省", "Hebei"),
    "14": Label("山西省", "Shanxi"),
    "15": Label("内蒙古自治区", "Inner Mongolia"),
    "21": Label("辽宁省", "Liaoning"),
    "22": Label("吉林省", "Jilin"),
    "23": Label("黑龙江省", "Heilongjiang"),
    "31": Label("上海市", "Shanghai"),
    "32": Label("江苏省", "Jiangsu"),
    "33": Label("浙江省", "Zhejiang"),
    "34": Label("安徽省", "Anhui"),
    "35": Label("福建省", "Fujian"),
    "36": Label("江西省", "Jiangxi"),
    "37": Label("山东省", "Shandong"),
    "41": Label("河南省", "Henan"),
    "42": Label("湖北省", "Hubei"),
    "43": Label("湖南省", "Hunan"),
    "44": Label("广东省", "Guangdong"),
    "45": Label("广西壮族自治区", "Guangxi"),
    "46": Label("海南省", "Hainan"),
    "50": Label("重庆市", "Chongqing"),
    "51": Label("四川省", "Sichuan"),
    "52": Label("贵州省", "Guizhou"),
    "53": Label("云南省", "Yunnan"),
    "54": Label("西藏自治区", "Tibet"),
    "61": Label("陕西省", "Shaanxi"),
    "62": Label("甘肃省", "Gansu"),
    "63": Label("青海省", "Qinghai"),
    "64": Label("宁夏回族自治区", "Ningxia"),
    "65": Label("新疆维吾尔自治区", "Xinjiang"),
    "71": Label("台湾省", "Taiwan"),
    "81": Label("香港特别行政区", "Hong Kong"),
    "82": Label("澳门特别行政区", "Macau"),
}
BAD_DIVISION = Label(
    "行政区划代码应为 2、4 或 6 位数字，前两位是省级代码。",
    "A division code has 2, 4 or 6 digits and begins with the code of a province.",
)


class DivisionLevel(StrEnum):
    """How far a code goes down."""

    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


def normalise_division(code: str) -> str:
    """The six-digit form of ``33``, ``3301`` or ``330106``; full-width digits are read, trailing zeros filled in.

    Raises ``InputError`` (``division.format``).
    """
    digits = "".join(unicodedata.normalize("NFKC", code).split())
    if digits == NATION:
        return NATION
    if not (digits.isascii() and digits.isdigit() and len(digits) in (2, 4, 6)) or digits[:2] not in PROVINCES:
        raise InputError("division.format", BAD_DIVISION)
    full = digits.ljust(6, "0")
    if full[2:4] == "00" and full[4:] != "00":
        raise InputError("division.format", BAD_DIVISION)
    return full


def division_level(code: str) -> DivisionLevel:
    """Which level a code names. Raises ``InputError`` for no code."""
    full = normalise_division(code)
    if full == NATION:
        return DivisionLevel.NATION
    if full.endswith("0000"):
        return DivisionLevel.PROVINCE
    return DivisionLevel.CITY if full.endswith("00") else DivisionLevel.COUNTY


def province_of(code: str) -> str:
    """The code of the province that a code lies in (itself for a province)."""
    return normalise_division(code)[:2] + "0000"


def city_of(code: str) -> str | None:
    """The code of the city that a code lies in (itself for a city); None for a province or the nation.

    Districts of Beijing and the like lie in 110100; counties run by a province itself in 429000 and the like.
    """
    if division_level(code) in (DivisionLevel.NATION, DivisionLevel.PROVINCE):
        return None
    return normalise_division(code)[:4] + "00"


def ancestors(code: str) -> tuple[str, ...]:
    """From the nation down to the code itself: (``000000``, province, city, county) as far as the code goes."""
    full = normalise_division(code)
    if full == NATION:
        return (NATION,)
    steps = [NATION, full[:2] + "0000", full[:4] + "00", full]
    return tuple(dict.fromkeys(steps))


def is_within(code: str, region: str) -> bool:
    """Whether a code is the region or lies in it."""
    return normalise_division(region) in ancestors(code)
