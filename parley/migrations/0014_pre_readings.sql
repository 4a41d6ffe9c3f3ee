-- Who has read how much today, as sketches: an account, an address, or a network of addresses. `reader` is a keyed hash;
-- `shown` is what staff may be shown of it: a network, never a whole address, or an account's id.

create table readings (
    day date not null,
    reader bytea not null,
    kind text not null,
    group_name text not null,
    shown text not null,
    sketch bytea not null,
    things integer not null,
    misses integer not null,
    slot_begins timestamptz not null,
    slot_things integer not null,
    slot_misses integer not null,
    before_things integer not null,
    before_misses integer not null,
    used_up_at timestamptz,
    updated_at timestamptz not null,
    primary key (day, reader)
) with (fillfactor = 70);

-- Who was busy lately.
create index readings_updated on readings (updated_at);

-- What all strangers together read, and all fresh members, and all others: in a day, and in each five minutes of it.
create table reading_groups (
    group_name text not null,
    seconds integer not null,
    begins timestamptz not null,
    sketch bytea not null,
    things integer not null,
    misses integer not null,
    primary key (group_name, seconds, begins)
) with (fillfactor = 70);
