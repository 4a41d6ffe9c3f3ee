-- The schema as all migrations leave it. Written by `parley migrate --write-schema`; not edited by hand.

create table access_tokens (
    bucket smallint not null,
    id bigint not null,
    secret_hash bytea not null,
    account_id bigint,
    application_id bigint,
    application_name text not null,
    application_website text,
    scopes text[] not null,
    user_agent text not null,
    created_at timestamp with time zone not null,
    last_used_at timestamp with time zone,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    proven_at timestamp with time zone,
    primary key (bucket, id)
);
create index access_tokens_by_account on access_tokens (bucket, account_id, id desc) where revoked_at is null;

create table account_counts (
    bucket smallint not null,
    account_id bigint not null,
    version integer not null,
    statuses_count integer not null,
    followers_count integer not null,
    following_count integer not null,
    last_status_on date,
    listed boolean not null default false,
    erased boolean not null default false,
    primary key (account_id, bucket)
) with (fillfactor=70);
create index account_counts_listed on account_counts (last_status_on desc nulls last, account_id desc) where listed;

create table account_domain_blocks (
    bucket smallint not null,
    account_id bigint not null,
    domain text not null,
    id bigint not null,
    primary key (account_id, domain, bucket)
);

create table account_typos (
    bucket smallint not null,
    account_id bigint not null,
    spelling text collate "C" not null,
    primary key (spelling, account_id, bucket)
);
create index account_typos_by_account on account_typos (bucket, account_id);

create table account_warnings (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    staff_id bigint not null,
    action text not null,
    text text not null,
    report_id bigint,
    status_ids bigint[] not null,
    created_at timestamp with time zone not null,
    primary key (bucket, id)
);
create index account_warnings_by_account on account_warnings (bucket, account_id, id desc);

create table account_words (
    bucket smallint not null,
    account_id bigint not null,
    word text collate "C" not null,
    primary key (word, account_id, bucket)
);
create index account_words_by_account on account_words (bucket, account_id);

create table accounts (
    bucket smallint not null,
    id bigint not null,
    username text not null,
    domain text,
    display_name text not null,
    note text not null,
    note_html text not null,
    fields jsonb not null,
    locked boolean not null,
    bot boolean not null,
    discoverable boolean not null,
    indexable boolean not null,
    hide_collections boolean not null,
    uri text,
    url text,
    created_at timestamp with time zone not null,
    suspended_at timestamp with time zone,
    limited_at timestamp with time zone,
    show_media boolean not null default true,
    show_media_replies boolean not null default true,
    show_featured boolean not null default true,
    attribution_domains text[] not null default '{}'::text[],
    sensitized_at timestamp with time zone,
    avatar jsonb,
    header jsonb,
    avatar_description text not null default ''::text,
    header_description text not null default ''::text,
    primary key (id, bucket)
);
create index accounts_by_display_name on accounts (lower(display_name) text_pattern_ops) where display_name <> ''::text;
create index accounts_by_domain on accounts (domain, id) where domain is not null;
create index accounts_by_username on accounts (lower(username) text_pattern_ops);
create index accounts_discoverable on accounts (created_at desc, id desc) where discoverable and suspended_at is null and limited_at is null;
create index accounts_limited on accounts (id) where limited_at is not null;
create index accounts_suspended on accounts (id) where suspended_at is not null;

create table allowed_domains (
    id bigint not null,
    domain text not null,
    created_at timestamp with time zone not null,
    primary key (id)
);
create unique index allowed_domains_by_domain on allowed_domains (domain);

create table announcement_dismissals (
    bucket smallint not null,
    announcement_id bigint not null,
    account_id bigint not null,
    primary key (announcement_id, account_id, bucket)
);

create table announcement_reaction_counts (
    bucket smallint not null,
    announcement_id bigint not null,
    name text not null,
    count integer not null,
    first_id bigint not null,
    primary key (announcement_id, name, bucket)
) with (fillfactor=70);

create table announcement_reactions (
    bucket smallint not null,
    announcement_id bigint not null,
    account_id bigint not null,
    name text not null,
    primary key (announcement_id, account_id, name, bucket)
);

create table announcements (
    id bigint not null,
    text text not null,
    content text not null,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    all_day boolean not null,
    published_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    mention_ids bigint[] not null,
    status_ids bigint[] not null,
    tags text[] not null,
    primary key (id)
);

create table applications (
    bucket smallint not null,
    id bigint not null,
    secret_hash bytea not null,
    name text not null,
    website text,
    redirect_uris text[] not null,
    scopes text[] not null,
    created_at timestamp with time zone not null,
    primary key (bucket, id)
);

create table audit_entries (
    bucket smallint not null,
    id bigint not null,
    staff_id bigint,
    action text not null,
    target_type text not null,
    target_id bigint,
    target_name text not null,
    reason text not null,
    created_at timestamp with time zone not null,
    primary key (bucket, id)
);
create index audit_entries_by_target on audit_entries (target_id, id desc) where target_id is not null;
create index audit_entries_in_order on audit_entries (id desc);

create table authorization_codes (
    bucket smallint not null,
    id bigint not null,
    secret_hash bytea not null,
    account_id bigint not null,
    application_id bigint not null,
    redirect_uri text not null,
    scopes text[] not null,
    code_challenge text,
    created_at timestamp with time zone not null,
    used_at timestamp with time zone,
    token_id bigint,
    primary key (bucket, id)
);

create table blocked_domains (
    id bigint not null,
    domain text not null,
    severity text not null,
    reject_media boolean not null,
    reject_reports boolean not null,
    private_comment text not null,
    public_comment text not null,
    obfuscate boolean not null,
    created_at timestamp with time zone not null,
    primary key (id)
);
create unique index blocked_domains_by_domain on blocked_domains (domain);

create table canonical_email_blocks (
    id bigint not null,
    canonical_email_hash text not null,
    created_at timestamp with time zone not null,
    primary key (id)
);
create unique index canonical_email_blocks_by_hash on canonical_email_blocks (canonical_email_hash);

create table card_entries (
    bucket smallint not null,
    card_id bigint not null,
    status_id bigint not null,
    account_id bigint not null,
    listed boolean not null default true,
    primary key (bucket, card_id, status_id)
);

create table celebrities (
    account_id bigint not null,
    since timestamp with time zone not null,
    primary key (account_id)
);

create table conversation_contacts (
    bucket smallint not null,
    owner_id bigint not null,
    account_id bigint not null,
    primary key (bucket, owner_id, account_id)
);

create table conversation_statuses (
    bucket smallint not null,
    owner_id bigint not null,
    status_id bigint not null,
    conversation_id bigint not null,
    primary key (bucket, owner_id, status_id)
);
create index conversation_statuses_in_order on conversation_statuses (bucket, conversation_id, status_id desc);

create table conversations (
    bucket smallint not null,
    id bigint not null,
    owner_id bigint not null,
    thread_id bigint not null,
    participant_ids bigint[] not null,
    last_status_id bigint not null,
    read_id bigint not null,
    state smallint not null,
    requested_by_id bigint,
    primary key (bucket, id),
    constraint conversations_bucket_owner_id_thread_id_participant_ids_key unique (bucket, owner_id, thread_id, participant_ids)
) with (fillfactor=80);
create index conversations_in_order on conversations (bucket, owner_id, state, last_status_id desc);
create index conversations_unread on conversations (bucket, owner_id) where state = 0 and last_status_id > read_id;

create table crawl_alarms (
    id bigint not null,
    day date not null,
    kind text not null,
    readers text not null,
    opened_at timestamp with time zone not null,
    seen_at timestamp with time zone not null,
    closed_at timestamp with time zone,
    closed_by_id bigint,
    figures jsonb not null,
    actors jsonb not null,
    raises_wall boolean not null,
    primary key (id)
);
create unique index crawl_alarms_by_subject on crawl_alarms (day, kind, readers);

create table custom_emojis (
    shortcode text not null,
    media_id bigint not null,
    picture jsonb not null,
    category text,
    visible_in_picker boolean not null,
    disabled boolean not null,
    created_at timestamp with time zone not null,
    primary key (shortcode)
);

create table daily_figures (
    day date not null,
    name text not null,
    value bigint not null,
    primary key (day, name)
);

create table deletions (
    bucket smallint not null,
    hash bytea not null,
    kind text not null,
    deleted_at timestamp with time zone not null,
    primary key (bucket, hash)
);

create table dismissed_suggestions (
    bucket smallint not null,
    account_id bigint not null,
    dismissed_id bigint not null,
    id bigint not null,
    primary key (bucket, account_id, dismissed_id)
);

create table doomed_files (
    bucket smallint not null,
    id bigint not null,
    name text not null,
    created_at timestamp with time zone not null,
    primary key (bucket, id)
);

create table email_addresses (
    email_hash bytea not null,
    account_id bigint not null,
    primary key (email_hash)
);
create index email_addresses_unkeyed on email_addresses (email_hash) where octet_length(email_hash) = 32;

create table email_domain_attempts (
    domain text not null,
    day date not null,
    visitor_hash bytea not null,
    attempts integer not null,
    primary key (domain, day, visitor_hash)
);

create table email_domain_blocks (
    id bigint not null,
    domain text not null,
    allow_with_approval boolean not null,
    created_at timestamp with time zone not null,
    primary key (id)
);
create unique index email_domain_blocks_by_domain on email_domain_blocks (domain);

create table email_tokens (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    purpose text not null,
    secret_hash bytea not null,
    email text not null,
    created_at timestamp with time zone not null,
    used_at timestamp with time zone,
    email_hash bytea,
    sealed bytea,
    primary key (bucket, id)
);
create index email_tokens_by_account on email_tokens (bucket, account_id);

create table featured_tags (
    bucket smallint not null,
    account_id bigint not null,
    tag text not null,
    id bigint not null,
    display_name text not null,
    statuses_count integer not null,
    last_status_on date,
    primary key (bucket, account_id, tag)
);

create table filter_keywords (
    bucket smallint not null,
    id bigint not null,
    filter_id bigint not null,
    account_id bigint not null,
    keyword text not null,
    whole_word boolean not null,
    sealed bytea,
    primary key (id, bucket)
);
create index filter_keywords_by_account on filter_keywords (account_id, bucket);
create index filter_keywords_unsealed on filter_keywords (id) where keyword <> ''::text;

create table filter_statuses (
    bucket smallint not null,
    id bigint not null,
    filter_id bigint not null,
    account_id bigint not null,
    status_id bigint not null,
    primary key (id, bucket)
);
create index filter_statuses_by_account on filter_statuses (account_id, bucket);
create unique index filter_statuses_by_filter on filter_statuses (bucket, filter_id, status_id);

create table filtered_notifications (
    bucket smallint not null,
    account_id bigint not null,
    id bigint not null,
    type text not null,
    from_account_id bigint not null,
    status_id bigint,
    about_id bigint,
    primary key (bucket, account_id, id)
) partition by range (id);
create index filtered_notifications_by_sender on filtered_notifications (bucket, account_id, from_account_id, id desc);

create table filters (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    title text not null,
    contexts text[] not null,
    action text not null,
    expires_at timestamp with time zone,
    created_at timestamp with time zone not null,
    sealed bytea,
    primary key (id, bucket)
);
create index filters_by_account on filters (account_id, bucket);
create index filters_unsealed on filters (id) where title <> ''::text;

create table followed_tags (
    bucket smallint not null,
    account_id bigint not null,
    tag text not null,
    id bigint not null,
    primary key (bucket, account_id, tag)
);
create index followed_tags_in_order on followed_tags (bucket, account_id, id desc);

create table handles (
    handle text not null,
    account_id bigint not null,
    primary key (handle)
);

create table home_entries (
    bucket smallint not null,
    owner_id bigint not null,
    status_id bigint not null,
    account_id bigint not null,
    reblog_of_id bigint,
    primary key (bucket, owner_id, status_id)
) partition by range (status_id);

create table idempotency_keys (
    bucket smallint not null,
    account_id bigint not null,
    key_hash bytea not null,
    status_id bigint not null,
    created_at timestamp with time zone not null,
    scheduled boolean not null default false,
    primary key (bucket, account_id, key_hash)
);

create table interactions (
    bucket smallint not null,
    account_id bigint not null,
    status_id bigint not null,
    favourite_id bigint,
    reblog_id bigint,
    bookmark_id bigint,
    pin_id bigint,
    thread_muted boolean not null default false,
    primary key (bucket, account_id, status_id)
) with (fillfactor=80);
create index interactions_bookmarks on interactions (bucket, account_id, bookmark_id desc) where bookmark_id is not null;
create index interactions_favourites on interactions (bucket, account_id, favourite_id desc) where favourite_id is not null;
create index interactions_pins on interactions (bucket, account_id, pin_id desc) where pin_id is not null;

create table ip_blocks (
    id bigint not null,
    ip text not null,
    severity text not null,
    comment text not null,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone,
    primary key (id)
);
create unique index ip_blocks_by_ip on ip_blocks (ip);

create table jobs (
    lane text not null,
    id bigint not null,
    kind text not null,
    payload bytea not null,
    run_at timestamp with time zone not null,
    attempts smallint not null default 0,
    leased_until timestamp with time zone,
    last_error text,
    dead boolean not null default false,
    created_at timestamp with time zone not null,
    primary key (lane, id)
) with (autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=500, fillfactor=70);
create index jobs_due on jobs (lane, run_at, id) where not dead;

create table library_entries (
    bucket smallint not null,
    account_id bigint not null,
    status_id bigint not null,
    mentioned boolean not null,
    voted boolean not null,
    primary key (bucket, account_id, status_id)
);

create table list_accounts (
    bucket smallint not null,
    list_id bigint not null,
    account_id bigint not null,
    owner_id bigint not null,
    id bigint not null,
    primary key (bucket, list_id, account_id)
);
create index list_accounts_by_account on list_accounts (bucket, owner_id, account_id);
create index list_accounts_in_order on list_accounts (bucket, list_id, id desc);

create table lists (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    title text not null,
    replies_policy text not null,
    exclusive boolean not null,
    created_at timestamp with time zone not null,
    sealed bytea,
    primary key (bucket, id)
);
create index lists_by_account on lists (bucket, account_id, id);
create index lists_unsealed on lists (id) where title <> ''::text;

create table login_addresses (
    bucket smallint not null,
    account_id bigint not null,
    address inet not null,
    used_at timestamp with time zone not null,
    primary key (bucket, account_id, address)
);
create index login_addresses_by_age on login_addresses (used_at);
create index login_addresses_by_network on login_addresses using gist (address inet_ops);

create table mails (
    bucket smallint not null,
    id bigint not null,
    recipient text not null,
    subject text not null,
    text_body text not null,
    html_body text not null,
    created_at timestamp with time zone not null,
    sent_at timestamp with time zone,
    last_error text,
    owner_id bigint,
    sealed bytea,
    primary key (bucket, id)
);

create table markers (
    bucket smallint not null,
    account_id bigint not null,
    timeline text not null,
    last_read_id bigint not null,
    version integer not null,
    updated_at timestamp with time zone not null,
    primary key (bucket, account_id, timeline)
) with (fillfactor=70);

create table media_files (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    purpose text not null,
    kind text not null,
    state smallint not null,
    failure text,
    incoming text,
    incoming_key bytea,
    incoming_bytes bigint,
    variants jsonb not null,
    blurhash text,
    focus_x real,
    focus_y real,
    description text not null default ''::text,
    status_id bigint,
    guarded boolean not null default true,
    created_at timestamp with time zone not null,
    kept_until timestamp with time zone not null,
    sealed_description bytea,
    primary key (id, bucket)
);
create index media_files_by_account on media_files (bucket, account_id, id);
create index media_files_by_status on media_files (bucket, status_id) where status_id is not null;
create index media_files_to_seal on media_files (id) where description <> ''::text;
create index media_files_unused on media_files (kept_until) where status_id is null and purpose = 'attachment'::text;

create table notification_permissions (
    bucket smallint not null,
    account_id bigint not null,
    from_account_id bigint not null,
    primary key (bucket, account_id, from_account_id)
);

create table notification_policies (
    bucket smallint not null,
    account_id bigint not null,
    for_not_following text not null,
    for_not_followers text not null,
    for_new_accounts text not null,
    for_private_mentions text not null,
    for_limited_accounts text not null,
    primary key (bucket, account_id)
);

create table notification_requests (
    bucket smallint not null,
    account_id bigint not null,
    from_account_id bigint not null,
    id bigint not null,
    updated_at timestamp with time zone not null,
    primary key (bucket, account_id, from_account_id),
    constraint notification_requests_bucket_account_id_id_key unique (bucket, account_id, id)
);

create table notifications (
    bucket smallint not null,
    account_id bigint not null,
    id bigint not null,
    type text not null,
    from_account_id bigint not null,
    status_id bigint,
    about_id bigint,
    primary key (bucket, account_id, id)
) partition by range (id);

create table poll_votes (
    bucket smallint not null,
    poll_id bigint not null,
    account_id bigint not null,
    choices smallint[] not null,
    created_at timestamp with time zone not null,
    primary key (bucket, poll_id, account_id)
);

create table polls (
    bucket smallint not null,
    id bigint not null,
    status_id bigint not null,
    account_id bigint not null,
    options text[] not null,
    multiple boolean not null,
    hide_totals boolean not null,
    expires_at timestamp with time zone,
    closed_at timestamp with time zone,
    votes_counts integer[] not null,
    voters_count integer not null,
    sealed bytea,
    primary key (id, bucket)
);

create table preview_cards (
    bucket smallint not null,
    id bigint not null,
    url_hash bytea not null,
    url text not null,
    type text not null,
    title text not null,
    description text not null,
    author_name text not null,
    author_url text not null,
    author_account_id bigint,
    provider_name text not null,
    provider_url text not null,
    language text,
    image_url text,
    image_description text not null,
    width integer not null,
    height integer not null,
    published_at timestamp with time zone,
    fetched_at timestamp with time zone not null,
    picture jsonb,
    primary key (bucket, id)
);
create index preview_cards_by_age_of_picture on preview_cards (fetched_at) where picture is not null;
create unique index preview_cards_by_url on preview_cards (bucket, url_hash);
create index preview_cards_empty on preview_cards (fetched_at) where title = ''::text;

create table push_subscriptions (
    bucket smallint not null,
    account_id bigint not null,
    token_id bigint not null,
    id integer not null,
    endpoint text not null,
    p256dh bytea not null,
    auth bytea not null,
    standard boolean not null,
    alerts text[] not null,
    policy text not null,
    sealed_bearer bytea not null,
    created_at timestamp with time zone not null,
    primary key (bucket, account_id, token_id)
);

create unlogged table rate_windows (
    key bytea not null,
    window_start timestamp with time zone not null,
    used integer not null,
    primary key (key, window_start)
) with (fillfactor=70);

create table reading_groups (
    group_name text not null,
    seconds integer not null,
    begins timestamp with time zone not null,
    sketch bytea not null,
    things integer not null,
    misses integer not null,
    primary key (group_name, seconds, begins)
) with (fillfactor=70);

create table readings (
    day date not null,
    reader bytea not null,
    kind text not null,
    group_name text not null,
    shown text not null,
    sketch bytea not null,
    things integer not null,
    misses integer not null,
    slot_begins timestamp with time zone not null,
    slot_things integer not null,
    slot_misses integer not null,
    before_things integer not null,
    before_misses integer not null,
    used_up_at timestamp with time zone,
    updated_at timestamp with time zone not null,
    primary key (day, reader)
) with (fillfactor=70);
create index readings_updated on readings (updated_at);

create table recovery_codes (
    bucket smallint not null,
    account_id bigint not null,
    code_hash bytea not null,
    used_at timestamp with time zone,
    primary key (bucket, account_id, code_hash)
);

create table relationships (
    bucket smallint not null,
    account_id bigint not null,
    other_id bigint not null,
    follow_id bigint,
    show_reblogs boolean not null default true,
    notify boolean not null default false,
    languages text[],
    requested_id bigint,
    followed_by_id bigint,
    followed_by_shows_reblogs boolean not null default true,
    followed_by_notify boolean not null default false,
    followed_by_languages text[],
    requested_by_id bigint,
    block_id bigint,
    blocked_by_id bigint,
    mute_id bigint,
    mute_notifications boolean not null default false,
    mute_expires_at timestamp with time zone,
    endorsement_id bigint,
    note text not null default ''::text,
    sealed_note bytea,
    primary key (bucket, account_id, other_id)
) with (fillfactor=80);
create index relationships_bells on relationships (bucket, account_id, followed_by_id) where followed_by_notify and followed_by_id is not null;
create index relationships_blocks on relationships (bucket, account_id, block_id desc) where block_id is not null;
create index relationships_endorsements on relationships (bucket, account_id, endorsement_id desc) where endorsement_id is not null;
create index relationships_followers on relationships (bucket, account_id, followed_by_id desc) where followed_by_id is not null;
create index relationships_following on relationships (bucket, account_id, follow_id desc) where follow_id is not null;
create index relationships_mutes on relationships (bucket, account_id, mute_id desc) where mute_id is not null;
create index relationships_requested on relationships (bucket, account_id) where requested_id is not null;
create index relationships_requests on relationships (bucket, account_id, requested_by_id desc) where requested_by_id is not null;
create index relationships_unsealed on relationships (account_id, other_id) where note <> ''::text;

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
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    assigned_account_id bigint,
    action_taken_at timestamp with time zone,
    action_taken_by_id bigint,
    primary key (bucket, id)
);
create index reports_by_reporter on reports (account_id, id desc);
create index reports_by_target on reports (bucket, target_account_id, id desc);
create index reports_by_time on reports (id desc);
create index reports_open on reports (id desc) where action_taken_at is null;
create index reports_resolved on reports (action_taken_at) where action_taken_at is not null;

create table retention_figures (
    frequency text not null,
    cohort date not null,
    period date not null,
    registered integer not null,
    active integer not null,
    primary key (frequency, cohort, period)
);

create table rules (
    id bigint not null,
    place integer not null,
    text text not null,
    hint text not null,
    translations jsonb not null,
    created_at timestamp with time zone not null,
    removed_at timestamp with time zone,
    primary key (id)
);

create table scheduled_statuses (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    scheduled_at timestamp with time zone not null,
    draft bytea not null,
    sealed boolean not null default false,
    application_id bigint,
    application_name text,
    application_website text,
    failure text,
    failed_at timestamp with time zone,
    primary key (bucket, id)
);
create index scheduled_statuses_by_account on scheduled_statuses (bucket, account_id, id desc);
create index scheduled_statuses_to_seal on scheduled_statuses (id) where not sealed or substring(draft from 1 for 9) = ('\x01'::bytea || int8send(id));

create table schedules (
    name text not null,
    last_run_at timestamp with time zone not null,
    primary key (name)
);

create table sealing_keys (
    bucket smallint not null,
    owner_id bigint not null,
    wrapped bytea not null,
    uses integer not null,
    created_at timestamp with time zone not null,
    primary key (owner_id, bucket)
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1);

create table search_authors (
    bucket smallint not null,
    account_id bigint not null,
    indexable boolean not null,
    primary key (bucket, account_id)
);

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
create index search_documents_searchable on search_documents (status_id desc) where searchable;

create table search_progress (
    name text not null,
    position bigint not null,
    done boolean not null,
    primary key (name)
);

create table search_words (
    bucket smallint not null,
    word text collate "C" not null,
    status_id bigint not null,
    primary key (word, status_id, bucket)
) partition by range (status_id);

create table second_factors (
    bucket smallint not null,
    account_id bigint not null,
    sealed_secret bytea not null,
    created_at timestamp with time zone not null,
    confirmed_at timestamp with time zone,
    last_step bigint not null,
    failed_at timestamp with time zone[] not null,
    primary key (bucket, account_id)
);

create table server_secrets (
    name text not null,
    wrapped bytea not null,
    created_at timestamp with time zone not null,
    primary key (name)
);

create table sign_in_addresses (
    bucket smallint not null,
    account_id bigint not null,
    address_hash bytea not null,
    network_hashes bytea[] not null,
    sealed bytea not null,
    used_at timestamp with time zone not null,
    primary key (bucket, account_id, address_hash)
);
create index sign_in_addresses_by_age on sign_in_addresses (used_at);
create index sign_in_addresses_by_network on sign_in_addresses using gin (network_hashes);

create table site_texts (
    kind text not null,
    effective_on date not null,
    text text not null,
    html text not null,
    created_at timestamp with time zone not null,
    primary key (kind, effective_on)
);

create table status_counts (
    bucket smallint not null,
    status_id bigint not null,
    version integer not null,
    replies_count integer not null,
    reblogs_count integer not null,
    favourites_count integer not null,
    quotes_count integer not null default 0,
    primary key (status_id, bucket)
) with (fillfactor=70);

create table status_edits (
    bucket smallint not null,
    status_id bigint not null,
    version integer not null,
    content text not null,
    spoiler_text text not null,
    sensitive boolean not null,
    poll_options text[],
    created_at timestamp with time zone not null,
    media jsonb,
    quote_of_id bigint,
    sealed bytea,
    primary key (bucket, status_id, version)
);

create table status_favourites (
    bucket smallint not null,
    status_id bigint not null,
    account_id bigint not null,
    id bigint not null,
    primary key (bucket, status_id, account_id)
);
create index status_favourites_by_time on status_favourites using brin (id);
create index status_favourites_in_order on status_favourites (bucket, status_id, id desc);
create index status_favourites_recent on status_favourites (id desc) include (status_id, account_id);

create table status_quotes (
    bucket smallint not null,
    status_id bigint not null,
    quoting_id bigint not null,
    account_id bigint not null,
    state smallint not null,
    primary key (bucket, status_id, quoting_id)
);

create table status_reblogs (
    bucket smallint not null,
    status_id bigint not null,
    account_id bigint not null,
    id bigint not null,
    primary key (bucket, status_id, account_id)
);
create index status_reblogs_in_order on status_reblogs (bucket, status_id, id desc);
create index status_reblogs_recent on status_reblogs (id desc) include (status_id, account_id);

create table statuses (
    bucket smallint not null,
    id bigint not null,
    account_id bigint not null,
    visibility smallint not null,
    text text not null,
    content text not null,
    spoiler_text text not null,
    sensitive boolean not null,
    language text,
    in_reply_to_id bigint,
    in_reply_to_account_id bigint,
    thread_id bigint not null,
    reblog_of_id bigint,
    mention_ids bigint[] not null,
    tags text[] not null,
    poll_id bigint,
    application_name text,
    application_website text,
    uri text,
    url text,
    created_at timestamp with time zone not null,
    edited_at timestamp with time zone,
    quote_of_id bigint,
    quote_of_account_id bigint,
    quote_state smallint,
    quote_policy smallint not null default 0,
    card_id bigint,
    media_ids bigint[] not null default '{}'::bigint[],
    sealed bytea,
    reply_policy smallint not null default 0,
    primary key (id, bucket)
);
create index statuses_by_account on statuses (bucket, account_id, id desc);
create index statuses_public on statuses (id desc) where visibility = 0 and reblog_of_id is null and (in_reply_to_account_id is null or in_reply_to_account_id = account_id);
create index statuses_to_seal on statuses (id) where reblog_of_id is null and uri is null and (sealed is null or visibility = 3 and get_byte(sealed, 0) = 1);
create index statuses_with_media_by_account on statuses (bucket, account_id, id desc) where media_ids <> '{}'::bigint[];
create index statuses_with_media_public on statuses (id desc) where visibility = 0 and reblog_of_id is null and media_ids <> '{}'::bigint[];

create table suggestion_lists (
    bucket smallint not null,
    account_id bigint not null,
    account_ids bigint[] not null,
    people smallint[] not null,
    computed_at timestamp with time zone not null,
    primary key (bucket, account_id)
);

create table tag_entries (
    bucket smallint not null,
    tag text not null,
    status_id bigint not null,
    account_id bigint not null,
    primary key (bucket, tag, status_id)
);

create table tag_followers (
    bucket smallint not null,
    tag text not null,
    account_id bigint not null,
    id bigint not null,
    primary key (bucket, tag, account_id)
);
create index tag_followers_in_order on tag_followers (bucket, tag, id);

create table tag_names (
    bucket smallint not null,
    name text not null,
    folded text collate "C" not null,
    used_id bigint not null,
    primary key (folded, name, bucket)
);

create table tags (
    bucket smallint not null,
    id bigint not null,
    name text not null,
    display_name text not null,
    created_at timestamp with time zone not null,
    primary key (bucket, id)
);

create table thread_entries (
    bucket smallint not null,
    thread_id bigint not null,
    status_id bigint not null,
    parent_id bigint,
    primary key (bucket, thread_id, status_id)
);

create table trend_decisions (
    bucket smallint not null,
    kind smallint not null,
    subject_id bigint not null,
    allowed boolean not null,
    decided_by bigint,
    decided_at timestamp with time zone not null,
    primary key (bucket, kind, subject_id)
);

create table trends (
    kind smallint not null,
    subject_id bigint not null,
    position integer not null,
    score double precision not null,
    language text,
    group_id bigint,
    allowed boolean,
    primary key (kind, subject_id)
);

create table usage_days (
    bucket smallint not null,
    kind smallint not null,
    subject_id bigint not null,
    day date not null,
    shard smallint not null,
    times integer not null,
    accounts integer not null,
    primary key (bucket, kind, subject_id, day, shard)
) with (fillfactor=70);
create index usage_days_by_day on usage_days (day);

create table usages (
    bucket smallint not null,
    kind smallint not null,
    subject_id bigint not null,
    day date not null,
    account_id bigint not null,
    times integer not null,
    language text,
    first_at timestamp with time zone not null,
    primary key (bucket, kind, subject_id, day, account_id)
) with (fillfactor=80);
create index usages_recent on usages (kind, first_at desc);

create table users (
    bucket smallint not null,
    account_id bigint not null,
    email text not null,
    password_hash text not null,
    role text not null,
    locale text not null,
    sign_up_reason text not null,
    default_visibility smallint not null,
    default_sensitive boolean not null,
    default_language text,
    created_at timestamp with time zone not null,
    confirmed_at timestamp with time zone,
    approved_at timestamp with time zone,
    disabled_at timestamp with time zone,
    last_active_on date,
    default_quote_policy smallint not null default 0,
    application_id bigint,
    email_hash bytea,
    sealed bytea,
    primary key (account_id, bucket)
) with (fillfactor=80);
create index users_disabled on users (account_id) where disabled_at is not null;
create index users_pending on users (account_id) where approved_at is null;
create index users_staff on users (account_id) where role <> 'user'::text;
create index users_unsealed on users (account_id) where sealed is null and (email <> ''::text or sign_up_reason <> ''::text);

create table wall_by_hand (
    name text not null,
    height text not null,
    until timestamp with time zone not null,
    primary key (name)
);

create table weekly_activity (
    week date not null,
    statuses_total bigint not null,
    logins integer not null,
    registrations integer not null,
    primary key (week)
);
