"""Start Lianfang: database, web, background worker under one parent; the first start makes a demo district."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianfang.config.tls.options import add_arguments

if TYPE_CHECKING:
    from lianfang.config.tls.options import Serving
    from lianfang.kernel.labels import Label


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("up", help="start everything")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (default 8000, with https 8443)")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument("--empty", action="store_true", help="no demo: the first visitor creates an institution")
    parser.add_argument("--workers", type=int, default=0, help="web processes (default: one per core, at most 4)")
    parser.add_argument("--log-format", choices=["text", "json"], help="default: text at a terminal, else json")
    parser.add_argument(
        "--allow-public-demo", action="store_true", help="let a demo listen on an address that others can reach"
    )
    parser.add_argument("--no-backup", action="store_true", help="upgrade without making a backup first")
    add_arguments(parser)


def say(line: str) -> None:
    print(line, flush=True)


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import choose, refuse_unready

    folder = choose(args.data)
    refuse_unready(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = _hold(folder)
    if held is None:
        say(f"另一个 lianfang 正在使用数据目录 {folder.name}，请先停止它。")
        say("Another lianfang is using this data folder; stop it first.")
        return 1
    fresh = not (folder / "lianfang.sqlite3").exists() and not os.environ.get("LIANFANG_DATABASE_URL")
    demo = (folder / "demo").exists() or (fresh and not args.empty)
    if demo and (args.behind_proxy or not _is_local(args.host)) and not args.allow_public_demo:
        where = "反向代理后面" if args.behind_proxy else f"公开地址 {args.host} 上"
        say(f"这是演示数据，不能在{where}提供。真实使用请加 --empty，确需公开演示请加 --allow-public-demo。")
        say(
            "Demo data are not served on an address that others can reach (--empty for real use, --allow-public-demo to insist)."
        )
        return 1
    from lianfang.config.tls.options import arrange
    from lianfang.foundation.certificates import CertificateFault
    from lianfang.kernel.clock import SystemClock

    try:
        serving = arrange(args, Path(os.environ["LIANFANG_SECRET_DIR"]), SystemClock().now())
    except CertificateFault as refused:
        _say_both(refused.label)
        return 1
    for option, port in (("--port", serving.port), ("--http-port", serving.http_port)):
        fault = _port_fault(args.host, port, option) if port else None
        if fault is not None:
            _say_both(fault)
            return 1
    if demo:
        (folder / "demo").touch()
    if args.log_format:
        os.environ["LIANFANG_LOG_FORMAT"] = args.log_format
    from lianfang.config.preparing import in_a_child

    ready = in_a_child(lambda: _prepare(args, serving, folder, demo))
    _serve(args, serving, folder, demo, ready)
    return 0


def _prepare(args: argparse.Namespace, serving: Serving, folder: Path, demo: bool) -> dict[str, Any]:
    """All that needs the database and Django, before anything is served: tables, static files, pages of the certificate."""
    from lianfang.config.environment import collect_static, count_together, migrate, set_up

    set_up(str(folder))
    count_together(folder, anew=True)
    import lianfang.foundation.clock  # noqa: F401 - fixes a moved clock for all children

    if not demo and not args.no_backup and not _backed_up(folder):
        raise SystemExit(1)
    migrate()
    collect_static(folder)
    if serving.keeper is not None:
        from lianfang.config.tls.installation import describe

        describe(serving, folder)
    return {"most_connections": _most_connections(), "start_word": "" if demo else _start_word()}


def _backed_up(folder: Path) -> bool:
    """Before an upgrade changes the tables, a backup. False when it was needed and could not be made."""
    from django.conf import settings

    from lianfang.config.backups.before import before_upgrade, needed
    from lianfang.config.backups.problems import BackupError
    from lianfang.config.cli import program_version
    from lianfang.foundation.clock import system_now

    if not needed():
        return True
    say("升级前先做备份…… / a backup before the upgrade …")
    try:
        made = before_upgrade(folder, settings.KEYRING, system_now(), program_version())
    except BackupError as error:
        say(f"{error.label.zh}\n{error.label.en}")
        say("没有升级。确实不需要备份时可加 --no-backup。 / Not upgraded; --no-backup goes on without one.")
        return False
    if made is not None:
        say(f"已备份 / backed up:  {made.file}")
    return True


def _serve(args: argparse.Namespace, serving: Serving, folder: Path, demo: bool, ready: dict[str, Any]) -> None:
    from lianfang.config.beat import Start
    from lianfang.config.processes import PLACES_SET, Child, Supervisor, places_for

    workers = args.workers or min(os.cpu_count() or 1, 4)
    places = places_for(workers, ready["most_connections"])
    os.environ[PLACES_SET] = str(places)
    debug, https = (os.environ.get(f"LIANFANG_{name}") == "1" for name in ("DEBUG", "HTTPS"))
    Start(args.host, args.port, workers, places, os.environ["LIANFANG_HOSTS"], debug, https).write(folder)
    own = (sys.executable, "-m", "lianfang")
    children = [
        Child("web", web_command(args.host, serving.port, workers, serving.served)),
        Child("worker", [*own, "worker", "--data", str(folder)]),
    ]
    look = None
    if serving.keeper is not None:
        from lianfang.config.tls.installation import install_command, watch

        look = watch(serving, folder, _say_both)
        if serving.http_port:
            children.append(Child("install", install_command(args.host, serving.http_port)))
    address = serving.address()
    if demo and not (folder / "demo.filled").exists():
        children.append(Child("demo", [*own, "demo", "--data", str(folder), "--address", address], once=True))
    say(f"联防 / Lianfang  →  {address}")
    _say_ways(serving)
    if ready["start_word"]:
        say(f"首次使用：打开上面的地址，用启动口令建立机构 / first visit, start word:  {ready['start_word']}")
    say("停止请按 Ctrl-C / stop with Ctrl-C")
    Supervisor(children, say, look).run()


def _say_both(label: Label) -> None:
    say(label.zh)
    say(label.en)


def _say_ways(serving: Serving) -> None:
    """What else to know about https: where phones get the certificate, and what is unusual."""
    if serving.keeper is not None:
        from lianfang.config.tls.installation import say_where

        say_where(serving, say)
    for label in serving.said:
        _say_both(label)


def _start_word() -> str:
    """While nobody can sign in, the first visitor needs the word that only this window shows; else ""."""
    from lianfang.web.views.welcome import is_first_visit, start_key

    return start_key() if is_first_visit() else ""


def web_command(host: str, port: int, workers: int, served: Path | None = None) -> list[str]:
    """The web process: granian with `workers` processes. How many requests each takes is settled by `config.processes`.

    `served` is one file with key and certificates, for https from TLS 1.2 on.
    """
    from lianfang.config.processes import IDLE_MILLISECONDS, THREADS, connections_allowed

    secure = ["--ssl-certificate", str(served), "--ssl-keyfile", str(served), "--ssl-protocol-min", "tls1.2"]
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(THREADS), "--http", "1", "--no-ws"),
        *("--backpressure", str(connections_allowed()), "--http1-header-read-timeout", str(IDLE_MILLISECONDS)),
        *("--no-access-log", "--log-level", "error", "--respawn-failed-workers"),
        *("--workers-kill-timeout", "8"),
        *(secure if served else ()),
        "lianfang.config.wsgi:application",
    ]


def _most_connections() -> int | None:
    """How many connections the database takes; None for SQLite, where each is a file."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        return int(cursor.fetchone()[0])


def _hold(folder: Path) -> int | None:
    """Lock the data folder for this process tree; None when another one holds it."""
    import fcntl

    handle = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _is_local(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _port_fault(host: str, port: int, option: str) -> Label | None:
    """Why nothing can listen there; None when it can."""
    import errno
    import socket

    from lianfang.kernel.labels import Label

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            return Label(f"{option} 要在 1 到 65535 之间。", f"{option} must be between 1 and 65535.")
        except PermissionError:
            return Label(
                f"没有权限使用端口 {port}；请换 1024 以上的端口：{option} {port + 8000}",
                f"This account may not use port {port}; take one above 1024: {option} {port + 8000}",
            )
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Label(f"本机没有地址 {host}（--host）。", f"This machine has no address {host} (--host).")
            return Label(
                f"端口 {port} 已被占用，请换一个：{option} {port + 1}",
                f"Port {port} is in use; try {option} {port + 1}",
            )
    return None
