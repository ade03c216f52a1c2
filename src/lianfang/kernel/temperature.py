"""Body temperature: where and with what it was measured, how typed values are read, and what is plausible.

Fever limits are not here: they depend on site and disease and live in the rule packs.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from lianfang.kernel.errors import InputError
from lianfang.kernel.labels import Label

LOWEST = Decimal("34.0")
HIGHEST = Decimal("43.0")
_TENTH = Decimal("0.1")


class Site(StrEnum):
    """Where on the body it was measured (FHIR Observation.bodySite)."""

    AXILLARY = "axillary"
    FOREHEAD = "forehead"
    EAR = "ear"
    ORAL = "oral"
    RECTAL = "rectal"
    WRIST = "wrist"
    UNKNOWN = "unknown"


class Instrument(StrEnum):
    """What it was measured with (FHIR Observation.method)."""

    MERCURY = "mercury"
    ELECTRONIC = "electronic"
    INFRARED_FOREHEAD = "infrared_forehead"
    INFRARED_EAR = "infrared_ear"
    THERMAL_IMAGER = "thermal_imager"
    UNKNOWN = "unknown"


SITE_LABELS = {
    Site.AXILLARY: Label("腋下", "armpit"),
    Site.FOREHEAD: Label("额头", "forehead"),
    Site.EAR: Label("耳道", "ear"),
    Site.ORAL: Label("口腔", "mouth"),
    Site.RECTAL: Label("直肠", "rectum"),
    Site.WRIST: Label("手腕", "wrist"),
    Site.UNKNOWN: Label("不清楚", "not known"),
}
INSTRUMENT_LABELS = {
    Instrument.MERCURY: Label("水银体温计", "mercury thermometer"),
    Instrument.ELECTRONIC: Label("电子体温计", "electronic thermometer"),
    Instrument.INFRARED_FOREHEAD: Label("红外额温枪", "infrared forehead thermometer"),
    Instrument.INFRARED_EAR: Label("红外耳温计", "infrared ear thermometer"),
    Instrument.THERMAL_IMAGER: Label("红外热成像仪", "thermal imager"),
    Instrument.UNKNOWN: Label("不清楚", "not known"),
}

EMPTY = Label("没有填体温。", "No temperature was given.")
FORMAT = Label("看不懂这个体温，请填数字，例如 36.5。", "This temperature cannot be read; give a number such as 36.5.")
RANGE = Label(
    "体温 {value} ℃ 不在 {lowest}–{highest} ℃ 之间，请重新测量或改正。",
    "{value} °C is not between {lowest} and {highest} °C; please measure again or correct it.",
)
POINT = Label(
    "体温 {value} 少了小数点，是不是 {suggestion} ℃？",
    "{value} lacks a decimal point; did you mean {suggestion} °C?",
)
FAHRENHEIT = Label(
    "体温 {value} 像是华氏度，换成摄氏度约为 {suggestion} ℃，请核对后填写。",
    "{value} looks like Fahrenheit, about {suggestion} °C; please check and enter Celsius.",
)
_NUMBER = re.compile(r"(\d{1,4})(?:\.(\d{1,3}))?")
_CHINESE_DEGREES = re.compile(r"(\d{2})度(\d)")


@dataclass(frozen=True, slots=True)
class Temperature:
    """One reading in degrees Celsius, to a tenth."""

    celsius: Decimal
    site: Site = Site.UNKNOWN
    instrument: Instrument = Instrument.UNKNOWN

    def __post_init__(self) -> None:
        object.__setattr__(self, "celsius", check_celsius(self.celsius))


def check_celsius(value: Decimal | float | str) -> Decimal:
    """The value to a tenth of a degree, halves rounded up (towards caution).

    Raises ``InputError``: ``temperature.format`` when it is no finite number, ``temperature.range`` outside
    34.0–43.0 °C, with a hint (``temperature.point``, ``temperature.fahrenheit``) where the slip can be guessed.
    """
    try:
        exact = Decimal(str(value))
    except ArithmeticError:
        raise InputError("temperature.format", FORMAT) from None
    if not exact.is_finite():
        raise InputError("temperature.format", FORMAT)
    celsius = exact.quantize(_TENTH, ROUND_HALF_UP) if abs(exact) < 10_000 else exact
    if LOWEST <= celsius <= HIGHEST:
        return celsius
    shown = format(exact.normalize(), "f") if abs(exact) < 10_000 else "…"
    if LOWEST * 10 <= exact <= HIGHEST * 10 and exact == exact.to_integral_value():
        raise InputError("temperature.point", POINT, value=shown, suggestion=str(exact / 10))
    as_celsius = ((exact - 32) * 5 / 9).quantize(_TENTH, ROUND_HALF_UP) if abs(exact) < 10_000 else LOWEST - 1
    if LOWEST <= as_celsius <= HIGHEST:
        raise InputError("temperature.fahrenheit", FAHRENHEIT, value=shown, suggestion=str(as_celsius))
    raise InputError("temperature.range", RANGE, value=shown, lowest=str(LOWEST), highest=str(HIGHEST))


def parse_celsius(text: str) -> Decimal:
    """Read what somebody typed: ``36.5``, ``36,5``, ``３６．５``, ``36。5``, ``36.5℃``, ``36度5``.

    Returns degrees Celsius to a tenth. Raises ``InputError`` as ``check_celsius`` does, or ``temperature.empty``.
    """
    cleaned = "".join(unicodedata.normalize("NFKC", text).split())
    if not cleaned:
        raise InputError("temperature.empty", EMPTY)
    spoken = _CHINESE_DEGREES.fullmatch(cleaned)
    if spoken is not None:
        return check_celsius(f"{spoken[1]}.{spoken[2]}")
    cleaned = re.sub(r"(°c|°|度|摄氏度|c)$", "", cleaned, flags=re.IGNORECASE)
    cleaned = re.sub(r"[,，。·、]", ".", cleaned)
    match = _NUMBER.fullmatch(cleaned)
    if match is None:
        raise InputError("temperature.format", FORMAT)
    return check_celsius(cleaned)
