"""While `up` runs with https: the files of the plain-http listener, the words in the window, and looking after it all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from lianfang.config.tls.listener import VARIABLE
from lianfang.config.tls.options import Serving
from lianfang.config.tls.serving import Local
from lianfang.foundation.certificates import CertificateFault, fingerprint
from lianfang.kernel.clock import SystemClock
from lianfang.kernel.labels import Label
from lianfang.web import installing

FAILED = Label("检查证书时出错，稍后再试：{why}", "Looking after the certificate failed and is tried again: {why}")

ALSO = Label("也可以用", "also at")
FIRST = Label("手机先在这里安装证书", "phones install the certificate here first")
MARK = Label("证书指纹", "fingerprint (SHA-256)")


def describe(serving: Serving, folder: Path) -> None:
    """Write what the listener and the staff's page show, and tell their processes where."""
    import django

    django.setup()  # the parent, which looks after the certificate, has not: it is small until one is renewed
    assert serving.keeper is not None
    target = folder / "install"
    hosts = serving.keeper.names_now()
    if isinstance(serving.keeper, Local):
        root = serving.keeper.authority().root
        installing.write(target, root, hosts, serving.port, serving.http_port)
    else:
        installing.write_redirect(target, hosts, serving.port)
    os.environ[VARIABLE] = str(target)


def install_command(host: str, port: int) -> list[str]:
    """The listener's process: small, since it only shows files, and with limits of its own."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--backpressure", "64", "--http", "1", "--no-ws"),
        *("--http1-header-read-timeout", "10000", "--no-access-log", "--log-level", "error"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "4", "--factory"),
        "lianfang.config.tls.listener:make",
    ]


def watch(serving: Serving, folder: Path, say: Callable[[Label], None]) -> Callable[[], list[str]]:
    """For the supervisor, every few seconds: renew or take over the certificate; names the children that read it again.

    A fault is said once and ends nothing: what is served goes on being served.
    """
    clock = SystemClock()  # phones compare with their own clock, whatever a rehearsal's says
    told: list[Label] = []

    def look() -> list[str]:
        assert serving.keeper is not None
        try:
            renewed, words = serving.keeper.look(clock.now())
            if renewed:
                describe(serving, folder)
        except (CertificateFault, OSError) as fault:
            label = fault.label if isinstance(fault, CertificateFault) else FAILED.format(why=fault.strerror)
            renewed, words = False, [] if told == [label] else [label]
            told[:] = [label]
        else:
            told.clear()
        for label in words:
            say(label)
        return ["web", "install"] if renewed else []

    return look


def say_where(serving: Serving, say: Callable[[str], None]) -> None:
    """Where phones get the certificate, its fingerprint, and a QR code where there is a window to show it in."""
    keeper = serving.keeper
    if not isinstance(keeper, Local):
        return
    found = installing.read(os.environ[VARIABLE])
    assert found is not None
    page = found.addresses("http")[0] + installing.PAGE
    others = [address + "/" for address in found.addresses("https")[1:]]
    if others:
        say(_line(ALSO, "  ".join(others)))
    say(_line(FIRST, page))
    say(_line(MARK, fingerprint(keeper.authority().root)))
    if sys.stdout.isatty():
        import segno

        segno.make(page, error="m").terminal(compact=True)


def _line(label: Label, value: str) -> str:
    return f"{label.zh} / {label.en}:  {value}"
