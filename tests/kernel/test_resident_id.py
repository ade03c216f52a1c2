"""GB 11643 numbers and other documents."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.codes import (
    ID_TYPE_LABELS,
    PROVINCES,
    IdType,
    Sex,
    check_digit,
    normalise_id,
    parse_identity,
    parse_resident_id,
    upgrade_old_id,
)
from lianfang.kernel.errors import InputError

# The two examples printed in GB 11643-1999.
WOMAN_OF_1949 = "11010519491231002X"
MAN_OF_1880 = "440524188001010014"


@pytest.mark.parametrize(
    "number, division, born, sex",
    [
        (WOMAN_OF_1949, "110105", date(1949, 12, 31), Sex.FEMALE),
        (MAN_OF_1880, "440524", date(1880, 1, 1), Sex.MALE),
        ("110105491231002", "110105", date(1949, 12, 31), Sex.FEMALE),
    ],
)
def test_examples_of_the_standard(number, division, born, sex):
    parsed = parse_resident_id(number)
    assert (parsed.division, parsed.birth_date, parsed.sex) == (division, born, sex)
    assert number not in repr(parsed)


def test_old_numbers_are_converted():
    assert upgrade_old_id("110105491231002") == WOMAN_OF_1949
    assert upgrade_old_id("440524800101996")[6:10] == "1880"
    for wrong, kind in [("11010549123100", "id.length"), ("11010549123100A", "id.characters")]:
        with pytest.raises(InputError) as error:
            upgrade_old_id(wrong)
        assert error.value.kind == kind


@pytest.mark.parametrize(
    "number, kind",
    [
        ("1101051949123100", "id.length"),
        ("", "id.length"),
        ("11010519491231002X0", "id.length"),
        ("1101051949123100AX", "id.characters"),
        ("X1010519491231002X", "id.characters"),
        ("00010519491231002X", "id.division"),
        ("990105194912310021", "id.check_digit"),
        ("110105194913310029", "id.birth_date"),
        ("110105194902300021", "id.birth_date"),
        ("110105000002300021", "id.birth_date"),
        ("110105180002200021", "id.birth_date"),
        ("110105203012310020", "id.birth_in_future"),
        ("110105194912310020", "id.check_digit"),
        ("110105194912310021", "id.check_digit"),
        ("1.10105E+17", "id.scientific"),
        ("1.10105194912E+17", "id.scientific"),
    ],
)
def test_what_is_wrong_is_said(number, kind):
    with pytest.raises(InputError) as error:
        parse_resident_id(number, today=date(2026, 3, 2))
    assert error.value.kind == kind
    assert error.value.text("zh") != error.value.text("en")
    assert number not in str(error.value) or not number


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "'11010519491231002X",
        "110105-19491231-002X",
        "\u202d11010519491231002X\u202c",
        "11010519491231002X\ufeff",
    ],
)
def test_typed_forms_are_read(typed):
    assert normalise_id(typed) == WOMAN_OF_1949
    assert parse_identity(IdType.RESIDENT_ID, typed).birth_date == date(1949, 12, 31)


def test_check_digit_needs_17_digits():
    for wrong in ("1234", "1101051949123100A"):
        with pytest.raises(ValueError):
            check_digit(wrong)


numbers = st.builds(
    lambda province, rest, born, sequence: f"{province}{rest:04d}{born:%Y%m%d}{sequence:03d}",
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 9999),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
).map(lambda first17: first17 + check_digit(first17))


@given(numbers, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number, position, shift):
    assert parse_resident_id(number).number == number
    alphabet = "0123456789X" if position == 17 else "0123456789"
    changed = alphabet[(alphabet.index(number[position]) + shift) % len(alphabet)]
    with pytest.raises(InputError):
        parse_resident_id(number[:position] + changed + number[position + 1 :])


@given(numbers, st.integers(0, 16))
def test_two_neighbours_exchanged_never_pass(number, position):
    exchanged = number[:position] + number[position + 1] + number[position] + number[position + 2 :]
    if exchanged != number:
        with pytest.raises(InputError):
            parse_resident_id(exchanged)


permit_hk = "81000019900101001"
permit_new_foreign = "91124419900101003"


@pytest.mark.parametrize(
    "id_type, typed, number, born",
    [
        (IdType.PASSPORT, "e12345678", "E12345678", None),
        (IdType.PASSPORT, "ＥＡ1234567", "EA1234567", None),
        (IdType.HK_MACAU_PERMIT, "h12345678", "H12345678", None),
        (IdType.HK_MACAU_PERMIT, "H1234567801", "H1234567801", None),
        (IdType.HK_MACAU_PERMIT, permit_hk + check_digit(permit_hk), None, date(1990, 1, 1)),
        (IdType.TAIWAN_PERMIT, "12345678", "12345678", None),
        (IdType.TAIWAN_PERMIT, "0123456789", "0123456789", None),
        (IdType.FOREIGN_PERMANENT, "USA110077010101", "USA110077010101", None),
        (IdType.FOREIGN_PERMANENT, permit_new_foreign + check_digit(permit_new_foreign), None, date(1990, 1, 1)),
        (IdType.OTHER, "军字第 001 号", "军字第001号", None),
        (IdType.NONE, " ", "", None),
    ],
)
def test_other_documents(id_type, typed, number, born):
    identity = parse_identity(id_type, typed)
    assert identity.number == (number if number is not None else typed)
    assert identity.birth_date == born
    assert identity.number == "" or identity.number not in repr(identity)


@pytest.mark.parametrize(
    "id_type, typed, kind",
    [
        (IdType.RESIDENT_ID, "  ", "id.empty"),
        (IdType.PASSPORT, "", "id.empty"),
        (IdType.PASSPORT, "护照", "id.shape"),
        (IdType.PASSPORT, "E1", "id.shape"),
        (IdType.HK_MACAU_PERMIT, "K12345678", "id.shape"),
        (IdType.HK_MACAU_PERMIT, permit_hk + "0", "id.check_digit"),
        (IdType.TAIWAN_PERMIT, "1234567", "id.shape"),
        (IdType.FOREIGN_PERMANENT, "12345", "id.shape"),
        (IdType.NONE, "123", "id.unexpected"),
    ],
)
def test_documents_of_the_wrong_shape(id_type, typed, kind):
    with pytest.raises(InputError) as error:
        parse_identity(id_type, typed)
    assert error.value.kind == kind


def test_every_type_has_both_names():
    assert ID_TYPE_LABELS.keys() == set(IdType)
