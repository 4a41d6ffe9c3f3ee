"""Whether time tells who is a member: each door asked for a known and an unknown name in pairs, on a server of its own.

    python -m bench.oracles --samples 500

Of each pair one is asked right after the other, in an order that is drawn, so that whatever else the machine does meets
both alike. For the time that whoever asks sees, and for the CPU time of the web server's processes, it prints the
medians, the median of the pairs' differences, and two p-values: of the two-sample Kolmogorov-Smirnov test, and of the
sign test on the pairs. A small p on one run may be chance; the same door twice is not.
"""

import argparse
import math
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
from rich.console import Console
from rich.table import Table

PARLEY = Path(sys.executable).parent / "parley"
PASSWORD = "correct horse battery"
START_SECONDS_MAX = 60

Asking = Callable[[bool], httpx.Response]
Pair = tuple[float, float]


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m bench.oracles", description=__doc__)
    arguments.add_argument("--samples", type=int, default=500, help="of each kind, for each door")
    arguments.add_argument("--door", default="", help="only those whose name holds this")
    arguments.add_argument("--port", type=int, default=9300)
    options = arguments.parse_args()
    names = ("door", "of", "known ms", "unknown ms", "difference ms", "KS p", "sign p")
    table = Table(*names)
    with _server(options.port) as (client, root):
        for name, ask in _doors(client).items():
            if options.door in name:
                for kind, pairs in _measure(ask, options.samples, root).items():
                    table.add_row(name, kind, *[f"{figure:.3f}" for figure in _figures(pairs)])
    Console().print(table)


def _measure(ask: Asking, samples: int, root: int) -> dict[str, list[Pair]]:
    """Milliseconds for a known and an unknown name, after some to warm up."""
    pairs: dict[str, list[Pair]] = {"time": [], "CPU": []}
    for number in range(-5, samples):
        order = (True, False) if random.getrandbits(1) else (False, True)
        spent = {known: _ask_once(ask, known, root) for known in order}
        if number >= 0:
            for place, kind in enumerate(pairs):
                pairs[kind].append((spent[True][place], spent[False][place]))
    return pairs


def _ask_once(ask: Asking, known: bool, root: int) -> Pair:
    """What it took to be answered, and what the web server worked for it; jobs follow in processes of their own."""
    before, begun = _cpu_milliseconds(root), time.perf_counter()
    answer = ask(known)
    spent = (time.perf_counter() - begun) * 1000
    if answer.status_code >= 500 or answer.status_code == 429:
        raise SystemExit(f"{answer.request.url}: {answer.status_code}")
    return spent, _cpu_milliseconds(root) - before


def _cpu_milliseconds(root: int) -> float:
    """Of a process and all below it, of each of their threads, as exactly as the kernel counts."""
    total, waiting = 0, [root]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        with suppress(OSError):
            for task in (process / "task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
                waiting += map(int, (task / "children").read_text().split())
    return total / 1e6


def _figures(pairs: list[Pair]) -> tuple[float, ...]:
    known, unknown = [first for first, _ in pairs], [second for _, second in pairs]
    differences = [first - second for first, second in pairs]
    medians = (statistics.median(known), statistics.median(unknown), statistics.median(differences))
    return (*medians, ks_p_value(known, unknown), sign_p_value(differences))


def sign_p_value(differences: list[float]) -> float:
    """Whether one of a pair is larger more often than chance would have it, by the normal approximation."""
    larger = sum(each > 0 for each in differences)
    apart = abs(larger - len(differences) / 2) - 0.5
    return math.erfc(max(0.0, apart) / math.sqrt(len(differences) / 2))


def ks_p_value(first: list[float], second: list[float]) -> float:
    """Two samples, by the asymptotic distribution: good from some dozens on."""
    both = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    seen = [0, 0]
    gap = 0.0
    for place, (value, side) in enumerate(both):
        seen[side] += 1
        if place + 1 == len(both) or both[place + 1][0] != value:
            gap = max(gap, abs(seen[0] / len(first) - seen[1] / len(second)))
    effective = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    spread = (effective + 0.12 + 0.11 / effective) * gap
    if spread < 0.2:
        return 1.0
    terms = [(-1.0) ** (k - 1) * math.exp(-2 * k * k * spread * spread) for k in range(1, 101)]
    return max(0.0, min(1.0, 2 * math.fsum(terms)))


# The doors


def _doors(client: httpx.Client) -> dict[str, Asking]:
    app = client.post(
        "/api/v1/apps",
        data={"client_name": "oracles", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"},
    ).json()
    credentials = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    own = client.post(
        "/oauth/token", data={**credentials, "grant_type": "client_credentials", "scope": "write"}
    ).json()
    bearer = {"authorization": f"Bearer {own['access_token']}"}
    forgot = client.get("/auth/forgot").text.partition('name="form_token" value="')[2].partition('"')[0]

    def sign_in(name: str) -> httpx.Response:
        asked = {**credentials, "grant_type": "password", "username": name, "password": "wrong password"}
        return client.post("/oauth/token", data=asked)

    def sign_up(email: str) -> httpx.Response:
        form = {"username": f"u{secrets.token_hex(8)}", "email": email, "password": PASSWORD}
        return client.post(
            "/api/v1/accounts", json={**form, "agreement": True, "locale": "en"}, headers=bearer
        )

    def reset(email: str) -> httpx.Response:
        return client.post("/auth/forgot", data={"form_token": forgot, "email": email})

    return {
        "sign in by name": lambda known: sign_in("alice" if known else f"a{secrets.token_hex(4)}"),
        "sign in by address": lambda known: sign_in(_email(known)),
        "sign up": lambda known: sign_up(_email(known)),
        "forgotten password": lambda known: reset(_email(known)),
    }


def _email(known: bool) -> str:
    return "alice@mail.example" if known else f"{secrets.token_hex(4)}@mail.example"


# The server


@contextmanager
def _server(port: int) -> Iterator[tuple[httpx.Client, int]]:
    """With a member alice, and without limits of frequency."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ, "PARLEY_DATA_DIR": folder, "PARLEY_PORT": str(port), "PARLEY_RATE_LIMITS": "off",
            "PARLEY_PASSWORD_GRANT": "on", "PARLEY_LOG_LEVEL": "error",
        }  # fmt: skip
        server = subprocess.Popen([PARLEY, "serve"], env=environment, stdout=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
                _wait_for(client)
                member = ["alice", "--email", "alice@mail.example", "--password", PASSWORD]
                subprocess.run(
                    [PARLEY, "account", "create", *member],
                    env=environment,
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                children = psutil.Process(server.pid).children()
                yield client, next(each.pid for each in children if "run_web" in " ".join(each.cmdline()))
        finally:
            server.terminate()
            server.wait(START_SECONDS_MAX)


def _wait_for(client: httpx.Client) -> None:
    for _ in range(START_SECONDS_MAX * 4):
        try:
            client.get("/about")
        except httpx.TransportError:
            time.sleep(0.25)
        else:
            return
    raise SystemExit("the server does not start")


if __name__ == "__main__":
    main()
