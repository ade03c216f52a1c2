"""How names and numbers are shown to those who need to recognise, but not to know.

The last four characters of an ID number together with a known birthday and county give the whole number away (three
sequence digits and a check character), so only two are shown.
"""

from __future__ import annotations

_COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "长孙",
        "宇文",
        "司徒",
        "夏侯",
        "南宫",
        "端木",
        "独孤",
        "轩辕",
        "淳于",
        "申屠",
        "呼延",
        "钟离",
        "闻人",
        "澹台",
        "百里",
        "东郭",
        "西门",
        "太史",
        "公冶",
        "濮阳",
        "单于",
        "赫连",
    ]
)
_STAR = "*"


def mask_id(number: str) -> str:
    """First three and last two characters, as ``330*************2X``; a short number shows its first one only."""
    if len(number) < 8:
        return number[:1] + _STAR * max(len(number) - 1, 0)
    return number[:3] + _STAR * (len(number) - 5) + number[-2:]


def mask_phone(number: str) -> str:
    """``138****5678``; a number of seven digits or fewer shows its last two only."""
    if len(number) <= 7:
        return _STAR * max(len(number) - 2, 0) + number[-2:] if len(number) > 2 else _STAR * len(number)
    return number[:3] + _STAR * (len(number) - 7) + number[-4:]


def mask_name(name: str) -> str:
    """The surname with a star for each further character (张**, 欧阳*); each Latin word keeps its first letter."""
    stripped = name.strip()
    if not stripped:
        return ""
    if stripped.isascii():
        return " ".join(word[:1] + _STAR * (len(word) - 1) for word in stripped.split())
    if "·" in stripped:
        first = stripped.split("·", 1)[0]
        return first[:1] + _STAR * (len(stripped) - 1)
    surname = 2 if len(stripped) > 2 and stripped[:2] in _COMPOUND_SURNAMES else 1
    return stripped[:surname] + _STAR * (len(stripped) - surname)
