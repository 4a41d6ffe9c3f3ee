"""What tests of trends need besides the cast: a link with its card."""

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import CardId, bucket_of_text, new_id_in_bucket
from parley.publishing import card_queries
from parley.publishing.card_models import PreviewCard


async def make_card(conn: Connection, url: str) -> CardId:
    card = PreviewCard(
        id=CardId(new_id_in_bucket(bucket_of_text(url))),
        url=url,
        type="link",
        title="An article",
        description="",
        author_name="",
        author_url="",
        author_account_id=None,
        provider_name="",
        provider_url="",
        language=None,
        image_url=None,
        image_description="",
        width=0,
        height=0,
        published_at=None,
        fetched_at=clock.now(),
    )
    return await card_queries.upsert_card(conn, url.encode(), card)
