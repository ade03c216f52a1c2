"""The operator's renewed files are served without a restart: a request is answered, at worst when it is repeated."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import subprocess
import sys
import time
from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from lianfang.kernel.clock import SystemClock
from tests.faults.tree import ROOT, free_port
from tests.https.making import key_pem, own


def bring(folder, key):
    """Files as a renewal leaves them; returns the public key."""
    now = SystemClock().now()
    (folder / "cert.pem").write_bytes(own(key, ("localhost",), now - timedelta(days=1), now + timedelta(days=90)))
    (folder / "key.pem").write_bytes(key_pem(key))
    return key.public_key()


def shown(port):
    """The public key of the certificate that a new connection gets."""
    pem = ssl.get_server_certificate(("127.0.0.1", port), timeout=30)
    return x509.load_pem_x509_certificate(pem.encode()).public_key()


@pytest.fixture
def server(tmp_path):
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    bring(tmp_path, keys[0])
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-m", "tests.https.looked_after", str(tmp_path), str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                assert shown(port) == keys[0].public_key()
                break
            time.sleep(0.05)
        yield port, keys[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_a_renewal_is_served_without_a_restart(server, tmp_path):
    port, key = server
    (tmp_path / "key.pem").write_bytes(b"half a file")
    renewed = bring(tmp_path, key)
    answers: list[int] = []
    until, streak = time.monotonic() + 60, 0
    while streak < 20 and time.monotonic() < until:  # for a while the old worker and the new one both answer
        try:
            streak = streak + 1 if shown(port) == renewed else 0
            answers.append(httpx.get(f"https://127.0.0.1:{port}/x", verify=False, timeout=30).status_code)
        except (httpx.TransportError, OSError):
            answers.append(0)  # taken by the old worker as it stopped; whoever asks again is answered
    assert streak == 20, (tmp_path / "log").read_text()
    assert set(answers) <= {302, 0} and answers.count(0) <= 2 and answers[-1] == 302
    assert "renewed; it is valid until" in (tmp_path / "log").read_text()
