"""All checks, one after the other. One that fails itself becomes a finding; the others go on."""

from __future__ import annotations

from collections.abc import Iterator

from lianfang.config.doctor import machine, surroundings
from lianfang.config.doctor.findings import Case, Check, Finding, problem


def examine(case: Case) -> Iterator[Finding]:
    """Machine and surroundings first; the database only when that harms nothing (there are data, keys, and they are ours)."""
    if not case.data.is_dir():
        yield problem(
            "folders.data",
            f"没有数据目录 {case.data.name}",
            f"There is no data folder {case.data.name}",
            "请用 --data 指明；第一次使用先执行 lianfang up。",
            "Name it with --data; before the first use run lianfang up.",
        )
        return
    seen = []
    for check in (*machine.CHECKS, *surroundings.CHECKS):
        for finding in guarded(check, case):
            seen.append(finding)
            yield finding
    if (
        any(f.check in ("folders.owner", "keys.file") and f.do_en for f in seen)
        and not (case.keys / "keyring.json").exists()
    ):
        return
    if any(f.check == "folders.owner" for f in seen) or not machine.has_data(case):
        return
    yield from guarded(_stored, case)


def _stored(case: Case) -> Iterator[Finding]:
    import django
    from django.db import Error, connection

    django.setup()
    from lianfang.config.doctor import database, work

    try:
        connection.ensure_connection()
    except Error as error:
        yield problem(
            "database",
            f"数据库不应答（{type(error).__name__}）",
            f"The database does not answer ({type(error).__name__})",
            "请看数据库服务是否在运行，LIANFANG_DATABASE_URL 是否正确。",
            "See whether the database server runs and LIANFANG_DATABASE_URL is right.",
        )
        yield from guarded(work.worker, case)
        return
    for check in (*database.CHECKS, *work.CHECKS):
        yield from guarded(check, case)
    connection.close()


def guarded(check: Check, case: Case) -> Iterator[Finding]:
    """The findings of one check; its own failure is one as well, with the error's type (its text may quote data)."""
    try:
        yield from check(case)
    except Exception as error:
        name = check.__name__.strip("_")
        yield problem(
            name,
            f"检查“{name}”没有做完（{type(error).__name__}）",
            f"The check of {name} did not finish ({type(error).__name__})",
            "请把这一行和日志告诉开发者。",
            "Report this line with the log.",
        )
