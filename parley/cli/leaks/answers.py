"""What the server's answers say beside what was asked for: headers, cookies, refusals, and who is a member."""

import re
import secrets

from parley.cli import audit_queries as queries
from parley.cli.leaks.guesses import asked, not_stopped
from parley.cli.leaks.outcome import Ground, Outcome, judged, skipped
from parley.kit.own_server import OwnAnswer

_READY = 1
_PAGES = ("/", "/about", "/auth/sign_in", "/nowhere/at/all")
# Scripts of its own files at most: none that stands in a page, and nobody else's.
_SCRIPTS = re.compile(r"script-src '(none|self)'\s*(;|$)")
_POLICY = ("default-src", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
_TELLING = ("Traceback", 'File "/', "asyncpg", "litestar", "site-packages", "select ", "PostgreSQL")
_ODD = (
    "/api/v1/statuses/x%00y",
    "/api/v1/statuses/99999999999999999999",
    "/api/v1/accounts/lookup",
    "/api/v1/nothing",
    "/api/v2/search?q=%ff%fe&limit=x",
    "/media/1/..%2f..%2fmaster.keys",
    "/static/..%2f..%2f..%2fmaster.keys",
    "/.env",
    "/.git/config",
    "/@%2e%2e/1",
)
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')
_OF_THE_REQUEST = re.compile(r'name="(?:form_token|half)" value="[^"]*"')


async def headers_of_pages(ground: Ground) -> Outcome:
    faults = []
    for path in _PAGES:
        answer = await asked(ground.server, path)
        policy = answer.header("content-security-policy")
        faults += [f"{path}: no {part} in its policy" for part in _POLICY if part not in policy]
        if not _SCRIPTS.search(policy) or "unsafe" in policy:
            faults.append(f"{path}: other scripts than its own may run")
        faults += [f"{path}: {each}" for each in _common_faults(answer)]
        kept = answer.header("cache-control")
        if answer.header("set-cookie") and "no-store" not in kept:
            faults.append(f"{path}: has cookies, and may be kept ({kept or 'no cache-control'})")
    return judged(faults, "policy, nosniff, no banner; what is somebody's own is not kept")


def _common_faults(answer: OwnAnswer) -> list[str]:
    faults = []
    if answer.header("x-content-type-options") != "nosniff":
        faults.append("no nosniff")
    if "origin" not in answer.header("referrer-policy") and answer.header("referrer-policy") != "no-referrer":
        faults.append("tells others the whole address")
    said = {name: answer.header(name) for name in ("server", "x-powered-by", "via")}
    telling = {name: value for name, value in said.items() if any(each.isdigit() for each in value)}
    return [*faults, *(f"{name} tells a version: {value[:40]}" for name, value in telling.items())]


async def headers_of_files(ground: Ground) -> Outcome:
    some = await queries.files_from(ground.conn, 0, _READY, 500)
    shown = [each for each in some if not each.guarded and each.variants][:2]
    faults, seen = [], 0
    for each in shown:
        path = f"/media/{each.id}/{each.variants[0]['file']}"
        answer = await asked(ground.server, path)
        if answer.status != 200:
            continue
        seen += 1
        policy = answer.header("content-security-policy")
        if "sandbox" not in policy or "default-src 'none'" not in policy:
            faults.append(f"{path}: not sandboxed")
        if not answer.header("content-type").startswith(("image/", "video/", "audio/")):
            faults.append(f"{path}: served as {answer.header('content-type')}")
        faults += [f"{path}: {fault}" for fault in _common_faults(answer)]
        if "set-cookie" in dict(answer.headers):
            faults.append(f"{path}: sets a cookie")
    if not seen:
        return skipped("there is no public file yet")
    return judged(faults, f"{seen} files: sandboxed, nosniff, as pictures, films or sound alone")


async def cookies(ground: Ground) -> Outcome:
    answer = await asked(ground.server, "/auth/sign_in")
    faults, given = [], answer.all_of("set-cookie")
    for cookie in given:
        name, flags = cookie.partition("=")[0], cookie.lower()
        wanted = ["httponly", "samesite=", "path=/"] + (["secure"] if ground.settings.secure else [])
        faults += [f"{name}: no {each}" for each in wanted if each not in flags]
        if ground.settings.secure and not name.startswith("__Host-"):
            faults.append(f"{name}: without __Host- in its name")
    if not given:
        return judged(["the page for signing in sets no cookie: does something in between take it away?"], "")
    return judged(faults, "out of reach of scripts and of other sites")


async def refusals(ground: Ground) -> Outcome:
    faults = []
    for path in _ODD:
        answer = await asked(ground.server, path)
        if answer.status >= 500 or answer.status == 200:
            faults.append(f"{path}: {answer.status}")
        faults += [f"{path}: tells of its inside ({each})" for each in _TELLING if each in answer.text]
    return judged(faults, f"{len(_ODD)} odd requests are refused, and told nothing")


async def who_is_a_member(ground: Ground) -> Outcome:
    """One wrong password for a member, one for nobody; nothing here sends a mail."""
    ids = await queries.member_ids_from(ground.conn, secrets.randbits(62), 1)
    ids = ids or await queries.member_ids_from(ground.conn, 0, 1)
    name = await queries.username_of(ground.conn, ids[0]) if ids else None
    if name is None:
        return skipped("there are no members yet")
    nobody = f"u{secrets.token_hex(6)}"
    told = [await _signed_in(ground, each) for each in (name, nobody)]
    faults = [] if told[0] == told[1] else ["signing in tells a member's name from nobody's"]
    resets = [await _reset(ground) for _ in range(2)]
    if any(status != 200 for status, _ in resets):
        faults.append(f"a reset for nobody's address answers {resets[0][0]}")
    return judged(faults, "names and addresses of nobody are answered as a member's")


async def _signed_in(ground: Ground, name: str) -> tuple[int, str]:
    answer = await _sent(ground, "/auth/sign_in", name=name, password=secrets.token_hex(8))
    return answer.status, _OF_THE_REQUEST.sub("", answer.text).replace(name, "NAME")


async def _reset(ground: Ground) -> tuple[int, str]:
    answer = await _sent(ground, "/auth/forgot", email=f"{secrets.token_hex(6)}@nobody.invalid")
    return answer.status, _OF_THE_REQUEST.sub("", answer.text)


async def _sent(ground: Ground, path: str, **fields: str) -> OwnAnswer:
    """The form as a browser sends it, with its token and its cookie. Raises Stopped."""
    page = await asked(ground.server, path)
    token = _FORM_TOKEN.search(page.text)
    cookie = "; ".join(each.partition(";")[0] for each in page.all_of("set-cookie"))
    answer = await ground.server.ask(
        path, form={"form_token": token[1] if token else "", **fields}, headers={"cookie": cookie}
    )
    return not_stopped(answer)
