"""The machine: space, files, clock, folders and keys. Works without a database and without Django."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lianfang.config import beat
from lianfang.config.doctor.findings import Case, Finding, Level, at_level, ok, problem, warning
from lianfang.config.processes import MOST_CONNECTIONS

GIB = 2**30
JUMP = 5.0  # seconds


def space_level(free: int, size: int) -> Level:
    """Problem below 3 % or half a GiB, warning below 10 % or 2 GiB."""
    share = free / size if size else 1.0
    if share < 0.03 or free < GIB // 2:
        return Level.PROBLEM
    return Level.WARNING if share < 0.10 or free < 2 * GIB else Level.OK


def inode_level(free: int, total: int) -> Level:
    """Problem below 2 %, warning below 10 %; some file systems count none."""
    if total <= 0:
        return Level.OK
    share = free / total
    return Level.PROBLEM if share < 0.02 else Level.WARNING if share < 0.10 else Level.OK


def disk(case: Case) -> Iterator[Finding]:
    """Space and inodes where the data are."""
    found = os.statvfs(case.data)
    free, size = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
    share = free / size if size else 1.0
    yield at_level(
        space_level(free, size),
        "disk.space",
        f"数据目录所在磁盘剩余 {free / GIB:.1f} GiB（{share:.0%}）",
        f"{free / GIB:.1f} GiB free where the data are ({share:.0%})",
        "磁盘写满后新内容会被拒收（已送达的不会丢）。请清理或扩容；备份不要和数据放在同一块盘上。",
        "When the disk is full, what is new is refused (nothing acknowledged is lost). Make room, or keep backups elsewhere.",
    )
    yield at_level(
        inode_level(found.f_favail, found.f_files),
        "disk.inodes",
        f"还能建立 {found.f_favail} 个文件",
        f"{found.f_favail} more files can be made",
        "请删除不用的小文件，或换一个文件系统。",
        "Remove small files that nobody needs, or use another file system.",
    )


def files(case: Case) -> Iterator[Finding]:
    """How many files (and so connections) a process may have open."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 256
    enough = hard == resource.RLIM_INFINITY or hard >= wanted
    said = "∞" if hard == resource.RLIM_INFINITY else str(hard)
    yield at_level(
        Level.OK if enough else Level.WARNING,
        "files.limit",
        f"每个进程最多打开 {said} 个文件",
        f"A process may open {said} files",
        f"手机多时连接数会不够。请把上限提高到 {wanted}（systemd：LimitNOFILE={wanted}）。",
        f"Too few for the connections of many phones. Raise it to {wanted} (systemd: LimitNOFILE={wanted}).",
    )


def clock(case: Case) -> Iterator[Finding]:
    """Local plausibility only: nobody outside is asked."""
    yield from _synchronised(_synchronisation())
    newest = max((p.stat().st_mtime for p in case.data.iterdir() if p.is_file()), default=0.0)
    ahead = newest - case.now.timestamp()
    if ahead > 300 and "LIANFANG_CLOCK_OFFSET" not in case.environ:
        at = datetime.fromtimestamp(newest, UTC).isoformat(timespec="minutes")
        yield problem(
            "clock.files",
            f"数据目录里有写于“未来”的文件（{at}）：时钟现在比那时慢",
            f"A file in the data folder was written in the future ({at}): the clock is behind what it was then",
            "请校准时间后再启动；迟到与否按本机收到的时间判断。",
            "Set the clock before starting; lateness is judged by this machine's time.",
        )
    sign = beat.read(case.data)
    if case.running and sign is not None and sign.boot and sign.boot == beat.boot_id():
        moved = beat.clock_offset() - sign.offset
        yield at_level(
            Level.WARNING if abs(moved) > JUMP else Level.OK,
            "clock.jumps",
            f"后台进程启动以来，时钟被拨动了 {moved:+.0f} 秒",
            f"Since the worker started the clock was set by {moved:+.0f} s",
            "请让校时服务缓慢调整（slew），不要跳变；并查明是谁改了时间。",
            "Let the time service slew rather than step, and find out who set the clock.",
        )


def _synchronisation() -> str:
    """`yes`, `no` or `` (nobody knows), from systemd, chrony or the kernel's own flag."""
    program = shutil.which("timedatectl")
    if program:
        command = [program, "show", "--property=NTPSynchronized", "--value"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            answer = ""
        if answer in ("yes", "no"):
            return answer
    return "yes" if Path("/run/systemd/timesync/synchronized").exists() else ""


def _synchronised(answer: str) -> Iterator[Finding]:
    if answer == "yes":
        yield ok("clock.service", "时间由校时服务同步", "The clock is kept by a time service")
        return
    unknown = not answer
    yield warning(
        "clock.service",
        "看不出本机是否校时（容器里通常由宿主机负责）" if unknown else "本机时间没有同步",
        "Whether the clock is kept cannot be seen here (in a container the host does it)"
        if unknown
        else "The clock is not synchronised",
        "请启用校时服务（systemd-timesyncd 或 chrony），内网可指向单位自己的时间源。",
        "Enable a time service (systemd-timesyncd or chrony), in a closed network with a source of your own.",
    )


def folders(case: Case) -> Iterator[Finding]:
    """Who can read data and keys."""
    owner = case.data.stat().st_uid
    if owner != os.geteuid():
        yield problem(
            "folders.owner",
            "数据目录属于另一个账号，数据库没有检查",
            "The data folder belongs to another account; the database was not looked at",
            "请用运行服务的账号执行本命令，否则会留下它读不了的文件。",
            "Run this command as the account of the service; otherwise it would leave files that the service cannot read.",
        )
    for check, place, zh, en in (
        ("folders.data", case.data, "数据目录", "data folder"),
        ("folders.keys", case.keys, "密钥目录", "keys folder"),
    ):
        if not place.exists():
            continue
        mode = stat.S_IMODE(place.stat().st_mode)
        yield at_level(
            Level.OK if not mode & 0o077 else Level.PROBLEM,
            check,
            f"{zh}的权限是 {mode:04o}",
            f"The {en} has mode {mode:04o}",
            "同机的其他账号能进入。请执行 chmod 700。",
            "Other accounts of this machine can enter it: chmod 700.",
        )
    keyring = case.keys / "keyring.json"
    if keyring.exists():
        mode = stat.S_IMODE(keyring.stat().st_mode)
        yield at_level(
            Level.OK if not mode & 0o077 else Level.PROBLEM,
            "keys.file",
            f"密钥文件的权限是 {mode:04o}",
            f"The keyring has mode {mode:04o}",
            "其他账号能读到密钥。请执行 chmod 600，并考虑更换密钥。",
            "Other accounts can read the keys: chmod 600, and consider the keys known.",
        )
    elif has_data(case):
        yield problem(
            "keys.file",
            "有数据，却没有密钥文件",
            "There are data, but no keyring",
            "不要启动：会生成新的密钥，旧的证件号码和电话再也读不出。请从恢复单或备份恢复密钥目录。",
            "Do not start: new keys would be made, and ID numbers and phones could not be read. Restore the keys folder first.",
        )
    if case.keys.resolve().is_relative_to(case.data.resolve()):
        yield warning(
            "keys.apart",
            "密钥目录在数据目录里面",
            "The keys folder lies inside the data folder",
            "拿到数据的人就同时拿到了密钥。请移到别处，并设置 LIANFANG_SECRET_DIR。",
            "Who has the data has the keys as well. Move it elsewhere and set LIANFANG_SECRET_DIR.",
        )


def has_data(case: Case) -> bool:
    """Whether something was stored already."""
    return (case.data / "lianfang.sqlite3").exists() or bool(case.environ.get("LIANFANG_DATABASE_URL"))


CHECKS = (disk, files, clock, folders)
