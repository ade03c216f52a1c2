"""How it is set up: certificates, addresses, switches that must not stay on. From the environment and from how `up` ran."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from lianfang.config import beat
from lianfang.config.doctor.findings import Case, Finding, Level, at_level, ok, problem, warning
from lianfang.config.logs import chosen_format

SOON, VERY_SOON = timedelta(days=21), timedelta(days=5)
LOCAL = {"localhost", "127.0.0.1", "[::1]", "::1"}
SUFFIXES = (".pem", ".crt", ".cer")


def expiry_level(left: timedelta) -> Level:
    """Problem five days before the end, warning three weeks before."""
    return Level.PROBLEM if left < VERY_SOON else Level.WARNING if left < SOON else Level.OK


def certificate_files(case: Case) -> list[Path]:
    """Those named by the environment, and those in a `tls` folder beside data or keys."""
    named = [Path(value) for name, value in case.environ.items() if name.endswith("_TLS_SERVED") and value]
    beside = [
        p for folder in (case.data / "tls", case.keys / "tls") if folder.is_dir() for p in sorted(folder.iterdir())
    ]
    return [*named, *(p for p in beside if p.suffix in SUFFIXES and "key" not in p.stem)]


def certificates(case: Case) -> Iterator[Finding]:
    """Until when each certificate is good."""
    from cryptography import x509

    found = certificate_files(case)
    if not found:
        yield ok(
            "certificate",
            "本机没有证书（https 由反向代理负责时正常）",
            "No certificate here (as it should be behind a proxy)",
        )
    for path in found:
        try:
            chain = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            yield problem(
                "certificate",
                f"证书文件 {path.name} 读不出来",
                f"The certificate {path.name} cannot be read",
                "请检查文件路径、权限和格式（PEM）。",
                "Check its path, its mode and its format (PEM).",
            )
            continue
        ends: datetime = min(c.not_valid_after_utc for c in chain)
        begins: datetime = max(c.not_valid_before_utc for c in chain)
        left = ends - case.now
        level = Level.PROBLEM if begins > case.now else expiry_level(left)
        yield at_level(
            level,
            "certificate",
            f"证书 {path.name} 有效期 {begins:%Y-%m-%d} 至 {ends:%Y-%m-%d}（还有 {left.days} 天）",
            f"Certificate {path.name} is good from {begins:%Y-%m-%d} to {ends:%Y-%m-%d} ({left.days} days left)",
            "过期后手机打不开。请换新证书并重新启动；尚未生效的证书多半是本机时间不对。",
            "Phones refuse it afterwards. Renew it and restart; one that is not valid yet often means a wrong clock.",
        )


def addresses(case: Case) -> Iterator[Finding]:
    """Who is answered, and on which address."""
    start = beat.last_start(case.data)
    hosts = {h for h in case.environ.get("LIANFANG_HOSTS", start.hosts if start else "").split(",") if h}
    public = (start is not None and start.host not in LOCAL) or bool(hosts - LOCAL - {"*"})
    if "*" in hosts:
        yield warning(
            "hosts",
            "任何主机名都会被应答（LIANFANG_HOSTS=*）",
            "Every host name is answered (LIANFANG_HOSTS=*)",
            "请用 LIANFANG_HOSTS 写明自己的域名，并用 --host 指定一个地址而不是 0.0.0.0。",
            "Name your own in LIANFANG_HOSTS, and give --host an address instead of 0.0.0.0.",
        )
    if (case.data / "demo").exists() or case.environ.get("LIANFANG_DEMO") == "1":
        yield at_level(
            Level.PROBLEM if public or "*" in hosts else Level.OK,
            "demo",
            "这是演示数据" + ("，而且别人能打开" if public or "*" in hosts else ""),
            "These are demo data" + (", and others can reach them" if public or "*" in hosts else ""),
            "演示账号的密码不安全。正式使用请换一个数据目录并加 --empty。",
            "Its passwords are not safe. For real use take another data folder and --empty.",
        )
    https = case.environ.get("LIANFANG_HTTPS") == "1" or (start is not None and start.https)
    secure = https or bool(certificate_files(case))
    if public or case.environ.get("LIANFANG_ORIGINS"):
        yield at_level(
            Level.OK if secure else Level.PROBLEM,
            "https",
            "通过 https 提供" if secure else "别人能打开，却没有 https",
            "Served over https" if secure else "Others can reach it, without https",
            "口令和健康信息会明文经过网络，手机也不能离线使用。请配置证书或反向代理，并设 LIANFANG_HTTPS=1。",
            "Passwords and health data cross the network in the clear. Set up a certificate or a proxy, and LIANFANG_HTTPS=1.",
        )


def switches(case: Case) -> Iterator[Finding]:
    """Settings that are wrong in themselves."""
    start = beat.last_start(case.data)
    if case.environ.get("LIANFANG_DEBUG") == "1" or (start is not None and start.debug):
        yield problem(
            "debug",
            "调试模式开着（LIANFANG_DEBUG=1）",
            "Debugging is on (LIANFANG_DEBUG=1)",
            "出错页面会显示填写的内容。请去掉这个变量并重新启动。",
            "Error pages show what was typed. Remove the variable and restart.",
        )
    token = case.environ.get("LIANFANG_METRICS_TOKEN", "")
    if token and len(token) < 24:
        yield warning(
            "metrics.token",
            "LIANFANG_METRICS_TOKEN 太短",
            "LIANFANG_METRICS_TOKEN is short",
            "请换成至少 24 个随机字符，例如 openssl rand -hex 24。",
            "Take at least 24 random signs, e.g. openssl rand -hex 24.",
        )
    try:
        chosen_format(case.environ)
    except ValueError:
        yield problem(
            "log.format",
            "LIANFANG_LOG_FORMAT 的值不认识",
            "LIANFANG_LOG_FORMAT is no known word",
            "请写 json 或 text。",
            "Say json or text.",
        )
    host = case.environ.get("LIANFANG_SMTP_HOST", "")
    if host and host not in LOCAL and case.environ.get("LIANFANG_SMTP_TLS") != "1":
        yield warning(
            "mail.tls",
            "发邮件没有加密",
            "E-mail is handed over without encryption",
            "请设 LIANFANG_SMTP_TLS=1（邮件服务器要支持 STARTTLS）。",
            "Set LIANFANG_SMTP_TLS=1 (the server must offer STARTTLS).",
        )


CHECKS = (certificates, addresses, switches)
