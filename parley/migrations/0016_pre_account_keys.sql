-- Keys of accounts. What every local post says, with its earlier states, its poll and its files' descriptions, and what
-- waits for its hour, lies sealed under its author's key; a message under its conversation's key, too.

-- A key that was erased leaves an empty one in its place. What stood there before is vacuumed away at the next round.
alter table sealing_keys set (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);

-- What is still to be sealed, as jobs ask for it; empty once they are through. Site-wide, so they name no bucket.
-- A first byte of 1: one key opens it.
create index concurrently statuses_to_seal on statuses (id)
    where reblog_of_id is null and uri is null and (sealed is null or visibility = 3 and get_byte(sealed, 0) = 1);
drop index concurrently statuses_unsealed;
create index concurrently scheduled_statuses_to_seal on scheduled_statuses (id)
    where not sealed or substring(draft from 1 for 9) = '\x01'::bytea || int8send(id);

-- A description of a file: sealed, or empty.
alter table media_files add column sealed_description bytea;
create index concurrently media_files_to_seal on media_files (id) where description <> '';

-- The index of posts holds words by keyed hashes from now on: a job makes it anew.
truncate search_documents, search_words;
delete from search_progress where name = 'statuses';

-- Those jobs begin at once.
delete from schedules where name in ('find_unsealed_statuses', 'find_unsealed_media', 'index_what_stood_before');
