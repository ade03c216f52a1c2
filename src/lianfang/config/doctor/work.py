"""What should be going on: the worker and its jobs, readers, reminders, e-mail, backups. Needs Django set up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from lianfang.config import beat, state
from lianfang.config.backups import places
from lianfang.config.backups.places import State
from lianfang.config.doctor.findings import Case, Finding, Level, at_level, ok, problem, warning
from lianfang.config.schedule import JOBS

SEEN_WITHIN = timedelta(minutes=1)
TOO_OLD, FAR_TOO_OLD = timedelta(hours=30), timedelta(days=3)


def worker(case: Case) -> Iterator[Finding]:
    """Is the background process there, and does each job have its turn."""
    sign = beat.read(case.data)
    if not case.running:
        yield warning(
            "worker",
            "服务没有在运行",
            "The service is not running",
            "没有人提醒、没有人升级、报告也收不到。请启动：lianfang up。",
            "Nobody is reminded and nothing is received. Start it: lianfang up.",
        )
        return
    seen = datetime.fromisoformat(sign.at) if sign is not None and sign.at else None
    if sign is None or seen is None or case.now - seen > SEEN_WITHIN:
        busy = f"（正在做 {sign.running}）" if sign is not None and sign.running else ""
        long = f" (it is at {sign.running})" if sign is not None and sign.running else ""
        yield problem(
            "worker",
            f"后台进程超过一分钟没有动静{busy}",
            f"The worker has not gone round for more than a minute{long}",
            "提醒和升级会迟到。请看它的日志；一直停在同一项任务上就重新启动服务。",
            "Reminders will be late. See its log; if it stays at the same job, restart the service.",
        )
        return
    if sign.trouble:
        yield problem(
            "worker.database",
            f"后台进程连不上数据库（{sign.trouble}）",
            f"The worker does not reach the database ({sign.trouble})",
            "请看数据库是否在运行、磁盘是否写满。它会自己再试。",
            "See whether the database runs and the disk is full. It keeps trying by itself.",
        )
    yield ok("worker", "后台进程正常", "The worker goes round")
    yield from jobs(sign, case.now)


def jobs(sign: beat.Beat, now: datetime) -> Iterator[Finding]:
    """Jobs that fail, and jobs whose turn is long past."""
    for job in JOBS:
        run = sign.jobs.get(job.name)
        if run is None:
            continue
        age = now - datetime.fromisoformat(run.ended)
        if run.failed:
            yield at_level(
                Level.PROBLEM if run.failed >= 3 else Level.WARNING,
                "worker.job",
                f"任务 {job.name} 连续失败 {run.failed} 次（{run.error}）",
                f"The job {job.name} failed {run.failed} times in a row ({run.error})",
                "请在日志里查 job 等于这个名字的行。",
                "Look in the log for lines whose job has this name.",
            )
        elif age > 3 * job.every + SEEN_WITHIN:
            yield warning(
                "worker.job",
                f"任务 {job.name} 应每 {job.every} 运行，已有 {age} 没有运行",
                f"The job {job.name} is due every {job.every} and last ran {age} ago",
                "机器太慢，或别的任务占住了后台进程。请看 /metrics 里各任务的用时。",
                "The machine is too slow, or another job holds the worker. See the jobs' durations in /metrics.",
            )


def lateness(case: Case) -> Iterator[Finding]:
    """Seal, readers, parked events, reminders that were not sent."""
    journal = state.journal(case.now)
    level = Level.OK
    if journal.lag > timedelta(minutes=1):
        level = Level.PROBLEM if case.running and journal.lag > timedelta(minutes=10) else Level.WARNING
    yield at_level(
        level,
        "journal.seal",
        f"日志有 {journal.unsealed} 条等待封存，最早的已等 {journal.lag.total_seconds():.0f} 秒",
        f"{journal.unsealed} journal entries wait for their seal, the oldest for {journal.lag.total_seconds():.0f} s",
        "后续动作（通知、升级）要等封存。请看后台进程。",
        "What follows from them (notices, escalations) waits for it. See the worker.",
    )
    behind = [r for r in state.readers() if r.behind > 1000]
    parked = [r for r in state.readers() if r.parked]
    if behind:
        yield warning(
            "readers.behind",
            "后续处理落后：" + "、".join(f"{r.name} {r.behind} 条" for r in behind),
            "Readers are behind: " + ", ".join(f"{r.name} by {r.behind}" for r in behind),
            "如果数字一直变大，机器太慢；变小就等它赶上。",
            "If the numbers keep growing the machine is too slow; if they fall, wait.",
        )
    if parked:
        yield warning(
            "readers.parked",
            "有处理不了、已搁置的事件：" + "、".join(f"{r.name} {r.parked} 条" for r in parked),
            "Events were set aside: " + ", ".join(f"{r.name} {r.parked}" for r in parked),
            "会越来越慢地自动再试。请在日志里查 reader 等于这些名字的行，并报告给开发者。",
            "They are tried again, ever more seldom. Look in the log for these readers, and report it.",
        )
    unswept = state.duties(case.now).unswept
    yield at_level(
        Level.WARNING if unswept else Level.OK,
        "duties.swept",
        f"有 {unswept} 项提醒或升级过了时间还没有发" if unswept else "提醒和升级都按时",
        f"{unswept} reminders or escalations are past their time"
        if unswept
        else "Reminders and escalations are on time",
        "服务停过的话会自动补上；一直不减少就看后台进程的日志。",
        "After a stop they are caught up; if the number does not fall, see the worker's log.",
    )


def mail(case: Case) -> Iterator[Finding]:
    """Is there a mail server, and does it take what it is given."""
    if not settings.EMAIL_HOST:
        yield ok("mail", "没有配置邮件，通知只在系统内", "No mail server is set; notices stay in the app")
        return
    found = state.mail(case.now)
    stuck = bool(found.waiting) and found.oldest > timedelta(hours=1)
    level = Level.PROBLEM if stuck else Level.WARNING if found.problems or found.failed else Level.OK
    why = "、".join(found.problems) or "-"
    yield at_level(
        level,
        "mail",
        f"邮件等待 {found.waiting} 封，一天内放弃 {found.failed} 封，最近的问题：{why}",
        f"{found.waiting} e-mails wait, {found.failed} were given up within a day, last trouble: {', '.join(found.problems) or '-'}",
        "请核对 LIANFANG_SMTP_*、网络和发件账号；修好后会自动再发。",
        "See LIANFANG_SMTP_*, the network and the sending account; what waits is sent once it works.",
    )


def backup_findings(found: State) -> Iterator[Finding]:
    """What the state of the backups means."""
    do_zh = "请执行 lianfang backup 并看它说什么；备份放在别的磁盘或机器上。"
    do_en = "Run lianfang backup and see what it says; keep backups on another disk or machine."
    if found.unfinished_restore:
        yield problem(
            "restore",
            "有一次恢复没有做完",
            "A restore was not finished",
            "再执行一次同样的 lianfang restore；在那之前不要启动。",
            "Run the same lianfang restore again; do not start before.",
        )
    if found.folder is None:
        yield warning(
            "backup",
            "自动备份关着（LIANFANG_BACKUP_DIR=off）",
            "Backups are switched off (LIANFANG_BACKUP_DIR=off)",
            "请确认另有备份，并试过恢复。",
            "Make sure that they are made in another way, and that a restore was tried.",
        )
        return
    if found.age is None:
        level, zh, en = Level.WARNING, "还没有一份验证过的备份", "There is no verified backup yet"
    else:
        hours = found.age.total_seconds() / 3600
        level = Level.PROBLEM if found.age > FAR_TOO_OLD else Level.WARNING if found.age > TOO_OLD else Level.OK
        zh, en = f"最近一份验证过的备份在 {hours:.0f} 小时前", f"The newest verified backup is {hours:.0f} hours old"
    if found.backup.get("ok") is False:
        level = Level.PROBLEM if level is Level.PROBLEM else Level.WARNING
        zh, en = f"{zh}；上一次备份失败了", f"{en}; the last try failed"
    yield at_level(level, "backup", zh, en, do_zh, do_en)
    if found.drill.get("ok") is not True:
        failed = found.drill.get("ok") is False
        yield warning(
            "drill",
            "上一次恢复演练没有成功" if failed else "还没有做过恢复演练",
            "The last restore drill failed" if failed else "No restore drill was made yet",
            "请执行 lianfang drill：没有试过的备份不算备份。",
            "Run lianfang drill: a backup that was never tried is none.",
        )


def backups(case: Case) -> Iterator[Finding]:
    """Is there a backup that is young enough, and was a restore tried."""
    yield from backup_findings(places.state(case.now, case.data))


CHECKS = (worker, lateness, mail, backups)
