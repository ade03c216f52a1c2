"""When the nightly backup is due, where backups go, and how long they stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lianfang.config.backups import nightly, places

# 03:30 in Shanghai.
NIGHT = datetime(2026, 9, 14, 19, 30, tzinfo=UTC)


def standing(
    made: datetime | None = None, tried: datetime | None = None, folder: Path | None = Path("/b")
) -> places.State:
    backup = {"at": tried.isoformat(), "ok": False} if tried else {}
    return places.State(folder, None, made, None, 0, backup, {}, False)


@pytest.mark.parametrize(
    ("made", "tried", "now", "due"),
    [
        (None, None, NIGHT, True),
        (None, None, NIGHT + timedelta(hours=12), True),
        (NIGHT - timedelta(hours=24), None, NIGHT - timedelta(hours=1), False),
        (NIGHT - timedelta(hours=24), None, NIGHT, True),
        (NIGHT - timedelta(minutes=29), None, NIGHT, False),
        (NIGHT - timedelta(minutes=31), None, NIGHT, True),
        (NIGHT - timedelta(days=9), NIGHT - timedelta(minutes=59), NIGHT, False),
        (NIGHT - timedelta(days=9), NIGHT - timedelta(hours=1), NIGHT, True),
        (NIGHT, NIGHT, NIGHT + timedelta(hours=23), False),
        (NIGHT, NIGHT, NIGHT + timedelta(hours=24), True),
    ],
)
def test_due_once_a_night_and_again_an_hour_after_a_failure(made, tried, now, due):
    assert nightly.due(now, 3, standing(made, tried)) is due


def test_switched_off_it_is_never_due():
    assert not nightly.due(NIGHT, 3, standing(folder=None))


@pytest.mark.parametrize(
    ("name", "read", "cases"),
    [
        ("LIANFANG_BACKUP_KEEP", places.kept, [("", 14), ("30", 30), ("0", 1), ("many", 14), ("-3", 14)]),
        ("LIANFANG_BACKUP_HOUR", places.hour, [("", 3), ("23", 23), ("24", 23), ("x", 3)]),
        ("LIANFANG_BACKUP_DAYS", lambda: places.term().days, [("", 30), ("7", 7), ("0", 1)]),
    ],
)
def test_settings_fall_back_and_stay_in_range(monkeypatch, name, read, cases):
    for text, expected in cases:
        monkeypatch.setenv(name, text)
        assert read() == expected


def test_folders_and_names(monkeypatch, tmp_path):
    data = tmp_path / "data"
    monkeypatch.delenv("LIANFANG_BACKUP_DIR")
    assert places.backup_folder(data) == tmp_path / "data.backups"
    monkeypatch.setenv("LIANFANG_BACKUP_DIR", "Off")
    assert places.backup_folder(data) is None
    monkeypatch.setenv("LIANFANG_BACKUP_DIR", str(tmp_path / "disk"))
    assert places.backup_folder(data) == tmp_path / "disk"
    assert places.name_at(NIGHT) == "lianfang-20260914T193000Z.lfb"
    (tmp_path / "disk").mkdir()
    for name in (places.name_at(NIGHT), "lianfang-x.lfb", "other.lfb", places.PART):
        (tmp_path / "disk" / name).touch()
    assert places.all_backups(tmp_path / "disk") == [(NIGHT, tmp_path / "disk" / places.name_at(NIGHT))]


def test_an_unreadable_memory_counts_as_none(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_BACKUP_DIR", str(tmp_path / "none"))
    (tmp_path / places.STATE).write_text('{"backup": 3')
    state = places.state(NIGHT, tmp_path)
    assert (state.backup, state.drill, state.newest, state.age) == ({}, {}, None, None)
    places.remember(tmp_path, "drill", {"at": NIGHT.isoformat(), "ok": True, "said": ""})
    assert places.state(NIGHT, tmp_path).drill["ok"] is True
