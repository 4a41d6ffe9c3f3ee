"""The port to listen on: names made addresses, proven free, kept from others."""

import errno
import socket
import sys

from parley.kit.errors import OperatorError


def numeric_address(host: str) -> str:
    """The web server takes no names, not even `localhost`."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (socket.gaierror, UnicodeError):
        raise OperatorError(f"host: {host!r} is neither an address nor a name that has one") from None


def hold_port(host: str, port: int) -> socket.socket:
    """Proves the port free and keeps others off it while the returned socket is open, but not our web server.

    That one shares its port on purpose, among its own processes, and would silently share it with a stranger's.
    """
    address = numeric_address(host)
    held = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((address, port))
    except OSError as error:
        held.close()
        raise OperatorError(_fault(error, host, port)) from None
    if sys.platform == "linux":
        # In this state of the two options only a socket that sets SO_REUSEPORT itself may bind beside this one.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    else:
        held.close()
    return held


def _fault(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken by another program: stop that, or set PARLEY_PORT"
    if error.errno == errno.EACCES:
        return f"port {port} is only for root: set PARLEY_PORT to a number above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"host: {host!r} is no address of this machine"
    return f"port {port} of {host} can't be opened: {error.strerror}"


def answers(host: str, port: int) -> bool:
    """Whether something takes connections there."""
    address = numeric_address(host)
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - compared, not bound
    try:
        socket.create_connection((reachable, port), timeout=1).close()
    except OSError:
        return False
    return True
