"""What is served: made or checked at the start, looked after while it runs; each wrong option is one line, in both languages."""

from __future__ import annotations

import argparse
import os
import socket
import stat
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lianfang.config.commands import up
from lianfang.config.tls import options
from lianfang.config.tls.addresses import lan_addresses, reachable
from lianfang.config.tls.options import arrange
from lianfang.config.tls.serving import Given, Local, served_names, served_pair
from lianfang.foundation.certificates import CertificateFault, names_in
from tests.https.making import NOW, key_pem, own

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def local(tmp_path):
    return Local(tmp_path / "keys" / "tls", ["school.example"], lambda: ["192.168.1.20", "localhost"])


def test_the_first_start_makes_everything_and_the_second_nothing(local):
    assert local.prepare(NOW) == []
    assert local.names_now() == ["school.example", "192.168.1.20", "localhost"]
    kept = local.authority_file.read_bytes(), local.served.read_bytes()
    assert local.prepare(NOW + timedelta(days=300)) == []
    assert (local.authority_file.read_bytes(), local.served.read_bytes()) == kept
    assert stat.S_IMODE(local.folder.stat().st_mode) == 0o700
    for path in local.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in local.folder.iterdir()) == ["authority.pem", "served.pem"]


def test_a_new_address_and_a_near_end_give_a_new_certificate_of_the_same_authority(local):
    local.prepare(NOW)
    root = local.authority().root
    assert local.look(NOW) == (False, [])
    local.reachable = lambda: ["192.168.7.7"]
    renewed, words = local.look(NOW)
    assert renewed and "valid until" in words[0].en
    assert names_in(local.pair().leaf) == ["school.example", "192.168.7.7"]
    assert local.look(NOW + timedelta(days=335)) == (False, [])
    assert local.look(NOW + timedelta(days=337))[0]
    assert local.authority().root == root


def test_an_address_outside_the_limits_is_left_out_and_said(local):
    local.prepare(NOW)
    local.reachable = lambda: ["192.168.1.20", "203.0.113.9"]
    (words,) = local.prepare(NOW)
    assert "203.0.113.9" in words.zh and "203.0.113.9" in words.en
    assert "203.0.113.9" not in served_names(local.served)


def test_a_name_that_the_authority_was_made_without_needs_a_new_one(local):
    local.prepare(NOW)
    root = local.authority().root
    local.given = ["school.example", "new.example"]
    with pytest.raises(CertificateFault, match="new-authority"):
        local.prepare(NOW)
    local.new_authority = True
    local.prepare(NOW)
    assert local.authority().root != root
    assert "new.example" in served_names(local.served)
    again = local.authority().root
    local.prepare(NOW)
    assert local.authority().root == again, "asked for once, made once"


def test_damage_is_said_and_a_damaged_copy_made_again(local):
    local.prepare(NOW)
    local.served.write_bytes(b"half")
    local.prepare(NOW)
    assert served_names(local.served)[0] == "school.example"
    local.authority_file.write_bytes(b"half")
    with pytest.raises(CertificateFault, match="damaged"):
        local.prepare(NOW)
    assert local.authority_file.read_bytes() == b"half"


def test_an_authority_that_ended_is_not_replaced_behind_the_phones_backs(local):
    local.prepare(NOW)
    with pytest.raises(CertificateFault, match="ended on 2036"):
        local.prepare(NOW + timedelta(days=3650))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "cert.pem").write_bytes(own(KEY))
    (tmp_path / "key.pem").write_bytes(key_pem(KEY))
    return tmp_path


def test_the_operators_files_are_taken_over_when_both_changed(files):
    given = Given(files / "tls", files / "cert.pem", files / "key.pem", [])
    given.prepare(NOW)
    assert stat.S_IMODE(given.served.stat().st_mode) == 0o600
    before = given.served.read_bytes()
    assert given.look(NOW) == (False, [])
    other = ec.generate_private_key(ec.SECP256R1())
    (files / "cert.pem").write_bytes(own(other))
    renewed, words = given.look(NOW)
    assert not renewed and "old ones stay" in words[0].en and "does not fit" in words[1].en
    assert given.look(NOW) == (False, []), "said once"
    assert given.served.read_bytes() == before
    (files / "key.pem").write_bytes(key_pem(other))
    assert given.look(NOW)[0]
    assert given.pair().leaf.public_key() == other.public_key()
    (files / "key.pem").unlink()
    assert not given.look(NOW)[0]
    assert given.pair().leaf.public_key() == other.public_key()


def asked(*words):
    parser = argparse.ArgumentParser()
    up.add_parser(parser.add_subparsers())
    return parser.parse_args(["up", *map(str, words)])


@pytest.fixture
def clean(monkeypatch):
    """`arrange` sets the environment of the web process; put back after the test."""
    for name in ("HTTPS", "TLS_SERVED", "HSTS", "PROXIES", "ORIGINS", "HOSTS"):
        monkeypatch.setenv(f"LIANFANG_{name}", "")
        monkeypatch.delenv(f"LIANFANG_{name}")


@pytest.mark.parametrize(
    "words, said",
    [
        (["--tls", "{}/none.pem", "{}/key.pem"], "no file"),
        (["--tls", "{}", "{}/key.pem"], "no file"),
        (["--tls", "{}/loop.pem", "{}/key.pem"], "may not be read"),
        (["--tls", "{}/cert.pem", "{}/cert.pem"], "no PEM private key"),
        (["--tls", "{}/cert.pem", "{}/other.pem"], "does not fit"),
        (["--tls", "{}/cert.pem", "{}/secret.pem"], "protected by a password"),
        (["--tls", "{}/old.pem", "{}/key.pem"], "expired"),
        (["--tls", "{}/cert.pem", "{}/key.pem", "--name", "other.example"], "does not cover other.example"),
        (["--tls", "{}/cert.pem", "{}/key.pem", "--port", "80", "--http-port", "80"], "must differ"),
        (["--https", "--port", "8000"], "must differ"),
        (["--https", "--name", "https://school.example"], "neither a host name"),
        (["--http-port", "8080"], "--http-port goes with"),
        (["--new-authority"], "--new-authority goes with --https"),
        (["--https", "--no-hsts"], "--no-hsts goes with --tls"),
        (["--behind-proxy"], "host name that is used outside"),
        (["--behind-proxy", "proxy.example", "--name", "school.example"], "IP addresses of the proxy"),
    ],
)
def test_each_wrong_option_is_one_line_before_anything_starts(clean, files, words, said):
    (files / "other.pem").write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    (files / "secret.pem").write_bytes(key_pem(KEY, secret=b"word"))
    (files / "loop.pem").symlink_to(files / "loop.pem")
    (files / "old.pem").write_bytes(own(KEY, ends=NOW - timedelta(hours=2)))
    with pytest.raises(CertificateFault, match=said) as fault:
        arrange(asked(*(word.format(files) for word in words)), files / "keys", NOW)
    label = fault.value.label
    assert label.zh != label.en and "\n" not in label.zh + label.en
    assert not (files / "keys" / "tls" / "served.pem").exists()


def test_plain_http_stays_what_it_was(clean, tmp_path):
    serving = arrange(asked(), tmp_path, NOW)
    assert (serving.port, serving.http_port, serving.address()) == (8000, 0, "http://127.0.0.1:8000/")
    assert "LIANFANG_HTTPS" not in os.environ
    assert os.environ["LIANFANG_HOSTS"] == "127.0.0.1,[::1],localhost"
    arrange(asked("--host", "0.0.0.0"), tmp_path, NOW)
    assert "*" in os.environ["LIANFANG_HOSTS"].split(",")
    assert not (tmp_path / "tls").exists()


def test_https_of_our_own_answers_to_the_names_of_its_certificate_only(clean, tmp_path):
    serving = arrange(asked("--https", "--host", "0.0.0.0", "--name", "School.Test"), tmp_path, NOW)
    assert (serving.port, serving.http_port, serving.address()) == (8443, 8000, "https://school.test:8443/")
    assert os.environ["LIANFANG_HTTPS"] == "1" and "LIANFANG_HSTS" not in os.environ
    assert "*" not in os.environ["LIANFANG_HOSTS"]
    assert os.environ["LIANFANG_ORIGINS"] == "https://school.test:8443"
    patterns = options.host_patterns(os.environ["LIANFANG_TLS_SERVED"])
    assert "school.test" in patterns and "[::1]" in patterns
    assert set(lan_addresses()) <= set(patterns)


def test_https_on_this_machine_alone_says_so(clean, tmp_path):
    (words,) = arrange(asked("--https"), tmp_path, NOW).said
    assert "--host 0.0.0.0" in words.zh
    assert served_names(tmp_path / "tls" / "served.pem") == ["localhost", "127.0.0.1", "::1"]


def test_strict_transport_security_only_where_browsers_trust_the_certificate(clean, files, monkeypatch):
    words = ("--tls", files / "cert.pem", files / "key.pem", "--host", "0.0.0.0")
    serving = arrange(asked(*words), files / "keys", NOW)
    assert os.environ["LIANFANG_HSTS"] == "" and "HSTS" in serving.said[0].en
    monkeypatch.setattr(options, "public_roots", lambda: list(served_pair(files / "keys" / "tls" / "served.pem").chain))
    monkeypatch.setattr(options, "is_publicly_trusted", lambda pair, now, roots: pair.leaf in roots)
    assert arrange(asked(*words), files / "keys", NOW).said == []
    assert os.environ["LIANFANG_HSTS"] == "1"
    arrange(asked(*words, "--no-hsts"), files / "keys", NOW)
    assert os.environ["LIANFANG_HSTS"] == ""


def test_a_wildcard_alone_does_not_say_where_people_go(clean, files):
    (files / "cert.pem").write_bytes(own(KEY, ("*.school.example",)))
    words = ("--tls", files / "cert.pem", files / "key.pem")
    with pytest.raises(CertificateFault, match="only wildcards"):
        arrange(asked(*words), files / "keys", NOW)
    serving = arrange(asked(*words, "--name", "lianfang.school.example"), files / "keys", NOW)
    assert serving.address() == "https://lianfang.school.example:8443/"


def test_wildcards_as_allowed_hosts(clean, files):
    (files / "cert.pem").write_bytes(own(KEY, ("*.school.example", "school.example")))
    arrange(asked("--tls", files / "cert.pem", files / "key.pem"), files / "keys", NOW)
    assert options.host_patterns(os.environ["LIANFANG_TLS_SERVED"]) == [".school.example", "school.example"]
    assert options.host_patterns("") == []


def test_behind_a_proxy(clean, tmp_path):
    serving = arrange(asked("--behind-proxy", "--name", "school.example"), tmp_path, NOW)
    assert serving.keeper is None and serving.port == 8000
    assert os.environ["LIANFANG_PROXIES"] == "127.0.0.1" and os.environ["LIANFANG_HTTPS"] == "1"
    assert os.environ["LIANFANG_ORIGINS"] == "https://school.example"
    assert "school.example" in os.environ["LIANFANG_HOSTS"]


def test_a_port_that_cannot_be_taken_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        fault = up._port_fault("127.0.0.1", port, "--http-port")
        assert fault is not None and f"--http-port {port + 1}" in fault.zh and str(port) in fault.en
    assert up._port_fault("127.0.0.1", 0, "--port") is None
    assert "no address 203.0.113.9" in repr(up._port_fault("203.0.113.9", port, "--port"))
    assert "between" in repr(up._port_fault("127.0.0.1", 70000, "--port"))


@pytest.mark.parametrize("words", [["--https", "--host", "0.0.0.0"], ["--behind-proxy", "--name", "school.example"]])
def test_a_demonstration_is_not_served_to_others(clean, tmp_path, monkeypatch, capsys, words):
    for name in ("DATA_DIR", "SECRET_DIR"):
        monkeypatch.setenv(f"LIANFANG_{name}", str(tmp_path / name))
    monkeypatch.delenv("LIANFANG_DATABASE_URL", raising=False)
    assert up.run(asked(*words)) == 1
    said = capsys.readouterr().out
    assert "演示数据" in said and "Demo data" in said
    assert not (tmp_path / "SECRET_DIR").exists()


def test_the_machines_own_addresses():
    assert "127.0.0.1" not in lan_addresses()
    assert reachable("192.168.1.20") == ["192.168.1.20"]
    assert reachable("127.0.0.1")[:2] == ["127.0.0.1", "localhost"]
    assert reachable("0.0.0.0")[-3:] == ["localhost", "127.0.0.1", "::1"]
