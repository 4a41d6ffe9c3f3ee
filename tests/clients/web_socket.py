"""A WebSocket client by hand (RFC 6455), as small as its tests need, for what a library would hide."""

import base64
import hashlib
import json
import os
import socket
import struct
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

PATIENCE_SECONDS = 40
_ACCEPT_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Closed(Exception):
    """By the server; bears its code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    """An open connection to the streams of a server. Raises ConnectionRefusedError with the refusal's status."""

    def __init__(self, url: str, *, token: str = "", subprotocol: str = "", **query: str) -> None:
        address = urlsplit(url)
        assert address.hostname is not None
        self._socket = socket.create_connection((address.hostname, address.port or 80), PATIENCE_SECONDS)
        self._unread = b""
        key = base64.b64encode(os.urandom(16))
        lines = [
            f"GET /api/v1/streaming/?{urlencode(query)} HTTP/1.1",
            f"Host: {address.netloc}",
            "Connection: keep-alive, Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key.decode()}",
        ]
        lines += [f"Authorization: Bearer {token}"] if token else []
        lines += [f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        status, headers = self._read_head()
        if status != 101:
            self._socket.close()
            raise ConnectionRefusedError(status)
        expected = base64.b64encode(hashlib.sha1(key + _ACCEPT_KEY).digest()).decode()
        assert headers["sec-websocket-accept"] == expected
        self.subprotocol = headers.get("sec-websocket-protocol")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, **message: str) -> None:
        self._send(_TEXT, json.dumps(message).encode())

    def ping(self) -> bytes:
        """What comes back."""
        self._send(_PING, b"there?")
        kind, payload = self._read_frame()
        assert kind == _PONG
        return payload

    def frame(self) -> dict[str, Any]:
        """The next message. Raises Closed."""
        kind, payload = self._read_frame()
        if kind == _CLOSE:
            raise Closed(struct.unpack(">H", payload[:2])[0] if payload else None)
        assert kind == _TEXT, kind
        message: dict[str, Any] = json.loads(payload)
        return message

    def event(self) -> tuple[list[str], str, Any]:
        """Stream, name and payload of the next event; a heartbeat is none."""
        frame = self.frame()
        if frame["event"] == "heartbeat":
            return self.event()
        payload = frame["payload"]
        return frame["stream"], frame["event"], payload if frame["event"] == "delete" else json.loads(payload)

    def settled(self) -> None:
        """Everything said so far was heard."""
        self.say(type="?")
        assert self.frame()["status"] == 400

    def _send(self, kind: int, payload: bytes) -> None:
        assert len(payload) < 126
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._socket.sendall(bytes([0x80 | kind, 0x80 | len(payload)]) + mask + masked)

    def _read_frame(self) -> tuple[int, bytes]:
        first, length = self._read(2)
        assert first & 0x80, "no message here is in parts"
        assert not length & 0x80, "a server masks nothing"
        if length == 126:
            (length,) = struct.unpack(">H", self._read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._read(8))
        return first & 0x0F, self._read(length)

    def _read_head(self) -> tuple[int, dict[str, str]]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        return int(first.split()[1]), {name.lower(): value for name, value in headers.items()}

    def _read(self, length: int) -> bytes:
        while len(self._unread) < length:
            received = self._socket.recv(65536)
            if not received:
                raise Closed(None)
            self._unread += received
        taken, self._unread = self._unread[:length], self._unread[length:]
        return taken
