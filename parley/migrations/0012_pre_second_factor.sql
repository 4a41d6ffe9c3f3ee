-- Second factors with their recovery codes, and when a session last gave proof of its member.

create table second_factors (
    bucket smallint not null,
    account_id bigint not null,
    sealed_secret bytea not null,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint not null,
    failed_at timestamptz[] not null,
    primary key (bucket, account_id)
);

create table recovery_codes (
    bucket smallint not null,
    account_id bigint not null,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (bucket, account_id, code_hash)
);

alter table access_tokens add column proven_at timestamptz;
