-- Search. Posts are kept apart from `statuses`, as a search reads them: their words in normal form, and facts of them as
-- words that nobody can type (`#tag`, `@account`, `has:poll`). Both tables of posts are partitioned by time.

-- `searchable`: public, and its author opted in. The others are searched by those alone in whose library they stand.
create table search_documents (
    bucket smallint not null,
    status_id bigint not null,
    account_id bigint not null,
    searchable boolean not null,
    mention_ids bigint[] not null,
    words tsvector not null,
    primary key (status_id, bucket)
) partition by range (status_id);

create index search_documents_by_account on search_documents (bucket, account_id, status_id desc);
-- Searches without a word to begin at: a site-wide question, so it names no bucket (see discovery/search_queries.py).
create index search_documents_searchable on search_documents (status_id desc) where searchable;

-- The posts that hold a word, newest first by its key: the searchable ones alone. Site-wide, too.
create table search_words (
    bucket smallint not null,
    word text collate "C" not null,
    status_id bigint not null,
    primary key (word, status_id, bucket)
) partition by range (status_id);

-- Who may search a post that they neither wrote nor marked: whom it mentions, and who voted in it. In the member's bucket.
create table library_entries (
    bucket smallint not null,
    account_id bigint not null,
    status_id bigint not null,
    mentioned boolean not null,
    voted boolean not null,
    primary key (bucket, account_id, status_id)
);

-- Whether an author's posts stand in the index for everybody, as last told to the job that brings them in or out.
create table search_authors (
    bucket smallint not null,
    account_id bigint not null,
    indexable boolean not null,
    primary key (bucket, account_id)
);

-- Accounts by the beginning of each word of their names, and by what a word becomes when one letter is left out.
create table account_words (
    bucket smallint not null,
    account_id bigint not null,
    word text collate "C" not null,
    primary key (word, account_id, bucket)
);

create index account_words_by_account on account_words (bucket, account_id);

create table account_typos (
    bucket smallint not null,
    account_id bigint not null,
    spelling text collate "C" not null,
    primary key (spelling, account_id, bucket)
);

create index account_typos_by_account on account_typos (bucket, account_id);

-- How far what stood before these tables has come into them.
create table search_progress (
    name text primary key,
    position bigint not null,
    done boolean not null
);

-- Hashtags by how they begin, folded as words are; `used_id`: the newest public post that bears it, or one little older.
create table tag_names (
    bucket smallint not null,
    name text not null,
    folded text collate "C" not null,
    used_id bigint not null,
    primary key (folded, name, bucket)
);
