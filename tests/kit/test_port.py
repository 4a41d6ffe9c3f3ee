import socket

import pytest

from parley.kit.errors import OperatorError
from parley.kit.port import answers, hold_port, numeric_address


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_held_port_is_refused_to_others_but_not_to_our_web_server():
    port = _free_port()
    with hold_port("127.0.0.1", port):
        with pytest.raises(OperatorError, match=f"port {port} of localhost is taken"):
            hold_port("localhost", port)
        assert not answers("127.0.0.1", port)
        with socket.socket() as web_server:
            web_server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            web_server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            web_server.bind(("127.0.0.1", port))
            web_server.listen()
            assert answers("127.0.0.1", port)
    hold_port("127.0.0.1", port).close()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_somebody_listens_on_is_refused(address):
    with socket.socket() as stranger:
        # As one who would share it.
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind((address, 0))
        stranger.listen()
        with pytest.raises(OperatorError, match="is taken by another program"):
            hold_port("127.0.0.1", stranger.getsockname()[1])


def test_a_host_that_is_not_ours_or_does_not_exist_is_one_sentence():
    with pytest.raises(OperatorError, match="is no address of this machine"):
        hold_port("192.0.2.1", _free_port())
    with pytest.raises(OperatorError, match="neither an address nor a name"):
        numeric_address("no such host")
    assert numeric_address("127.0.0.1") == "127.0.0.1"
    assert numeric_address("::1") == "::1"
