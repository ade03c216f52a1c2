"""The recovery sheet: what is typed gives the keys back, and every slip is found where it is."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.config.backups import keyfile, printing, sheet
from lianfang.config.backups.problems import BackupError
from lianfang.foundation.keys import PURPOSES, Keyring, load_keyring


def keyring(generations: int = 1) -> Keyring:
    ids = [f"k{n}" for n in range(1, generations + 1)]
    return Keyring({p: {i: secrets.token_bytes(32) for i in ids} for p in PURPOSES}, dict.fromkeys(PURPOSES, ids[-1]))


OURS = keyring()
LINES = sheet.lines(OURS)


@pytest.mark.parametrize("generations", [1, 2, 7])
def test_the_lines_and_the_code_give_the_keys_back(generations: int) -> None:
    ours = keyring(generations)
    assert sheet.read_sheet("\n".join(sheet.lines(ours))) == ours
    assert sheet.read_sheet(sheet.qr_text(ours)) == ours
    assert set(sheet.qr_text(ours)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"), "the small alphabet of QR"


def test_a_sheet_is_short_enough_to_type() -> None:
    assert len(LINES) == 10 and max(map(len, LINES)) <= 44


def test_spaces_hyphens_numbers_small_letters_and_letters_that_look_alike_do_not_matter() -> None:
    typed = "\n\n".join(
        f" {n}. {line.lower().replace(' ', '-').replace('0', 'o').replace('1', 'l')} "
        for n, line in enumerate(LINES, 1)
    )
    assert sheet.read_sheet(typed) == OURS


@settings(max_examples=300)
@given(st.integers(0, 9), st.integers(0, 43), st.sampled_from(sheet.ALPHABET))
def test_any_other_sign_is_found_in_its_line(number: int, at: int, sign: str) -> None:
    line = LINES[number]
    if at < len(line) and line[at] not in (" ", sign):
        wrong = [*LINES[:number], line[:at] + sign + line[at + 1 :], *LINES[number + 1 :]]
        with pytest.raises(sheet.SheetError) as found:
            sheet.read_sheet("\n".join(wrong))
        assert found.value.line == number + 1


def test_swapped_signs_swapped_lines_and_forgotten_lines_are_found() -> None:
    first = LINES[2]
    at = next(i for i in range(5, 30) if first[i] != first[i + 1] and " " not in first[i : i + 2])
    swapped = first[:at] + first[at + 1] + first[at] + first[at + 2 :]
    cases = [
        ([*LINES[:2], swapped, *LINES[3:]], 3),
        ([LINES[1], LINES[0], *LINES[2:]], 1),
        ([*LINES[:4], *LINES[5:]], 5),
        (LINES[:-1], None),
        ([*LINES, LINES[0]], 11),
        ([], None),
        (["你好"], 1),
    ]
    for typed, line in cases:
        with pytest.raises(sheet.SheetError) as found:
            sheet.read_sheet("\n".join(typed))
        assert found.value.line == line


def test_the_page_holds_the_lines_the_code_and_what_it_is_for() -> None:
    page = printing.page(OURS, datetime(2026, 9, 15, tzinfo=UTC), "data<b>")
    for line in LINES:
        assert line.rpartition(" ")[0] in page
    assert sheet.fingerprint(OURS) in page and "2026-09-15" in page and "data&lt;b&gt;" in page
    assert "<svg" in page and not re.search(r"(src|href)=|https?://(?!www\.w3\.org)", page), "nothing is loaded"
    text = printing.text(OURS, datetime(2026, 9, 15, tzinfo=UTC), "data")
    assert all(line in text for line in LINES)
    assert sheet.fingerprint(OURS) != sheet.fingerprint(keyring())


def test_keys_are_put_back_and_never_destroyed(tmp_path: Path) -> None:
    folder, other = tmp_path / "data.keys", keyring(2)
    assert keyfile.put_back(folder, OURS) is None and load_keyring(folder) == OURS
    assert (folder / "keyring.json").stat().st_mode & 0o077 == 0
    assert keyfile.put_back(folder, OURS) is None
    with pytest.raises(BackupError, match="other keys"):
        keyfile.put_back(folder, other)
    assert load_keyring(folder) == OURS
    aside = keyfile.put_back(folder, other, replace=True)
    assert aside is not None and load_keyring(folder) == other
    assert set(json.loads(aside.read_text())) == set(PURPOSES)
    (folder / "keyring.json").write_text("{")
    with pytest.raises(BackupError):
        keyfile.put_back(folder, OURS)
    assert keyfile.put_back(folder, OURS, replace=True) is not None and load_keyring(folder) == OURS
