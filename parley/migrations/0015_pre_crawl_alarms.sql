-- Alarms about reading that looks like copying all there is, and the sign-in wall as staff put it up by hand.

create table crawl_alarms (
    id bigint not null primary key,
    day date not null,
    kind text not null,
    readers text not null,
    opened_at timestamptz not null,
    seen_at timestamptz not null,
    closed_at timestamptz,
    closed_by_id bigint,
    figures jsonb not null,
    actors jsonb not null,
    raises_wall boolean not null
);

create unique index crawl_alarms_by_subject on crawl_alarms (day, kind, readers);

create table wall_by_hand (
    name text not null primary key,
    height text not null,
    until timestamptz not null
);
