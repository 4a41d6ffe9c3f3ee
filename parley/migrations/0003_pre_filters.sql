-- Keyword filters, members' blocks of whole domains, announcements with reactions, and what profiles show.

create table filters (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    title text not null,
    contexts text[] not null,
    action text not null,
    expires_at timestamptz,
    created_at timestamptz not null,
    primary key (id, bucket)
);

create index filters_by_account on filters (account_id, bucket);

create table filter_keywords (
    bucket smallint not null,
    id bigint not null,
    filter_id bigint not null,
    account_id bigint not null,
    keyword text not null,
    whole_word boolean not null,
    primary key (id, bucket)
);

create index filter_keywords_by_account on filter_keywords (account_id, bucket);

create table filter_statuses (
    bucket smallint not null,
    id bigint not null,
    filter_id bigint not null,
    account_id bigint not null,
    status_id bigint not null,
    primary key (id, bucket)
);

create unique index filter_statuses_by_filter on filter_statuses (bucket, filter_id, status_id);
create index filter_statuses_by_account on filter_statuses (account_id, bucket);

create table account_domain_blocks (
    bucket smallint not null,
    account_id bigint not null,
    domain text not null,
    id bigint not null,
    primary key (account_id, domain, bucket)
);

-- Announcements: few, made by the operator, read with every member's page. What members do with one lies in its bucket.

create table announcements (
    id bigint primary key,
    text text not null,
    content text not null,
    starts_at timestamptz,
    ends_at timestamptz,
    all_day boolean not null,
    published_at timestamptz not null,
    updated_at timestamptz not null,
    mention_ids bigint[] not null,
    status_ids bigint[] not null,
    tags text[] not null
);

create table announcement_dismissals (
    bucket smallint not null,
    announcement_id bigint not null,
    account_id bigint not null,
    primary key (announcement_id, account_id, bucket)
);

create table announcement_reactions (
    bucket smallint not null,
    announcement_id bigint not null,
    account_id bigint not null,
    name text not null,
    primary key (announcement_id, account_id, name, bucket)
);

create table announcement_reaction_counts (
    bucket smallint not null,
    announcement_id bigint not null,
    name text not null,
    count integer not null,
    first_id bigint not null,
    primary key (announcement_id, name, bucket)
) with (fillfactor = 70);

-- Profiles

alter table accounts add column show_media boolean not null default true;
alter table accounts add column show_media_replies boolean not null default true;
alter table accounts add column show_featured boolean not null default true;
alter table accounts add column attribution_domains text[] not null default '{}';
