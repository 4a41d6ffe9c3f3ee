-- Notifications that speak of neither a status nor an account alone; what a member's policy holds back, and from whom;
-- finding at once who is to be told of a celebrity's posts.

-- What it is about, when that is no status: a report, a warning, an event that ended follows.
alter table notifications add column about_id bigint;

-- Of members who changed it; all others have the defaults in parley/notifications/policy.py.
create table notification_policies (
    bucket smallint not null,
    account_id bigint not null,
    for_not_following text not null,
    for_not_followers text not null,
    for_new_accounts text not null,
    for_private_mentions text not null,
    for_limited_accounts text not null,
    primary key (bucket, account_id)
);

-- Whose notifications are let through, whatever the policy says.
create table notification_permissions (
    bucket smallint not null,
    account_id bigint not null,
    from_account_id bigint not null,
    primary key (bucket, account_id, from_account_id)
);

-- Who waits to be let through: one row for each sender whose notifications are held back.
create table notification_requests (
    bucket smallint not null,
    account_id bigint not null,
    from_account_id bigint not null,
    id bigint not null,
    updated_at timestamp with time zone not null,
    primary key (bucket, account_id, from_account_id),
    unique (bucket, account_id, id)
);

-- What is held back lies apart, so that nobody's page of notifications reads past it.
create table filtered_notifications (
    bucket smallint not null,
    account_id bigint not null,
    id bigint not null,
    type text not null,
    from_account_id bigint not null,
    status_id bigint,
    about_id bigint,
    primary key (bucket, account_id, id)
) partition by range (id);
create index filtered_notifications_by_sender on filtered_notifications (bucket, account_id, from_account_id, id desc);

create index concurrently relationships_bells on relationships (bucket, account_id, followed_by_id) where followed_by_notify and followed_by_id is not null;
