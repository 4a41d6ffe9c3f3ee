-- Who may reply to a status, and statuses that wait for their hour.

-- `reply_policy`: 0 everybody, 1 followers, 2 those it mentions, 3 nobody.
alter table statuses add column reply_policy smallint not null default 0;

-- Of a status that waits, `status_id` is the number it waits under.
alter table idempotency_keys add column scheduled boolean not null default false;

-- `draft`: what its author wrote, as MessagePack; encrypted when `sealed`. `failure`: why it could not be published, once it
-- was tried.
create table scheduled_statuses (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    scheduled_at timestamptz not null,
    draft bytea not null,
    sealed boolean not null default false,
    application_id bigint,
    application_name text,
    application_website text,
    failure text,
    failed_at timestamptz,
    primary key (bucket, id)
);

create index scheduled_statuses_by_account on scheduled_statuses (bucket, account_id, id desc);
