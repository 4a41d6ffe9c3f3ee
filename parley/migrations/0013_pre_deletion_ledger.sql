-- What was deleted, as keyed hashes of ids alone: whoever puts an older backup back deletes it again. Rows only come.

create table deletions (
    bucket smallint not null,
    hash bytea not null,
    kind text not null,
    deleted_at timestamptz not null,
    primary key (bucket, hash)
);
