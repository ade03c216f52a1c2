"""Tests may not leave this machine."""

import socket

import pytest

from dev.network import OutsideNetworkError, is_inside


@pytest.mark.parametrize(
    "family, address, inside",
    [
        (socket.AF_INET, ("127.0.0.1", 80), True),
        (socket.AF_INET, ("127.9.9.9", 80), True),
        (socket.AF_INET, ("localhost", 80), True),
        (socket.AF_INET6, ("::1", 80, 0, 0), True),
        (socket.AF_UNIX, "/run/socket", True),
        (socket.AF_INET, ("192.0.2.1", 80), False),
        (socket.AF_INET, ("school.example", 443), False),
        (socket.AF_INET6, ("2001:db8::1", 80, 0, 0), False),
    ],
)
def test_which_addresses_stay_inside(family, address, inside):
    assert is_inside(family, address) is inside


def test_a_connection_to_another_machine_is_refused():
    with socket.socket() as outside, pytest.raises(OutsideNetworkError):
        outside.connect(("192.0.2.1", 9))


def test_a_connection_to_this_machine_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
