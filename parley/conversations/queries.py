"""All SQL on conversations: every row lies in its owner's bucket."""

from collections.abc import Sequence

from parley.conversations.models import Conversation, ConversationId, Counts, Message, Placed, State
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, bucket_of, new_id

OWNED_TABLES = ("conversations", "conversation_statuses", "conversation_contacts")

_COLUMNS = "id, participant_ids, last_status_id, read_id, state, requested_by_id"


# Reading ------------------------------------------------------------------------------------------------


async def conversations_page(
    conn: Connection,
    owner_id: AccountId,
    state: State,
    below: int,
    above: int,
    limit: int,
    *,
    ascending: bool,
) -> list[Conversation]:
    """By their last status: the newest first, or those immediately above a bound."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_all(
        Conversation,
        f"""
        select {_COLUMNS} from conversations
        where bucket = $1 and owner_id = $2 and state = $3 and last_status_id < $4 and last_status_id > $5
        order by last_status_id {order} limit $6
        """,
        bucket_of(owner_id),
        owner_id,
        state.value,
        below,
        above,
        limit,
        held=True,
    )


async def find_conversation(
    conn: Connection, owner_id: AccountId, conversation_id: ConversationId
) -> Conversation | None:
    return await conn.fetch_one(
        Conversation,
        f"select {_COLUMNS} from conversations where bucket = $1 and id = $2 and owner_id = $3",
        bucket_of(owner_id),
        conversation_id,
        owner_id,
    )


async def find_conversation_with(
    conn: Connection, owner_id: AccountId, participant_ids: Sequence[AccountId]
) -> Conversation | None:
    return await conn.fetch_one(
        Conversation,
        f"""
        select {_COLUMNS} from conversations
        where bucket = $1 and owner_id = $2 and participant_ids = $3 and state in (0, 1)
        order by last_status_id desc limit 1
        """,
        bucket_of(owner_id),
        owner_id,
        participant_ids,
    )


async def find_conversation_of(
    conn: Connection, owner_id: AccountId, status_id: StatusId
) -> ConversationId | None:
    found: ConversationId | None = await conn.fetch_value(
        """
        select conversation_id from conversation_statuses
        where bucket = $1 and owner_id = $2 and status_id = $3
        """,
        bucket_of(owner_id),
        owner_id,
        status_id,
    )
    return found


async def shown_by_ids(conn: Connection, ids: Sequence[ConversationId]) -> list[Conversation]:
    """For the readers of open streams: several buckets at once, allowed by name."""
    return await conn.fetch_all(
        Conversation,
        f"select {_COLUMNS} from conversations where bucket = any($1) and id = any($2) and state = 0",
        sorted({bucket_of(each) for each in ids}),
        ids,
    )


async def statuses_of(
    conn: Connection,
    owner_id: AccountId,
    conversation_id: ConversationId,
    below: int,
    above: int,
    limit: int,
    *,
    ascending: bool,
) -> list[StatusId]:
    order = "asc" if ascending else "desc"
    return await conn.fetch_column(
        f"""
        select status_id from conversation_statuses
        where bucket = $1 and conversation_id = $2 and status_id < $3 and status_id > $4
        order by status_id {order} limit $5
        """,
        bucket_of(owner_id),
        conversation_id,
        below,
        above,
        limit,
    )


async def shown_statuses(
    conn: Connection, owner_id: AccountId, below: int, above: int, limit: int, *, ascending: bool
) -> list[StatusId]:
    """Of all conversations that wait for nothing."""
    order = "asc" if ascending else "desc"
    return await conn.fetch_column(
        f"""
        select s.status_id from conversation_statuses s
        join conversations c on c.bucket = $1 and c.id = s.conversation_id and c.state = 0
        where s.bucket = $1 and s.owner_id = $2 and s.status_id < $3 and s.status_id > $4
        order by s.status_id {order} limit $5
        """,
        bucket_of(owner_id),
        owner_id,
        below,
        above,
        limit,
    )


async def count_conversations(conn: Connection, owner_id: AccountId, limit: int) -> Counts:
    found = await conn.fetch_one(
        Counts,
        """
        select
            (select count(*) from (select from conversations
                where bucket = $1 and owner_id = $2 and state = 0 and last_status_id > read_id limit $3) as unread),
            (select count(*) from (select from conversations
                where bucket = $1 and owner_id = $2 and state = 1 limit $3) as requests)
        """,
        bucket_of(owner_id),
        owner_id,
        limit,
    )
    return found or Counts(0, 0)


async def owners_knowing(
    conn: Connection, owner_ids: Sequence[AccountId], account_id: AccountId
) -> list[AccountId]:
    """Those who wrote to the account, or accepted it: several buckets at once, allowed by name."""
    return await conn.fetch_column(
        """
        select owner_id from conversation_contacts
        where bucket = any($1) and owner_id = any($2) and account_id = $3
        """,
        sorted({bucket_of(each) for each in owner_ids}),
        owner_ids,
        account_id,
    )


# Writing ------------------------------------------------------------------------------------------------


async def place_message(
    conn: Connection, owner_id: AccountId, message: Message, *, known: bool, read: bool
) -> Placed:
    """Into the owner's conversation with these participants, made if there is none; safe to repeat.

    `known`: its author needs no consent. An accepted conversation stays so, whoever writes in it.
    """
    [row] = await conn.fetch_rows(
        """
        with placed as (
            insert into conversations as c (bucket, id, owner_id, thread_id, participant_ids, last_status_id, read_id,
                state, requested_by_id)
            values ($1, $2, $3, $4, $5, $6, case when $8 then $6::bigint else 0 end, case when $7 then 0 else 1 end,
                case when $7 then null else $9::bigint end)
            on conflict (bucket, owner_id, thread_id, participant_ids) do update set
                last_status_id = greatest(c.last_status_id, $6),
                read_id = case when $8 then greatest(c.read_id, $6) else c.read_id end,
                state = case when $7 or c.state = 2 then 0 else c.state end
            returning id, state),
        entry as (
            insert into conversation_statuses (bucket, owner_id, status_id, conversation_id)
            select $1, $3, $6, id from placed
            on conflict (bucket, owner_id, status_id) do update set conversation_id = excluded.conversation_id)
        select id, state from placed
        """,
        bucket_of(owner_id),
        new_id(owner_id),
        owner_id,
        message.thread_id,
        message.participant_ids,
        message.status_id,
        known,
        read,
        message.account_id,
    )
    return Placed(owner_id, ConversationId(row[0]), row[1])


async def insert_contacts(conn: Connection, owner_id: AccountId, account_ids: Sequence[AccountId]) -> None:
    await conn.execute_many(
        """
        insert into conversation_contacts (bucket, owner_id, account_id) values ($1, $2, $3)
        on conflict do nothing
        """,
        [(bucket_of(owner_id), owner_id, each) for each in account_ids],
    )


async def delete_contact(conn: Connection, owner_id: AccountId, account_id: AccountId) -> None:
    await conn.execute(
        "delete from conversation_contacts where bucket = $1 and owner_id = $2 and account_id = $3",
        bucket_of(owner_id),
        owner_id,
        account_id,
    )


async def show_waiting_of(
    conn: Connection, owner_id: AccountId, account_ids: Sequence[AccountId]
) -> list[AccountId]:
    """Accepts what these senders made wait; whose it was, once for each conversation."""
    return await conn.fetch_column(
        """
        update conversations set state = 0
        where bucket = $1 and owner_id = $2 and state = 1 and requested_by_id = any($3)
        returning requested_by_id
        """,
        bucket_of(owner_id),
        owner_id,
        account_ids,
    )


async def change_state(
    conn: Connection, owner_id: AccountId, conversation_id: ConversationId, before: State, state: State
) -> Conversation | None:
    """None unless it is one of the owner's in that state."""
    return await conn.fetch_one(
        Conversation,
        f"""
        update conversations set state = $5::smallint,
            read_id = case when $5::smallint in (2, 3) then last_status_id else read_id end
        where bucket = $1 and id = $2 and owner_id = $3 and state = $4
        returning {_COLUMNS}
        """,
        bucket_of(owner_id),
        conversation_id,
        owner_id,
        before.value,
        state.value,
    )


async def set_read(
    conn: Connection, owner_id: AccountId, conversation_id: ConversationId, *, read: bool
) -> Conversation | None:
    return await conn.fetch_one(
        Conversation,
        f"""
        update conversations set read_id = case when $4 then last_status_id else last_status_id - 1 end
        where bucket = $1 and id = $2 and owner_id = $3 and state = 0
        returning {_COLUMNS}
        """,
        bucket_of(owner_id),
        conversation_id,
        owner_id,
        read,
    )


# Deleting -----------------------------------------------------------------------------------------------


async def take_out(conn: Connection, owner_id: AccountId, status_id: StatusId) -> ConversationId | None:
    """A status that is gone, or no longer for the owner; where it stood."""
    found: ConversationId | None = await conn.fetch_value(
        """
        delete from conversation_statuses where bucket = $1 and owner_id = $2 and status_id = $3
        returning conversation_id
        """,
        bucket_of(owner_id),
        owner_id,
        status_id,
    )
    return found


async def lock_conversation(conn: Connection, owner_id: AccountId, conversation_id: ConversationId) -> None:
    await conn.execute(
        "select from conversations where bucket = $1 and id = $2 for update",
        bucket_of(owner_id),
        conversation_id,
    )


async def fall_back(conn: Connection, owner_id: AccountId, conversation_id: ConversationId) -> None:
    """To the newest status that is left; without one, the conversation goes, unless it was declined."""
    await conn.execute(
        """
        with left_over as (
            select max(status_id) as newest from conversation_statuses where bucket = $1 and conversation_id = $2),
        gone as (
            delete from conversations where bucket = $1 and id = $2 and state <> 3
            and (select newest from left_over) is null)
        update conversations set last_status_id = (select newest from left_over)
        where bucket = $1 and id = $2 and (select newest from left_over) is not null
        """,
        bucket_of(owner_id),
        conversation_id,
    )
