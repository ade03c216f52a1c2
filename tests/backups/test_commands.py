"""The operator's own commands, one after another, after data folder and key folder are gone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dev.postgres import ROOT
from dev.released import keys, put_sqlite, versions


def lianfang(*words: str, data: Path, typed: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    left_out = ("LIANFANG_DATABASE_URL", "LIANFANG_SECRET_DIR", "LIANFANG_BACKUP_DIR", "LIANFANG_DATA_DIR")
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "-m", "lianfang", *words, "--data", str(data)],
        cwd=ROOT,
        env={**env, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **environment},
        input=typed,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.one_database("processes on an installation of files; test_restoring does the same on PostgreSQL")
def test_a_full_loss_and_the_way_back(tmp_path):
    version, data = versions()[-1], tmp_path / "data"
    data.mkdir()
    (tmp_path / "data.keys").mkdir()
    put_sqlite(version, data / "lianfang.sqlite3")
    (tmp_path / "data.keys" / "keyring.json").write_text(keys(version), encoding="utf-8")
    with closing(sqlite3.connect(data / "lianfang.sqlite3")) as opened:
        entries = opened.execute("SELECT count(*) FROM foundation_journalentry").fetchone()[0]
    made = lianfang("backup", data=data)
    assert made.returncode == 0 and f"{entries} journal entries" in made.stdout, made.stderr
    (file,) = (tmp_path / "data.backups").glob("lianfang-*.lfb")
    printed = lianfang("keys", "sheet", "--to", "-", data=data).stdout
    typed = "".join(line + "\n" for line in printed.splitlines() if line[:2].strip().isdigit() and line[2:4] == "  ")
    assert len(typed.splitlines()) == 10
    shutil.rmtree(data)
    shutil.rmtree(tmp_path / "data.keys")
    refused = lianfang("restore", str(file), data=data)
    assert refused.returncode == 1 and "lianfang keys restore" in refused.stderr and not data.exists()
    wrong = lianfang("keys", "restore", data=data, typed=typed.replace("\n 4", "\n 4  0"))
    assert wrong.returncode == 1 and "Line 4" in wrong.stderr and not (tmp_path / "data.keys" / "keyring.json").exists()
    assert lianfang("keys", "restore", data=data, typed=typed).returncode == 0
    back = lianfang("restore", str(file), data=data)
    assert back.returncode == 0 and "The journal is whole" in back.stdout, back.stderr
    assert f"{entries} journal entries" in back.stdout and "Traceback" not in back.stderr
    drilled = lianfang("drill", data=data)
    assert drilled.returncode == 0 and "0 journal entries and 0 submissions" in drilled.stdout, drilled.stderr
    renewed = lianfang("keys", "renew", data=data)
    assert renewed.returncode == 0 and "New keys are in use (k2)." in renewed.stdout, renewed.stderr
    assert lianfang("keys", "restore", data=data, typed=typed).returncode == 1  # the old sheet does not push them out
    assert lianfang("journal", "verify", data=data).returncode == 0
