-- What a status may bear besides its words: a quoted status and its author's consent, a link's card, attachments, words
-- sealed for a conversation. All may be empty, or have a constant default, so rows that stand are not written anew.

-- `quote_state`: 0 pending, 1 accepted, 2 rejected, 3 revoked, 4 deleted, 5 unauthorized. `quote_policy`: who may quote
-- without asking: 0 everybody, 1 followers, 2 nobody. `sealed`: the words, encrypted; then the plain columns are empty.
alter table statuses
    add column quote_of_id bigint,
    add column quote_of_account_id bigint,
    add column quote_state smallint,
    add column quote_policy smallint not null default 0,
    add column card_id bigint,
    add column media_ids bigint[] not null default '{}',
    add column sealed bytea;

alter table status_edits
    add column media jsonb,
    add column quote_of_id bigint,
    add column sealed bytea;

alter table status_counts add column quotes_count integer not null default 0;

alter table users add column default_quote_policy smallint not null default 0;

-- Who quotes a status, in the bucket of the quoted one.
create table status_quotes (
    bucket smallint not null,
    status_id bigint not null,
    quoting_id bigint not null,
    account_id bigint not null,
    state smallint not null,
    primary key (bucket, status_id, quoting_id)
);
