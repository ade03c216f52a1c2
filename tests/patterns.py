"""What every installation of a run begins with, made once: the tables of this version, and the static files as served."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from dev.migrated import alone, following, run_folder
from lianfang.foundation.keys import load_keyring

ROOT = Path(__file__).resolve().parent.parent
COLLECT = """
import sys
from pathlib import Path
import django
django.setup()
from lianfang.config.environment import collect_static
collect_static(Path(sys.argv[1]))
"""


def give_tables(database: Path) -> None:
    """Put the run's migrated SQLite database at this place, if there is one (`dev.migrated`: not where a run has one process
    only). `up` finds nothing left to make."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with following(run_folder()) as pattern:
        if Path(pattern).is_file():
            shutil.copyfile(pattern, database)


def give_static(data: Path, environment: dict[str, str]) -> None:
    """Put the collected, hashed and compressed static files into a data folder, as `up` would (in this environment); and
    keys into its key folder, for a folder with files and no keys is refused."""
    pattern = run_folder() / "collected"
    with alone(run_folder()):
        if not (pattern / "static.mark").exists():
            pattern.mkdir(exist_ok=True)
            values = {
                **environment,
                "LIANFANG_DATA_DIR": str(pattern),
                "LIANFANG_SECRET_DIR": str(run_folder() / "collected.keys"),
                "DJANGO_SETTINGS_MODULE": "lianfang.config.settings",
            }
            values.pop("LIANFANG_DATABASE_URL", None)
            subprocess.run(
                [sys.executable, "-c", COLLECT, str(pattern)], env=values, cwd=ROOT, check=True, capture_output=True
            )
    load_keyring(Path(environment["LIANFANG_SECRET_DIR"]))
    data.mkdir(parents=True, exist_ok=True)
    shutil.copytree(pattern / "static", data / "static", dirs_exist_ok=True)
    shutil.copyfile(pattern / "static.mark", data / "static.mark")
