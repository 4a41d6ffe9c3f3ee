-- Hashtags that members follow and feature, what is much talked about, whom to follow, the directory.

-- Who follows a tag stands in both buckets: the member's and the tag's.
create table followed_tags (
    bucket smallint not null,
    account_id bigint not null,
    tag text not null,
    id bigint not null,
    primary key (bucket, account_id, tag)
);

create index followed_tags_in_order on followed_tags (bucket, account_id, id desc);

create table tag_followers (
    bucket smallint not null,
    tag text not null,
    account_id bigint not null,
    id bigint not null,
    primary key (bucket, tag, account_id)
);

create index tag_followers_in_order on tag_followers (bucket, tag, id);

-- A tag's id is made of its name; a row is written when somebody first uses it, with the spelling they gave it.
create table tags (
    bucket smallint not null,
    id bigint not null,
    name text not null,
    display_name text not null,
    created_at timestamptz not null,
    primary key (bucket, id)
);

create table featured_tags (
    bucket smallint not null,
    account_id bigint not null,
    tag text not null,
    id bigint not null,
    display_name text not null,
    statuses_count integer not null,
    last_status_on date,
    primary key (bucket, account_id, tag)
);

-- Who used a tag, shared a link or followed an account on a day, once a person and day; kept for some days.
-- `kind`: 1 tag, 2 link, 3 account. It lies in the bucket of what was used.
create table usages (
    bucket smallint not null,
    kind smallint not null,
    subject_id bigint not null,
    day date not null,
    account_id bigint not null,
    times integer not null,
    language text,
    first_at timestamptz not null,
    primary key (bucket, kind, subject_id, day, account_id)
) with (fillfactor = 80);

-- The newest uses of all, a site-wide question of the job that ranks (see discovery/trend_queries.py).
create index usages_recent on usages (kind, first_at desc);

-- The same, counted, in some rows a day: many who use a tag at once do not wait for one row.
create table usage_days (
    bucket smallint not null,
    kind smallint not null,
    subject_id bigint not null,
    day date not null,
    shard smallint not null,
    times integer not null,
    accounts integer not null,
    primary key (bucket, kind, subject_id, day, shard)
) with (fillfactor = 70);

create index usage_days_by_day on usage_days (day);

-- What is ranked now: some hundred rows, written anew every few minutes. `kind` as above, and 4 status.
-- `subject_id` is decided upon by itself; `group_id` (a status's author, a link's publisher) with all of its kind.
create table trends (
    kind smallint not null,
    subject_id bigint not null,
    position integer not null,
    score double precision not null,
    language text,
    group_id bigint,
    allowed boolean,
    primary key (kind, subject_id)
);

-- What staff have decided. `kind`: 1 tag, 2 link, 3 author of statuses, 4 status, 5 publisher of links.
create table trend_decisions (
    bucket smallint not null,
    kind smallint not null,
    subject_id bigint not null,
    allowed boolean not null,
    decided_by bigint,
    decided_at timestamptz not null,
    primary key (bucket, kind, subject_id)
);

-- Those whom the people that a member follows follow, and how many of them do: worked out now and then.
create table suggestion_lists (
    bucket smallint not null,
    account_id bigint not null,
    account_ids bigint[] not null,
    people smallint[] not null,
    computed_at timestamptz not null,
    primary key (bucket, account_id)
);

create table dismissed_suggestions (
    bucket smallint not null,
    account_id bigint not null,
    dismissed_id bigint not null,
    id bigint not null,
    primary key (bucket, account_id, dismissed_id)
);

-- Whether an account may stand in the directory, beside the day by which that is ordered.
alter table account_counts add column listed boolean not null default false;

create index concurrently account_counts_listed on account_counts (last_status_on desc nulls last, account_id desc)
    where listed;
create index concurrently accounts_discoverable on accounts (created_at desc, id desc)
    where discoverable and suspended_at is null and limited_at is null;

-- The newest likes and boosts of all: site-wide questions of the job that ranks.
create index concurrently status_favourites_recent on status_favourites (id desc) include (status_id, account_id);
create index concurrently status_reblogs_recent on status_reblogs (id desc) include (status_id, account_id);
