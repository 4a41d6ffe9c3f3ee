-- What only its member and the server have to know lies sealed: e-mail and network addresses, reasons, notes, filters, lists.
-- Plain columns stay for rows from before, which a job seals; the indexes on them are empty then.

alter table users add column email_hash bytea;
alter table users add column sealed bytea;
create index concurrently users_unsealed on users (account_id)
    where sealed is null and (email <> '' or sign_up_reason <> '');

alter table email_tokens add column email_hash bytea;
alter table email_tokens add column sealed bytea;

alter table mails add column owner_id bigint;
alter table mails add column sealed bytea;

-- Where members signed in from: hashes, keyed by the server's secret, of the address and of the networks around it.
create table sign_in_addresses (
    bucket smallint not null,
    account_id bigint not null,
    address_hash bytea not null,
    network_hashes bytea[] not null,
    sealed bytea not null,
    used_at timestamptz not null,
    primary key (bucket, account_id, address_hash)
);
create index sign_in_addresses_by_age on sign_in_addresses (used_at);
create index sign_in_addresses_by_network on sign_in_addresses using gin (network_hashes);

alter table relationships add column sealed_note bytea;
create index concurrently relationships_unsealed on relationships (account_id, other_id) where note <> '';

alter table lists add column sealed bytea;
create index concurrently lists_unsealed on lists (id) where title <> '';

alter table filters add column sealed bytea;
create index concurrently filters_unsealed on filters (id) where title <> '';
alter table filter_keywords add column sealed bytea;
create index concurrently filter_keywords_unsealed on filter_keywords (id) where keyword <> '';
