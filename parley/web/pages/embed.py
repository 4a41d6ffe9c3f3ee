"""One public post as other sites show it inside their pages: nobody's own, without a button or a script."""

from litestar import Response
from litestar.exceptions import NotFoundException

from parley.hydration.statuses import status_view
from parley.identity.reading import as_stranger
from parley.kit import templates
from parley.kit.errors import NotFound
from parley.kit.ids import StatusId
from parley.publishing.models import Visibility
from parley.web.render import HTML, status_path
from parley.web.session import PageCall


async def show_embed(call: PageCall) -> Response[bytes]:
    """The same for everybody, whoever is signed in. A boost leads to what it boosts."""
    if not call.path_text("handle").startswith("@"):
        raise NotFoundException
    async with call.database.reading() as conn:
        stranger = as_stranger(call.viewer)
        view = await status_view(conn, stranger, StatusId(call.path_id("status_id")))
    shown = view.reblog or view
    if shown.status.visibility > Visibility.UNLISTED:
        raise NotFound
    path = status_path(shown.status, shown.author.account)
    if call.request.scope["path"] != f"{path}/embed":
        return call.redirect(f"{path}/embed")
    call.framed = True
    html = templates.render("pages/embed.html", settings=call.settings, view=shown, path=path)
    return Response(html.encode(), media_type=HTML)
