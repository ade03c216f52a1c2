"""Divisions, mobile numbers, masking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.codes import (
    NATION,
    PROVINCES,
    DivisionLevel,
    ancestors,
    city_of,
    division_level,
    find_mobiles,
    is_mobile,
    is_within,
    mask_id,
    mask_name,
    mask_phone,
    normalise_division,
    parse_mobile,
    province_of,
)
from lianfang.kernel.errors import InputError


@pytest.mark.parametrize(
    "code, level, chain",
    [
        ("000000", DivisionLevel.NATION, ("000000",)),
        ("33", DivisionLevel.PROVINCE, ("000000", "330000")),
        ("330000", DivisionLevel.PROVINCE, ("000000", "330000")),
        ("3301", DivisionLevel.CITY, ("000000", "330000", "330100")),
        ("330106", DivisionLevel.COUNTY, ("000000", "330000", "330100", "330106")),
        ("３３０１０６", DivisionLevel.COUNTY, ("000000", "330000", "330100", "330106")),
        ("110105", DivisionLevel.COUNTY, ("000000", "110000", "110100", "110105")),
        ("429004", DivisionLevel.COUNTY, ("000000", "420000", "429000", "429004")),
    ],
)
def test_division(code, level, chain):
    assert division_level(code) is level
    assert ancestors(code) == chain
    assert province_of(code) == (chain[1] if len(chain) > 1 else NATION)
    assert city_of(code) == (chain[2] if len(chain) > 2 else None)


@pytest.mark.parametrize("code", ["", "3", "330", "33010", "3301061", "9901", "abcdef", "330006", "三三"])
def test_no_division(code):
    with pytest.raises(InputError) as error:
        normalise_division(code)
    assert error.value.kind == "division.format"


@pytest.mark.parametrize(
    "code, region, inside",
    [
        ("330106", "330100", True),
        ("330106", "33", True),
        ("330106", "000000", True),
        ("330106", "330106", True),
        ("330106", "330108", False),
        ("330000", "330106", False),
        ("320106", "330000", False),
    ],
)
def test_within(code, region, inside):
    assert is_within(code, region) is inside


@given(st.sampled_from(sorted(PROVINCES)), st.integers(1, 99), st.integers(1, 99))
def test_a_county_lies_in_everything_above_it(province, city, county):
    code = f"{province}{city:02d}{county:02d}"
    assert all(is_within(code, above) for above in ancestors(code))
    assert len(ancestors(code)) == 4


@pytest.mark.parametrize(
    "typed",
    ["13812345678", " 138 1234 5678", "138-1234-5678", "+86 13812345678", "008613812345678", "8613812345678",
     "１３８１２３４５６７８"],
)  # fmt: skip
def test_mobile(typed):
    assert parse_mobile(typed) == "13812345678"


@pytest.mark.parametrize("typed", ["", "1381234567", "138123456789", "12812345678", "0571-88888888", "1381234567a"])
def test_no_mobile(typed):
    assert not is_mobile(typed)
    with pytest.raises(InputError) as error:
        parse_mobile(typed)
    assert error.value.kind == "phone.format"


@pytest.mark.parametrize(
    "cell, found",
    [
        ("父13812345678，母13912345678", ("13812345678", "13912345678")),
        ("138-1234-5678/139 1234 5678", ("13812345678", "13912345678")),
        ("13812345678 13812345678", ("13812345678",)),
        ("+8613812345678;0571-88888888", ("13812345678",)),
        ("爷爷 １３８１２３４５６７８", ("13812345678",)),
        ("无", ()),
        ("2138123456789", ()),
    ],
)
def test_mobiles_in_one_cell(cell, found):
    assert find_mobiles(cell) == found


@pytest.mark.parametrize(
    "mask, plain, shown",
    [
        (mask_id, "11010519491231002X", "110*************2X"),
        (mask_id, "E12345678", "E12****78"),
        (mask_id, "1234567", "1******"),
        (mask_id, "", ""),
        (mask_phone, "13812345678", "138****5678"),
        (mask_phone, "8888888", "*****88"),
        (mask_phone, "12", "**"),
        (mask_name, "张三", "张*"),
        (mask_name, "张三丰", "张**"),
        (mask_name, "欧阳修", "欧阳*"),
        (mask_name, "欧阳", "欧*"),
        (mask_name, "诸葛孔明", "诸葛**"),
        (mask_name, "买买提·艾力", "买*****"),
        (mask_name, "John Smith", "J*** S****"),
        (mask_name, " 林 ", "林"),
        (mask_name, "", ""),
    ],
)
def test_masks(mask, plain, shown):
    assert mask(plain) == shown


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=6))
def test_a_masked_name_keeps_its_length_and_hides_the_given_name(name):
    masked = mask_name(name)
    assert len(masked) == len(name)
    assert masked[-1] == "*"
    assert masked[0] == name[0]
