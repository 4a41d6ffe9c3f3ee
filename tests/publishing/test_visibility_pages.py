"""Who sees what on which page, as tables; see test_visibility_table.py for how to read them."""

import hashlib
import hmac

import httpx
import pytest

from parley.identity.tokens import TokenCache, issue_token
from parley.kit.db import Connection
from tests.publishing.visibility_doors import REFUSED, Tables, Try, relations_of
from tests.publishing.visibility_world import TAG, World, make_world, turn, word_of
from tests.world import Member

# A page of the API's tables; a suspended member's session is nobody's, so they are an anonymous visitor here.
PAGES = """
relation     status  thread  act    vote   reblog  reply  own    home   public  list   profile  kept   told
self         pufd    pufd    pufd   xxxx   pufx    pufd   pufd   pufd   p---    ----   pufd     pufd   pufd
follower     puf-    puf-    puf-   puf-   pux-    pufx   ----   puf-   p---    puf-   puf-     puf-   puf-
blocked      ----    ----    ----   ----   ----    xxxx   ----   ----   ----    ----   ----     ----   ----
blocker      pufd    ----    pufd   xxxx   puxx    pufd   ----   ----   ----    ----   pufd     pufd   ----
muter        pufd    ----    pufd   pufd   puxx    pufd   ----   ----   ----    ----   pufd     pufd   ----
unfollower   pu--    pu--    pu--   pu--   pu--    puxx   ----   ----   p---    pu--   pu--     pu--   pu--
anonymous    pu--    pu--    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx   p---    xxxx   pu--     xxxx   xxxx
suspended    pu--    pu--    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx   p---    xxxx   pu--     xxxx   xxxx
"""


@pytest.fixture
def tokens(shared_app, client) -> TokenCache:
    cache: TokenCache = shared_app.state.tokens
    return cache


class Browsers:
    """Members with sessions, and the pages they open and send."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._bearers: dict[str, str] = {}

    async def sign_in(self, conn: Connection, world: World) -> None:
        for viewer in world.viewers.values():
            if viewer.viewer.account_id is not None:
                issued = await issue_token(
                    conn, account_id=viewer.id, application=None, scopes=("read", "write")
                )
                self._bearers[viewer.name] = issued.bearer

    async def open(self, viewer: Member, path: str) -> httpx.Response:
        return await self._client.get(path, headers=self._headers(viewer))

    async def send(self, viewer: Member, path: str, **fields: str) -> httpx.Response:
        bearer = self._bearers.get(viewer.name, "")
        token = hmac.new(bearer.encode(), b"parley form", hashlib.sha256).hexdigest()
        return await self._client.post(
            path, data={**fields, "form_token": token}, headers=self._headers(viewer)
        )

    def _headers(self, viewer: Member) -> dict[str, str]:
        bearer = self._bearers.get(viewer.name)
        return {"cookie": f"__Host-parley-session={bearer}"} if bearer else {}


class Pages:
    """The doors, each as visibility_doors.Try."""

    def __init__(self, browsers: Browsers) -> None:
        self._browsers = browsers

    def shows(self, path: str, part: str = "plain") -> Try:
        """Whether the page holds the words of the status; {status} and the like are filled in."""
        opened: dict[tuple[str, str], httpx.Response] = {}

        async def attempt(world: World, viewer: Member, letter: str) -> bool | str:
            filled = path.format(
                status=getattr(world, part)[letter],
                answer=world.answers[letter],
                root=world.root,
                list=world.lists.get(world.name_of(viewer), "1"),
                tag=TAG,
            )
            if (viewer.name, filled) not in opened:
                opened[viewer.name, filled] = await self._browsers.open(viewer, filled)
            answer = opened[viewer.name, filled]
            shown = _outcome(answer)
            return shown if isinstance(shown, str) else word_of(part, letter) in answer.text

        return attempt

    def sends(self, path: str, part: str = "plain", **fields: str) -> Try:
        async def attempt(world: World, viewer: Member, letter: str) -> bool | str:
            status_id = getattr(world, part)[letter]
            filled = {name: value.format(status=status_id) for name, value in fields.items()}
            return _outcome(
                await self._browsers.send(viewer, path.format(status=status_id), **filled), done=303
            )

        return attempt


def _outcome(answer: httpx.Response, done: int = 200) -> bool | str:
    signed_out = answer.headers.get("location", "").startswith("/auth/sign_in")
    if signed_out or answer.status_code in {401, 403, 422}:
        return REFUSED
    assert answer.status_code in {done, 404}, (answer.status_code, answer.text)
    return answer.status_code == done


def doors_of(pages: Pages) -> dict[str, dict[str, Try]]:
    shows, sends = pages.shows, pages.sends
    return {
        "home": {"home": shows("/home")},
        "public": {"local": shows("/local"), "tag": shows("/tags/{tag}")},
        "list": {"list": shows("/lists/{list}")},
        "profile": {"profile": shows("/@author")},
        "kept": {"favourites": shows("/favourites"), "bookmarks": shows("/bookmarks")},
        "told": {"notifications": shows("/notifications")},
        "status": {"status": shows("/@author/{status}")},
        "thread": {
            "above": shows("/@neighbour/{answer}"),
            "below": shows("/@neighbour/{root}", "said_back"),
        },
        "act": {act: sends(f"/statuses/{{status}}/{act}") for act in ("favourite", "bookmark", "mute")},
        "vote": {"vote": sends("/polls/{status}/votes", "polls", choice="0")},
        "reblog": {"reblog": sends("/statuses/{status}/reblog")},
        "reply": {"reply": sends("/compose", text="I answer", in_reply_to_id="{status}")},
        "own": {
            "form to edit": shows("/statuses/{status}/edit", "said_back"),
            "form to delete": shows("/statuses/{status}/delete", "said_back"),
            "edit": sends("/statuses/{status}/edit", "said_back", text="changed"),
            "delete": sends("/statuses/{status}/delete", "said_back"),
        },
    }


async def test_every_relation_on_every_page(conn, client, services, tokens):
    world = await make_world(conn, client, services, [*relations_of(PAGES)[1:]])
    browsers = Browsers(client)
    await browsers.sign_in(conn, world)
    await turn(services, tokens, world)
    tables = Tables(world)
    await tables.try_single(PAGES, doors_of(Pages(browsers)))
    assert not tables.wrong, "\n" + "\n".join(tables.wrong)
