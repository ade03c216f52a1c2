"""From a data folder to a set-up Django, for every command that needs the database."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from lianfang.kernel.labels import Label


def choose(data: str | None) -> Path:
    """The data folder: `--data`, else LIANFANG_DATA_DIR, else `data` below the current folder. Sets the environment."""
    folder = Path(data or os.environ.get("LIANFANG_DATA_DIR") or "data").expanduser().resolve()
    os.environ["LIANFANG_DATA_DIR"] = str(folder)
    os.environ.setdefault("LIANFANG_SECRET_DIR", str(folder) + ".keys")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.config.settings")
    return folder


def set_up(data: str | None) -> Path:
    """`choose`, make the folder, and load Django. Ends the program with a line in each language where it must not work
    on what is there: keys are missing, a restore was not finished, or a newer version has been at the database."""
    folder = choose(data)
    refuse_unready(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    import django

    django.setup()
    _refuse(_newer())
    return folder


def count_together(folder: Path, *, anew: bool = False) -> None:
    """Let the processes of one installation add up their figures (`foundation.measures`): each writes files below `metrics`.
    Call it before anything is counted; `anew` removes those of the last run, for who starts all the others."""
    place = folder / "metrics"
    if anew:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(place)


def refuse_unready(folder: Path) -> None:
    """End the program with a line in each language where the folder's keys are missing or a restore was not finished."""
    from lianfang.config.backups.places import keys_missing, unfinished

    _refuse(keys_missing(folder) or unfinished(folder))


def _refuse(reason: Label | None) -> None:
    if reason is not None:
        print(f"{reason.zh}\n{reason.en}", file=sys.stderr)
        raise SystemExit(1)


def _newer() -> Label | None:
    from django.db import OperationalError

    from lianfang.config.upgrading import newer

    try:
        return newer()
    except OperationalError:
        return None  # not to be reached now: whoever needs it says so


def migrate() -> None:
    """Bring the database to this version's tables. Running it twice, or after being killed, does no harm."""
    from lianfang.config import upgrading

    upgrading.migrate()


def collect_static(folder: Path) -> None:
    """Collect, hash and compress the static files, unless they are those collected before."""
    import hashlib

    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda item: str(item[0])):
            stat = os.stat(storage.path(path))
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    mark = folder / "static.mark"
    if mark.exists() and mark.read_text() == digest.hexdigest() and Path(settings.STATIC_ROOT).exists():
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=Path(settings.STATIC_ROOT).exists())
    mark.write_text(digest.hexdigest())
