"""From a data folder to a set-up Django, for every command that needs the database."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def choose(data: str | None) -> Path:
    """The data folder: `--data`, else LIANFANG_DATA_DIR, else `data` below the current folder. Sets the environment."""
    folder = Path(data or os.environ.get("LIANFANG_DATA_DIR") or "data").expanduser().resolve()
    os.environ["LIANFANG_DATA_DIR"] = str(folder)
    os.environ.setdefault("LIANFANG_SECRET_DIR", str(folder) + ".keys")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianfang.config.settings")
    return folder


def set_up(data: str | None) -> Path:
    """`choose`, make the folder, and load Django."""
    folder = choose(data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    import django

    django.setup()
    return folder


def count_together(folder: Path, *, anew: bool = False) -> None:
    """Let the processes of one installation add up their figures (`foundation.measures`): each writes files below `metrics`.
    Call it before anything is counted; `anew` removes those of the last run, for who starts all the others."""
    place = folder / "metrics"
    if anew:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(place)


def migrate() -> None:
    """Bring the database to this version's tables. Running it twice, or after being killed, does no harm."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


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
