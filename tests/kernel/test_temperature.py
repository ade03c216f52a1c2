"""Typed temperatures."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.errors import InputError
from lianfang.kernel.temperature import (
    INSTRUMENT_LABELS,
    SITE_LABELS,
    Instrument,
    Site,
    Temperature,
    check_celsius,
    parse_celsius,
)


@pytest.mark.parametrize(
    "typed, celsius",
    [
        ("36.5", "36.5"),
        ("36", "36.0"),
        ("36,5", "36.5"),
        ("36，5", "36.5"),
        ("36。5", "36.5"),
        ("３６．５", "36.5"),
        (" 36.5 ℃", "36.5"),
        ("36.5°C", "36.5"),
        ("36.5度", "36.5"),
        ("36度5", "36.5"),
        ("37.25", "37.3"),
        ("36.54", "36.5"),
        ("34.0", "34.0"),
        ("43.0", "43.0"),
        ("43.04", "43.0"),
    ],
)
def test_read(typed, celsius):
    assert parse_celsius(typed) == Decimal(celsius)


@pytest.mark.parametrize(
    "typed, kind, suggestion",
    [
        ("", "temperature.empty", None),
        ("  ", "temperature.empty", None),
        ("正常", "temperature.format", None),
        ("36.5.1", "temperature.format", None),
        ("-36.5", "temperature.format", None),
        ("1e5", "temperature.format", None),
        ("33.9", "temperature.range", None),
        ("33.94", "temperature.range", None),
        ("43.1", "temperature.range", None),
        ("43.05", "temperature.range", None),
        ("0", "temperature.range", None),
        ("365", "temperature.point", "36.5"),
        ("３７２", "temperature.point", "37.2"),
        ("98.6", "temperature.fahrenheit", "37.0"),
        ("104", "temperature.fahrenheit", "40.0"),
        ("9999", "temperature.range", None),
    ],
)
def test_refused_with_a_hint(typed, kind, suggestion):
    with pytest.raises(InputError) as error:
        parse_celsius(typed)
    assert error.value.kind == kind
    assert error.value.params.get("suggestion") == suggestion
    assert "{" not in error.value.text("zh") + error.value.text("en")


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), "x", "", 1e300, -1e300])
def test_no_number_or_a_huge_one(wrong):
    with pytest.raises(InputError):
        check_celsius(wrong)


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_decimal_is_accepted_in_range_or_refused(value):
    try:
        celsius = check_celsius(value)
    except InputError:
        return
    assert Decimal("34.0") <= celsius <= Decimal("43.0")
    assert abs(celsius - value) <= Decimal("0.05")


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text):
    try:
        assert Decimal("34.0") <= parse_celsius(text) <= Decimal("43.0")
    except InputError as error:
        kind = error.kind
    else:
        return
    assert kind.startswith("temperature.")


def test_a_reading_holds_site_and_instrument():
    reading = Temperature(Decimal("37.25"), Site.AXILLARY, Instrument.MERCURY)
    assert reading.celsius == Decimal("37.3")
    with pytest.raises(InputError):
        Temperature(Decimal("50"))
    assert SITE_LABELS.keys() == set(Site)
    assert INSTRUMENT_LABELS.keys() == set(Instrument)
