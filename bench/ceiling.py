"""The same HTTP server returning the same bytes without work: what no application on it can beat."""

import os
from pathlib import Path
from typing import Any


def create_app() -> Any:
    body = Path(os.environ["BENCH_BODY"]).read_bytes()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application
