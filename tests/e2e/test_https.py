"""A phone on https://school.test, served by `up --https` with the certificate of its own authority.

Chromium is told to take that one key for a trusted one (its own store of authorities cannot be filled without tools of the
system); that the chain leads to the root, for the name, is verified by OpenSSL beside it.
"""

from __future__ import annotations

import base64
import re
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from lianfang.config.tls.serving import served_pair
from lianfang.foundation.certificates import fingerprint, read_authority
from tests.browsing import wait_until
from tests.district import MORNING, PASSWORD
from tests.e2e.conftest import PHONE
from tests.e2e.test_network_cut import BAR, CONTROLLED, KEPT, absent_ill, feverish
from tests.https.making import client_hello
from tests.https.running import NAME, SecureTree

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def school(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureTree]:
    """`up --https` with the small district."""
    tree = SecureTree(tmp_path_factory.mktemp("https"), "--https", "--name", NAME)
    tree.fill()
    try:
        tree.start()
        yield tree
    finally:
        tree.stop()


@pytest.fixture(scope="module")
def chromium(school: SecureTree, playwright: Playwright, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    public = served_pair(school.folder / "keys" / "tls" / "served.pem").leaf.public_key()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    trusted = base64.b64encode(digest.finalize()).decode()
    arguments = [
        *browser_type_launch_args["args"],
        f"--ignore-certificate-errors-spki-list={trusted}",
    ]
    browser = playwright.chromium.launch(**{**browser_type_launch_args, "args": arguments})
    yield browser
    browser.close()


@pytest.fixture
def phones(school: SecureTree, chromium: Browser) -> Iterator[Any]:
    """Makes contexts of phones; `service_workers="block"` is a browser inside another app."""
    made: list[BrowserContext] = []

    def phone(**options: Any) -> Page:
        settings: dict[str, Any] = {**PHONE, **options, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context = chromium.new_context(base_url=school.url, **settings)
        made.append(context)
        return context.new_page()

    yield phone
    for context in made:
        context.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/login")
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).tap()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()


def checks(school: SecureTree, unit: str) -> list[tuple[int, int, int]]:
    """(here, absent through illness, with fever) of every roll of a class that was received."""
    with sqlite3.connect(school.folder / "data" / "lianfang.sqlite3") as database:
        asked = "SELECT present, absent_ill, fever FROM daily_rollcheck c JOIN foundation_unit u ON u.id = c.unit_id WHERE u.name = ?"
        return database.execute(asked, (unit,)).fetchall()


def test_the_chain_leads_to_the_root_and_everything_sent_is_secure(school):
    keys = school.folder / "keys" / "tls"
    root = read_authority((keys / "authority.pem").read_bytes(), "authority.pem").root
    alone = ssl.create_default_context(cadata=root.public_bytes(serialization.Encoding.PEM).decode())
    alone.minimum_version = alone.maximum_version = ssl.TLSVersion.TLSv1_2
    page = school.ask("/login", alone)
    assert page.status_code == 200
    (cookie,) = [line for line in page.headers.get_list("set-cookie") if "csrftoken" in line]
    assert cookie.strip().startswith("__Host-csrftoken=") and "Secure" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie and "SameSite=Lax" in cookie
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe-inline" not in policy
    for name, value in (
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ):
        assert page.headers[name] == value
    assert "geolocation=()" in page.headers["permissions-policy"]
    assert "strict-transport-security" not in page.headers, "a local authority may be made anew (ADR 0011)"
    assert school.ask("/login", alone, headers={"Host": "attacker.example"}).status_code == 400
    spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    assert "Secure" in school.ask("/login", alone, headers=spoofed).headers["set-cookie"]

    answers = []
    for version in (0x0303, 0x0302):
        with socket.create_connection(("127.0.0.1", school.port), timeout=20) as plain:
            plain.sendall(client_hello(version))
            answers.append(plain.recv(100))
    assert answers[0][0] == 22, "TLS 1.2: a handshake goes on"
    assert (answers[1][0], answers[1][-1]) == (21, 70), "TLS 1.1: an alert, protocol_version (RFC 5246, 7.2)"

    said = school.log()
    assert f"https://{NAME}:{school.port}/" in said and f"{school.http_url}/install" in said
    assert fingerprint(root) in said
    for answer in (school.ask_plain("/"), school.ask_plain("/install"), school.ask_plain("/login")):
        assert "set-cookie" not in answer.headers
    assert school.ask_plain("/login").headers["location"] == f"{school.url}/login"
    assert school.ask_plain("/login", "POST", data={"password": "x"}).status_code == 405
    assert school.ask_plain("/healthz").is_redirect and school.ask_plain("/api/csrf").status_code == 403
    assert fingerprint(root)[:23].replace(":", " ") in school.ask_plain("/install").text


def connect(school, ciphers: str = "") -> ssl.SSLSocket:
    """A TLS 1.2 connection that offers these cipher suites (OpenSSL's names), or a usual one."""
    offer = ssl.create_default_context()
    offer.check_hostname, offer.verify_mode = False, ssl.CERT_NONE
    if ciphers:
        offer.minimum_version = offer.maximum_version = ssl.TLSVersion.TLSv1_2
        offer.set_ciphers(ciphers)
    return offer.wrap_socket(socket.create_connection(("127.0.0.1", school.port), timeout=20), server_hostname=NAME)


@pytest.mark.parametrize(
    "ciphers, taken",
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA", False),  # CBC
        ("AES128-GCM-SHA256:AES256-SHA256", False),  # keys that a stolen key opens later
        ("ALL:!COMPLEMENTOFDEFAULT:@SECLEVEL=0:!AESGCM:!CHACHA20:!AESCCM", False),
    ],
)
def test_only_ephemeral_keys_and_authenticated_ciphers(school, ciphers, taken):
    if taken:
        with connect(school, ciphers) as secure:
            chosen = secure.cipher()
            assert chosen is not None and chosen[0] == ciphers
    else:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            connect(school, ciphers)


FRAMES = {
    "two lengths": (["Content-Length: 5", "Content-Length: 6"], b"abcdef"),
    "a length that is none": (["Content-Length: +5"], b"abcde"),
    "an encoding that is none": (["Transfer-Encoding: xchunked"], b"5\r\nabcde\r\n0\r\n\r\n"),
    "chunked, but not last": (["Transfer-Encoding: chunked, identity"], b"5\r\nabcde\r\n0\r\n\r\n"),
    "a space before the colon": (["Content-Length : 5"], b"abcde"),
    "a folded line": (["X-Word: a", " b"], b""),
}


@pytest.mark.parametrize("lines, body", FRAMES.values(), ids=FRAMES)
def test_a_request_whose_length_is_in_doubt_is_refused(school, lines, body):
    head = "\r\n".join(["POST /api/daily/reports HTTP/1.1", f"Host: {NAME}:{school.port}", *lines, "", ""])
    with connect(school) as secure:
        secure.sendall(head.encode() + body)
        assert secure.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_roll_with_the_network_cut_arrives_once(school, phones):
    page = phones()
    page.context.clock.install(time=MORNING)
    sign_in(page, "teacher")
    assert page.evaluate("[location.protocol, location.hostname, isSecureContext]") == ["https:", NAME, True]
    (session,) = [c for c in page.context.cookies() if "sessionid" in c["name"]]
    assert session["name"] == "__Host-sessionid"
    assert session["secure"] and session["httpOnly"] and session["sameSite"] == "Lax"
    wait_until(page, CONTROLLED)
    page.get_by_role("link", name="去做").click()
    expect(page.get_by_role("heading", name="三（1）班 · 晨检")).to_be_visible()
    wait_until(page, KEPT)
    page.context.set_offline(True)
    absent_ill(page, "李小二")
    feverish(page, "张小三", "38.1")
    page.get_by_role("button", name="确认：其余 6 人到校且健康").tap()
    expect(page.locator(BAR)).to_contain_text("没有网络，1 份已存在本机")
    page.context.clock.fast_forward(timedelta(minutes=20) // timedelta(milliseconds=1))
    page.reload()
    expect(page.locator(".roll-grid [data-n='李小二']")).to_contain_text("病缺")
    expect(page.locator(BAR)).to_contain_text("1 份已存在本机")
    assert checks(school, "三（1）班") == []
    page.context.set_offline(False)
    expect(page.locator(".roll-result")).to_contain_text("已送达")
    expect(page.locator(BAR)).to_be_hidden()
    assert checks(school, "三（1）班") == [(7, 1, 1)]


def test_inside_another_app_the_open_page_keeps_it(school, phones):
    """No service worker, as in pages that some apps open inside themselves."""
    page = phones(service_workers="block")
    page.context.clock.install(time=MORNING)
    sign_in(page, "teacher2")
    page.get_by_role("link", name="去做").click()
    expect(page.get_by_role("heading", name="三（2）班 · 晨检")).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.controller") is None
    page.context.set_offline(True)
    absent_ill(page, "李晓二")
    page.get_by_role("button", name="确认：其余 7 人到校且健康").tap()
    expect(page.locator(".roll-result")).to_contain_text("已存在本机，等待发送")
    expect(page.locator(BAR)).to_contain_text("没有网络，1 份已存在本机")
    assert checks(school, "三（2）班") == []
    page.context.set_offline(False)
    expect(page.locator(".roll-result")).to_contain_text("已送达")
    assert page.evaluate("() => Lianfang.outbox.list()") == []
    assert checks(school, "三（2）班") == [(7, 1, 0)]


def test_a_passkey_opens_the_account(phones):
    page = phones()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    able = dict.fromkeys(
        ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation"), True
    )
    options = {"protocol": "ctap2", "transport": "internal", **able}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, "nurse")
    page.goto("/account")
    page.get_by_role("link", name="添加通行密钥").tap()
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").tap()
    page.get_by_label("名称").fill("我的手机")
    page.get_by_role("button", name="添加").tap()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_role("button", name="使用通行密钥").tap()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()


def test_from_the_plain_page_to_the_school(school, phones, axe):
    page = phones()
    failed: list[str] = []
    page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    page.goto(f"{school.http_url}/")
    expect(page.get_by_role("heading", name="在手机上安装学校证书")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_text("iPhone、iPad", exact=True).tap()
    expect(page.get_by_text("证书信任设置")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="下载证书").tap()
    assert downloading.value.suggested_filename == "lianfang-root.crt"
    page.get_by_role("link", name="English").tap()
    expect(page.get_by_role("heading", name="Install the school’s certificate on a phone")).to_be_visible()
    assert page.context.cookies() == []
    page.get_by_role("link", name="Installed: open Lianfang").tap()
    page.wait_for_url(re.compile(rf"https://{NAME}:{school.port}/login.*"))
    assert failed == []

    sign_in(page, "admin")
    page.goto("/account")
    page.get_by_role("link", name="怎样在手机上安装学校证书").tap()
    expect(page.locator(".web-address").first).to_have_text(f"{school.http_url}/install")
    expect(page.locator(".web-address").last).to_have_text(f"{school.url}/")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
