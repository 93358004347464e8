-- Corpora, from PENDING to a final state. Their bytes are in the object store.
create table corpus (
    sequence bigint generated always as identity unique,
    name text primary key,
    -- A second request with the same id is the same request.
    request_id text not null unique,
    state text not null default 'PENDING'
        check (state in ('PENDING', 'RUNNING', 'CANCELLING', 'SEALED', 'FAILED', 'CANCELLED')),
    sources text[] not null,
    validation_fraction double precision not null,
    -- The cut rule in force when the corpus was asked for: a second attempt must not use another.
    document_bytes int not null,
    max_document_bytes int not null,
    shard_bytes bigint not null,
    run text not null,
    source_bytes bigint not null,
    read_bytes bigint not null default 0,
    documents bigint not null default 0,
    duplicates bigint not null default 0,
    train_bytes bigint not null default 0,
    validation_bytes bigint not null default 0,
    shards int not null default 0,
    manifest_sha256 text not null default '',
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    revision bigint not null default 1
);

-- Shards that were told of: an attempt after a crash meets them again and tells nothing.
create table document_shard (
    name text primary key,
    corpus text not null references corpus (name),
    sha256 text not null
);
