-- Previews of links, which statuses of one link share; and where members' devices want to hear of notifications.

-- `url_hash` is of the address in its normal form, and its bucket is made of that. An empty title: there was nothing to
-- show, and it is too early to look again.
create table preview_cards (
    bucket smallint not null,
    id bigint not null,
    url_hash bytea not null,
    url text not null,
    type text not null,
    title text not null,
    description text not null,
    author_name text not null,
    author_url text not null,
    author_account_id bigint,
    provider_name text not null,
    provider_url text not null,
    language text,
    image_url text,
    image_description text not null,
    width integer not null,
    height integer not null,
    published_at timestamptz,
    fetched_at timestamptz not null,
    primary key (bucket, id)
);

create unique index preview_cards_by_url on preview_cards (bucket, url_hash);

-- Public statuses that bear a card, in the card's bucket.
create table card_entries (
    bucket smallint not null,
    card_id bigint not null,
    status_id bigint not null,
    account_id bigint not null,
    primary key (bucket, card_id, status_id)
);

-- One for each token, in the bucket of both. `id` is only shown: apps read it as a small number. `sealed_bearer` is the
-- token itself, encrypted with a key outside the database, for the messages, which name it.
create table push_subscriptions (
    bucket smallint not null,
    account_id bigint not null,
    token_id bigint not null,
    id integer not null,
    endpoint text not null,
    p256dh bytea not null,
    auth bytea not null,
    standard boolean not null,
    alerts text[] not null,
    policy text not null,
    sealed_bearer bytea not null,
    created_at timestamptz not null,
    primary key (bucket, account_id, token_id)
);

-- Secrets of the whole server, wrapped by a master key that lies outside the database.
create table server_secrets (
    name text primary key,
    wrapped bytea not null,
    created_at timestamptz not null
);
