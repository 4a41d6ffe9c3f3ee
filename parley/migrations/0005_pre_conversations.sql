-- Direct messages: the keys that seal them, and each member's conversations.

-- A key lies wrapped by a master key, which is no part of the database. `uses`: how many sealed things there are; with
-- the last one the row goes, and nothing opens them any more.
create table sealing_keys (
    bucket smallint not null,
    owner_id bigint not null,
    wrapped bytea not null,
    uses integer not null,
    created_at timestamptz not null,
    primary key (owner_id, bucket)
);

alter table polls add column sealed bytea;

-- What was written before words were sealed; empty once a job has been through it. Site-wide, so it names no bucket.
create index concurrently statuses_unsealed on statuses (id) where visibility = 3 and sealed is null;

-- One row for each member of it, in the member's own bucket. `state`: 0 shown, 1 waiting for consent, 2 hidden until the
-- next message, 3 declined. `requested_by_id`: whose message had to wait.
create table conversations (
    bucket smallint not null,
    id bigint not null,
    owner_id bigint not null,
    thread_id bigint not null,
    participant_ids bigint[] not null,
    last_status_id bigint not null,
    read_id bigint not null,
    state smallint not null,
    requested_by_id bigint,
    primary key (bucket, id),
    unique (bucket, owner_id, thread_id, participant_ids)
) with (fillfactor = 80);

create index conversations_in_order on conversations (bucket, owner_id, state, last_status_id desc);
create index conversations_unread on conversations (bucket, owner_id) where state = 0 and last_status_id > read_id;

create table conversation_statuses (
    bucket smallint not null,
    owner_id bigint not null,
    status_id bigint not null,
    conversation_id bigint not null,
    primary key (bucket, owner_id, status_id)
);

create index conversation_statuses_in_order on conversation_statuses (bucket, conversation_id, status_id desc);

-- Whose messages need no consent: those whom the owner wrote to, or accepted.
create table conversation_contacts (
    bucket smallint not null,
    owner_id bigint not null,
    account_id bigint not null,
    primary key (bucket, owner_id, account_id)
);
