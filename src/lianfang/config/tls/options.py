"""The options of `up` that have to do with https, and what follows from them."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lianfang.config.tls.addresses import ANY, reachable
from lianfang.config.tls.serving import Given, Local, served_names
from lianfang.foundation.certificates import (
    CertificateFault,
    dns_name,
    is_address,
    is_publicly_trusted,
    public_roots,
)
from lianfang.kernel.labels import Label

HTTP_PORT, HTTPS_PORT = 8000, 8443
NO_NAME = Label(
    "请用 --name 写出外面使用的主机名，例如 --behind-proxy --name school.example。",
    "Give the host name that is used outside, e.g. --behind-proxy --name school.example.",
)
ONLY_WILDCARD = Label(
    "证书里只有通配名（{names}）；请用 --name 写出实际使用的主机名。",
    "The certificate holds only wildcards ({names}); give the host name that is used with --name.",
)
NO_PROXY = Label("--behind-proxy 后面要写反向代理的 IP 地址。", "--behind-proxy takes the IP addresses of the proxy.")
SAME_PORT = Label(
    "--port 和 --http-port 不能相同：一个给 https，一个给安装证书的页面。",
    "--port and --http-port must differ: one is for https, one for the install page.",
)
WITHOUT = Label("{option} 要和 {ways} 一起用。", "{option} goes with {ways}.")
UNKNOWN_CHAIN = Label(
    "注意：从这份证书走不到公开信任的机构（自签名、学校自建，或缺少中间证书）。手机会提示不安全；不发送 HSTS。",
    "Note: this certificate does not lead to a publicly trusted authority (self-signed, private, or an intermediate is missing). "
    "Phones will warn; HSTS is not sent.",
)
ONLY_HERE = Label(
    "现在只有本机能打开。要让手机打开，请加 --host 0.0.0.0。",
    "Only this computer can open it now. For phones add --host 0.0.0.0.",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--https", action="store_true", help="https with a certificate authority made here (for phones)")
    ways.add_argument(
        "--tls", nargs=2, metavar=("CERT", "KEY"), type=Path, help="https with your certificate chain and key (PEM)"
    )
    ways.add_argument(
        "--behind-proxy",
        nargs="?",
        const="127.0.0.1",
        metavar="ADDRESSES",
        help="a reverse proxy at these addresses (default 127.0.0.1) speaks https; trust its X-Forwarded headers",
    )
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAME", help="host name or address that people use; repeatable"
    )
    parser.add_argument(
        "--http-port", type=int, metavar="N", help="plain http: install page and redirect (with --https default 8000)"
    )
    parser.add_argument("--new-authority", action="store_true", help="with --https: start again, phones install anew")
    parser.add_argument("--no-hsts", action="store_true", help="with --tls: do not send Strict-Transport-Security")


@dataclass
class Serving:
    """How the web is reached. `keeper` looks after the certificate where https is ours to speak."""

    host: str
    port: int
    names: list[str] = field(default_factory=list)
    keeper: Local | Given | None = None
    http_port: int = 0
    said: list[Label] = field(default_factory=list)

    @property
    def served(self) -> Path | None:
        return self.keeper.served if self.keeper else None

    def main_name(self) -> str:
        """The name or address to tell people."""
        if self.keeper is None:
            return self.names[0] if self.names and self.host in ANY else self.host
        return next(iter(self.keeper.names_now()), self.host)

    def address(self) -> str:
        """What to open in a browser."""
        return origin("https" if self.keeper else "http", self.main_name(), self.port) + "/"


def origin(scheme: str, host: str, port: int) -> str:
    """`https://host:port`, without the port where it is the scheme's own."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port == {"http": 80, "https": 443}[scheme] else f":{port}")


def arrange(args: argparse.Namespace, secret_folder: Path, now: datetime) -> Serving:
    """Check the options, make or check the certificate, and set the environment of the web process.

    Raises CertificateFault, one line to say, before anything is started.
    """
    names = list(dict.fromkeys(dns_name(name) for name in args.name))
    secure = bool(args.https or args.tls)
    port = args.port if args.port is not None else (HTTPS_PORT if secure else HTTP_PORT)
    serving = Serving(args.host, port, names)
    folder = secret_folder / "tls"
    if args.https:
        serving.keeper = Local(folder, names, lambda: reachable(args.host), args.new_authority)
        serving.http_port = args.http_port or HTTP_PORT
    elif args.tls:
        serving.keeper = Given(folder, args.tls[0], args.tls[1], names)
        serving.http_port = args.http_port or 0
    for option, given, ways in (
        ("--http-port", args.http_port is not None and not secure, "--https / --tls"),
        ("--new-authority", args.new_authority and not args.https, "--https"),
        ("--no-hsts", args.no_hsts and not args.tls, "--tls"),
    ):
        if given:
            raise CertificateFault(WITHOUT.format(option=option, ways=ways))
    if serving.http_port == serving.port:
        raise CertificateFault(SAME_PORT)
    if serving.keeper is not None:
        serving.said += serving.keeper.prepare(now)
        os.environ["LIANFANG_HTTPS"] = "1"
        os.environ["LIANFANG_TLS_SERVED"] = str(serving.keeper.served)
        if not serving.keeper.names_now():
            held = ", ".join(served_names(serving.keeper.served))
            raise CertificateFault(ONLY_WILDCARD.format(names=held))
        if isinstance(serving.keeper, Given):
            trusted = is_publicly_trusted(serving.keeper.pair(), now, public_roots())
            serving.said += [] if trusted else [UNKNOWN_CHAIN]
            os.environ["LIANFANG_HSTS"] = "1" if trusted and not args.no_hsts else ""
        if is_address(args.host) and args.host in ("127.0.0.1", "::1") and not names:
            serving.said.append(ONLY_HERE)
    elif args.behind_proxy:
        _trust(args.behind_proxy, names)
    _answer_to(serving)
    return serving


def _trust(proxies: str, names: list[str]) -> None:
    addresses = [part.strip() for part in proxies.split(",")]
    if not all(is_address(one) for one in addresses):
        raise CertificateFault(NO_PROXY)
    if not names and not os.environ.get("LIANFANG_HOSTS"):
        raise CertificateFault(NO_NAME)
    os.environ["LIANFANG_HTTPS"] = "1"
    os.environ["LIANFANG_PROXIES"] = ",".join(addresses)
    if names:
        os.environ.setdefault("LIANFANG_ORIGINS", f"https://{names[0]}")


def _answer_to(serving: Serving) -> None:
    """Host names that are answered. Those of a certificate are read from it by the settings, so that they follow it."""
    hosts = {h for h in os.environ.get("LIANFANG_HOSTS", "").split(",") if h} | set(serving.names)
    if serving.keeper is None and serving.host in ANY and not serving.names:
        hosts = {"*"}
    elif serving.host not in ANY:
        hosts.add(f"[{serving.host}]" if ":" in serving.host else serving.host)
    os.environ["LIANFANG_HOSTS"] = ",".join(sorted(hosts | {"localhost", "127.0.0.1", "[::1]"}))
    if serving.keeper is not None and serving.names:
        # Printed codes and invitations carry this address, whichever one the printing person uses.
        os.environ.setdefault("LIANFANG_ORIGINS", origin("https", serving.names[0], serving.port))


def host_patterns(served: str) -> list[str]:
    """What Django's ALLOWED_HOSTS takes, from the certificate that is served; nothing where none is."""
    names = served_names(Path(served)) if served else []
    return [f"[{n}]" if ":" in n else n.removeprefix("*") for n in names]
