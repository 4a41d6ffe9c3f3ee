-- Files that members sent, as what was made of them. A row's id is random but for its bucket, which is its owner's.
-- `state`: 0 waiting, 1 ready, 2 failed. `guarded`: its addresses are signed and end soon, as not everybody may see it.
-- `incoming`: the name in the store of what was sent, sealed with `incoming_key`, until something was made of it.
-- `variants`: what was made, as JSON: name in the store, type, sizes. A deleted one waits in doomed_files for its bytes.
-- `kept_until`: when it goes, unless a post has come to bear it.

create table media_files (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    purpose text not null,
    kind text not null,
    state smallint not null,
    failure text,
    incoming text,
    incoming_key bytea,
    incoming_bytes bigint,
    variants jsonb not null,
    blurhash text,
    focus_x real,
    focus_y real,
    description text not null default '',
    status_id bigint,
    guarded boolean not null default true,
    created_at timestamptz not null,
    kept_until timestamptz not null,
    primary key (id, bucket)
);

create index media_files_by_account on media_files (bucket, account_id, id);

create index media_files_by_status on media_files (bucket, status_id) where status_id is not null;

create index media_files_unused on media_files (kept_until) where status_id is null and purpose = 'attachment';

-- What shows pictures alone.
create index concurrently statuses_with_media_by_account on statuses (bucket, account_id, id desc) where media_ids <> '{}';

create index concurrently statuses_with_media_public on statuses (id desc)
    where visibility = 0 and reblog_of_id is null and media_ids <> '{}';

-- Names in the store that nothing refers to any more: the bytes go at once, and again after an hour, should the first
-- time have failed.
create table doomed_files (
    bucket smallint not null,
    id bigint not null,
    name text not null,
    created_at timestamptz not null,
    primary key (bucket, id)
);

alter table accounts add column avatar jsonb, add column header jsonb, add column avatar_description text not null default '', add column header_description text not null default '';

create table custom_emojis (
    shortcode text primary key,
    media_id bigint not null,
    picture jsonb not null,
    category text,
    visible_in_picker boolean not null,
    disabled boolean not null,
    created_at timestamptz not null
);

-- What was made of the picture that a page names for its preview.
alter table preview_cards add column picture jsonb;

create index preview_cards_by_age_of_picture on preview_cards (fetched_at) where picture is not null;
