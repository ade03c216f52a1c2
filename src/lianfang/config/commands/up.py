"""Start Lianfang: database, web, background worker under one parent; the first start makes a demo district."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("up", help="start everything")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port (default 8000)")
    parser.add_argument("--data", metavar="DIR", help="data folder (default ./data)")
    parser.add_argument("--empty", action="store_true", help="no demo: the first visitor creates an institution")
    parser.add_argument("--workers", type=int, default=0, help="web processes (default: one per core, at most 4)")
    parser.add_argument(
        "--allow-public-demo", action="store_true", help="let a demo listen on an address that others can reach"
    )


def say(line: str) -> None:
    print(line, flush=True)


def run(args: argparse.Namespace) -> int:
    from lianfang.config.environment import choose

    folder = choose(args.data)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = _hold(folder)
    if held is None:
        say(f"另一个 lianfang 正在使用数据目录 {folder.name}，请先停止它。")
        say("Another lianfang is using this data folder; stop it first.")
        return 1
    fresh = not (folder / "lianfang.sqlite3").exists() and not os.environ.get("LIANFANG_DATABASE_URL")
    demo = (folder / "demo").exists() or (fresh and not args.empty)
    if demo and not _is_local(args.host) and not args.allow_public_demo:
        say(
            f"这是演示数据，不能在公开地址 {args.host} 上提供。真实使用请加 --empty，确需公开演示请加 --allow-public-demo。"
        )
        say(
            "Demo data are not served on an address that others can reach (--empty for real use, --allow-public-demo to insist)."
        )
        return 1
    if not _free(args.host, args.port):
        say(f"端口 {args.port} 已被占用，请换一个：--port {args.port + 1}")
        say(f"Port {args.port} is in use; try --port {args.port + 1}")
        return 1
    if demo:
        (folder / "demo").touch()
    hosts = {args.host, "localhost", "127.0.0.1", "[::1]"} | {
        h for h in os.environ.get("LIANFANG_HOSTS", "").split(",") if h
    }
    os.environ["LIANFANG_HOSTS"] = ",".join(sorted(hosts)) if args.host != "0.0.0.0" else "*"
    from lianfang.config.environment import collect_static, migrate, set_up

    set_up(str(folder))
    import lianfang.foundation.clock  # noqa: F401 - fixes a moved clock for all children

    migrate()
    collect_static(folder)
    _serve(args, folder, demo)
    return 0


def _serve(args: argparse.Namespace, folder: Path, demo: bool) -> None:
    from django.db import connections

    from lianfang.config.processes import Child, Supervisor

    workers = args.workers or min(os.cpu_count() or 1, 4)
    own = (sys.executable, "-m", "lianfang")
    children = [
        Child("web", web_command(args.host, args.port, workers, threads_for(workers))),
        Child("worker", [*own, "worker", "--data", str(folder)]),
    ]
    host = f"[{args.host}]" if ":" in args.host else args.host
    address = f"http://{host}:{args.port}/"
    if demo and not (folder / "demo.filled").exists():
        children.append(Child("demo", [*own, "demo", "--data", str(folder), "--address", address], once=True))
    say(f"联防 / Lianfang  →  {address}")
    if not demo:
        _say_start_word()
    say("停止请按 Ctrl-C / stop with Ctrl-C")
    connections.close_all()
    Supervisor(children, say).run()


def _say_start_word() -> None:
    """While nobody can sign in, the first visitor needs the word that only this window shows."""
    from lianfang.web.views.welcome import is_first_visit, start_key

    if is_first_visit():
        say(f"首次使用：打开上面的地址，用启动口令建立机构 / first visit, start word:  {start_key()}")


MOST_THREADS = 48


def web_command(host: str, port: int, workers: int, threads: int = MOST_THREADS) -> list[str]:
    """The web process: granian with `workers` processes of `threads` each: waiting for a shared commit takes a thread, not
    a processor, and the more wait together, the less each costs."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(threads), "--http", "1", "--no-ws"),
        *("--backpressure", "256", "--no-access-log", "--log-level", "error", "--respawn-failed-workers"),
        *("--workers-kill-timeout", "8"),
        "lianfang.config.wsgi:application",
    ]


def threads_for(workers: int) -> int:
    """Threads of each web process: a thread that shows a page keeps a connection, and PostgreSQL has so many only."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return MOST_THREADS
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        (most,) = cursor.fetchone()
    others = 16 + 3 * workers  # worker, demonstration, commands, what the server keeps back; writers of each process
    return max(4, min(MOST_THREADS, (most - others) // workers))


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


def _free(host: str, port: int) -> bool:
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
