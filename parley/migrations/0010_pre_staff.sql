-- Who may come in, and what staff do: blocks, reports, warnings, the audit log, rules and texts, figures.

alter table accounts add column sensitized_at timestamptz;
alter table users add column application_id bigint;

create index concurrently accounts_suspended on accounts (id) where suspended_at is not null;
create index concurrently accounts_limited on accounts (id) where limited_at is not null;
create index concurrently accounts_by_domain on accounts (domain, id) where domain is not null;
create index concurrently users_pending on users (account_id) where approved_at is null;
create index concurrently users_disabled on users (account_id) where disabled_at is not null;
create index concurrently users_staff on users (account_id) where role <> 'user';
-- Rows come in the order of their ids, so a summary of blocks is all that counting a day's needs.
create index concurrently status_favourites_by_time on status_favourites using brin (id);

create table login_addresses (
    bucket smallint not null,
    account_id bigint not null,
    address inet not null,
    used_at timestamptz not null,
    primary key (bucket, account_id, address)
);
create index login_addresses_by_network on login_addresses using gist (address inet_ops);
create index login_addresses_by_age on login_addresses (used_at);

create table email_domain_blocks (
    id bigint not null primary key,
    domain text not null,
    allow_with_approval boolean not null,
    created_at timestamptz not null
);
create unique index email_domain_blocks_by_domain on email_domain_blocks (domain);

create table email_domain_attempts (
    domain text not null,
    day date not null,
    visitor_hash bytea not null,
    attempts integer not null,
    primary key (domain, day, visitor_hash)
);

create table canonical_email_blocks (
    id bigint not null primary key,
    canonical_email_hash text not null,
    created_at timestamptz not null
);
create unique index canonical_email_blocks_by_hash on canonical_email_blocks (canonical_email_hash);

create table ip_blocks (
    id bigint not null primary key,
    ip text not null,
    severity text not null,
    comment text not null,
    created_at timestamptz not null,
    expires_at timestamptz
);
create unique index ip_blocks_by_ip on ip_blocks (ip);

create table blocked_domains (
    id bigint not null primary key,
    domain text not null,
    severity text not null,
    reject_media boolean not null,
    reject_reports boolean not null,
    private_comment text not null,
    public_comment text not null,
    obfuscate boolean not null,
    created_at timestamptz not null
);
create unique index blocked_domains_by_domain on blocked_domains (domain);

create table allowed_domains (
    id bigint not null primary key,
    domain text not null,
    created_at timestamptz not null
);
create unique index allowed_domains_by_domain on allowed_domains (domain);

create table reports (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    target_account_id bigint not null,
    status_ids bigint[] not null,
    rule_ids bigint[] not null,
    comment text not null,
    category text not null,
    forwarded boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    assigned_account_id bigint,
    action_taken_at timestamptz,
    action_taken_by_id bigint,
    primary key (bucket, id)
);
create index reports_open on reports (id desc) where action_taken_at is null;
create index reports_by_time on reports (id desc);
create index reports_by_reporter on reports (account_id, id desc);
create index reports_by_target on reports (bucket, target_account_id, id desc);
create index reports_resolved on reports (action_taken_at) where action_taken_at is not null;

create table account_warnings (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    staff_id bigint not null,
    action text not null,
    text text not null,
    report_id bigint,
    status_ids bigint[] not null,
    created_at timestamptz not null,
    primary key (bucket, id)
);
create index account_warnings_by_account on account_warnings (bucket, account_id, id desc);

create table audit_entries (
    bucket smallint not null,
    id bigint not null,
    staff_id bigint,
    action text not null,
    target_type text not null,
    target_id bigint,
    target_name text not null,
    reason text not null,
    created_at timestamptz not null,
    primary key (bucket, id)
);
create index audit_entries_in_order on audit_entries (id desc);
create index audit_entries_by_target on audit_entries (target_id, id desc) where target_id is not null;

create table rules (
    id bigint not null primary key,
    place integer not null,
    text text not null,
    hint text not null,
    translations jsonb not null,
    created_at timestamptz not null,
    removed_at timestamptz
);

create table site_texts (
    kind text not null,
    effective_on date not null,
    text text not null,
    html text not null,
    created_at timestamptz not null,
    primary key (kind, effective_on)
);

create table daily_figures (
    day date not null,
    name text not null,
    value bigint not null,
    primary key (day, name)
);

create table retention_figures (
    frequency text not null,
    cohort date not null,
    period date not null,
    registered integer not null,
    active integer not null,
    primary key (frequency, cohort, period)
);
