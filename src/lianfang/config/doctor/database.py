"""The database: whole, durable, up to date, and the journal's end as it was written. Needs Django set up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.db import connection

from lianfang.config import beat, state
from lianfang.config.doctor.findings import Case, Finding, Level, at_level, ok, problem
from lianfang.config.processes import BESIDE_ALL, BESIDE_EACH, PLACES
from lianfang.foundation.chain import verify_end
from lianfang.foundation.models import JournalHead

MIB = 2**20
CHECK_SECONDS = 30.0
TAIL = 2000
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs"}


def whole(case: Case) -> Iterator[Finding]:
    """Does it answer, and is it sound."""
    connection.ensure_connection()
    yield from _sqlite(case) if connection.vendor == "sqlite" else _postgres(case)


def _sqlite(case: Case) -> Iterator[Finding]:
    path = Path(str(connection.settings_dict["NAME"]))
    kind = filesystem_of(path, Path("/proc/mounts"))
    yield at_level(
        Level.PROBLEM if kind in NETWORK else Level.OK,
        "sqlite.place",
        f"数据库所在的文件系统：{kind or '未知'}",
        f"The database is on a file system of type {kind or 'unknown'}",
        "SQLite 的锁在网络文件系统上不可靠，会损坏数据库。请移到本机磁盘。",
        "SQLite's locks do not hold on network file systems and the file can be damaged. Move it to a local disk.",
    )
    yield _quick_check()
    size, log = state.database_bytes()
    level = Level.PROBLEM if log > 1024 * MIB else Level.WARNING if log > 128 * MIB else Level.OK
    yield at_level(
        level,
        "sqlite.log",
        f"数据库 {size / MIB:.0f} MiB，写前日志 {log / MIB:.0f} MiB",
        f"Database {size / MIB:.0f} MiB, write-ahead log {log / MIB:.0f} MiB",
        "后台进程没有在做检查点，日志会一直变大。请看 worker 是否在运行。",
        "The worker makes no checkpoints and the log keeps growing. See whether the worker runs.",
    )
    yield _library(sqlite3.sqlite_version_info)


def _library(version: tuple[int, ...]) -> Finding:
    """ADR 0004: 3.7.0 to 3.51.2 can damage a file when a checkpoint races a commit; our lock keeps them apart."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_autocheckpoint")
        automatic = int(cursor.fetchone()[0])
    said = ".".join(map(str, version))
    affected = (3, 7, 0) <= version[:3] <= (3, 51, 2)
    return at_level(
        Level.PROBLEM if affected and automatic else Level.OK,
        "sqlite.library",
        f"SQLite {said}" + ("：有 WAL 重置缺陷，本系统用文件锁和关闭自动检查点避开" if affected else ""),
        f"SQLite {said}"
        + (": has the WAL-reset bug, avoided by the file lock and no automatic checkpoints" if affected else ""),
        "自动检查点开着。不要用别的程序写这个数据库。",
        "Automatic checkpoints are on. No other program may write to this database.",
    )


def _quick_check() -> Finding:
    """SQLite's own check of the file, given up after half a minute: a large file needs an hour of its own."""
    until = time.monotonic() + CHECK_SECONDS
    raw = connection.connection
    raw.set_progress_handler(lambda: int(time.monotonic() > until), 100_000)
    try:
        found = [str(row[0]) for row in raw.execute("PRAGMA quick_check(3)").fetchall()]
    except sqlite3.OperationalError:
        return ok(
            "sqlite.whole",
            f"数据库太大，{CHECK_SECONDS:.0f} 秒内没有查完；查过的部分完好",
            f"The database is too large to be checked within {CHECK_SECONDS:.0f} s; what was looked at is sound",
        )
    except sqlite3.DatabaseError as error:
        found = [getattr(error, "sqlite_errorname", "damaged")]
    finally:
        raw.set_progress_handler(None, 0)
    if found == ["ok"]:
        return ok("sqlite.whole", "数据库文件完好", "The database file is sound")
    return problem(
        "sqlite.whole",
        "数据库文件已损坏",
        "The database file is damaged",
        "请停止服务，保留现有文件，从最近的备份恢复，再检查磁盘。",
        "Stop the service, keep the file as it is, restore the newest backup, and look at the disk.",
    )


def filesystem_of(path: Path, mounts: Path) -> str:
    """Type of the file system that holds `path`, by the longest mount point; "" where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        parts = line.split()
        point = parts[1].replace("\\040", " ") if len(parts) > 2 else ""
        if point and path.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind


def _postgres(case: Case) -> Iterator[Finding]:
    with connection.cursor() as cursor:

        def shown(name: str) -> str:
            cursor.execute("SELECT current_setting(%s)", [name])
            return str(cursor.fetchone()[0])

        version = int(shown("server_version_num"))
        yield at_level(
            Level.OK if version >= 140000 else Level.WARNING,
            "postgres.version",
            f"PostgreSQL {version // 10000}.{version % 10000}",
            f"PostgreSQL {version // 10000}.{version % 10000}",
            "版本太旧，请升级到 14 以上。",
            "Too old: upgrade to 14 or newer.",
        )
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            value = shown(name)
            yield at_level(
                Level.PROBLEM if value == "off" else Level.OK,
                f"postgres.{name}",
                f"{name} = {value}",
                f"{name} = {value}",
                "断电会丢失已经告诉用户“已送达”的内容。请设为 on 并重新载入配置。",
                "A power cut can lose what people were told was received. Set it to on and reload.",
            )
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        yield at_level(
            Level.PROBLEM if cursor.fetchone()[0] else Level.OK,
            "postgres.role",
            "连接数据库的角色",
            "The role that connects to the database",
            "是超级用户。请另建一个只拥有这个库的普通角色。",
            "It is a superuser. Make a plain role that owns this database only.",
        )
        start = beat.last_start(case.data)
        workers, places = (start.workers, start.places) if start else (1, PLACES)
        needed = workers * (places + BESIDE_EACH) + BESIDE_ALL
        free = int(shown("max_connections"))
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL AND datname <> current_database()"
        )
        others = int(cursor.fetchone()[0])
        yield at_level(
            Level.OK if needed + others <= free else Level.WARNING,
            "postgres.connections",
            f"最多需要 {needed} 个连接（{workers} 个网页进程），服务器允许 {free} 个，别的库正用 {others} 个",
            f"At most {needed} connections ({workers} web processes); the server allows {free}, others use {others}",
            "连接会不够。请提高 max_connections 并重新启动，或减少 --workers。",
            "They will run out. Raise max_connections and restart, or start fewer --workers.",
        )


def migrations(case: Case) -> Iterator[Finding]:
    """Whether the tables are those of this version."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield at_level(
        Level.WARNING if pending else Level.OK,
        "migrations",
        f"有 {pending} 步升级没有做" if pending else "表结构是本版本的",
        f"{pending} migrations are pending" if pending else "The tables are those of this version",
        "下次 lianfang up 启动时会自动做。请先备份。",
        "The next `lianfang up` carries them out. Make a backup first.",
    )


def journal(case: Case) -> Iterator[Finding]:
    """The end of the journal: its chain, and whether it claims to come from the future."""
    seq = JournalHead.objects.values_list("seq", flat=True).get(pk=1)
    after = max(seq - TAIL, 0)
    faults = sum(1 for _fault in verify_end(TAIL))
    yield at_level(
        Level.PROBLEM if faults else Level.OK,
        "journal.tail",
        f"日志最后 {seq - after} 条" + (f"有 {faults} 处对不上" if faults else "完整"),
        f"The last {seq - after} journal entries " + (f"have {faults} faults" if faults else "are whole"),
        "有人改动过数据，或恢复了不同步的备份。请执行 lianfang journal verify，保留现场并上报。",
        "Somebody altered the data, or parts of different backups were restored. Run lianfang journal verify, keep everything.",
    )
    newest = state.journal(case.now).newest
    ahead = newest - case.now if newest is not None else timedelta()
    yield at_level(
        Level.PROBLEM if ahead > timedelta(minutes=1) else Level.OK,
        "clock.journal",
        "日志的时间都不晚于现在" if ahead <= timedelta(minutes=1) else f"最后一条日志的时间比现在晚 {ahead}",
        "No journal entry is later than now"
        if ahead <= timedelta(minutes=1)
        else f"The last journal entry is {ahead} ahead of now",
        "本机时钟曾经快过，或现在慢了。请校时；这段时间的迟到判断要人工核对。",
        "The clock was ahead once, or is behind now. Set it, and look over what was judged late meanwhile.",
    )


CHECKS = (whole, migrations, journal)
