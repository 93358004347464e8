-- Corpora, from PENDING to a final state. Their bytes are in the object store.
create table corpus (
    sequence bigint generated always as identity unique,
    -- The full name, workspaces/{workspace}/corpora/{corpus}.
    name text primary key,
    workspace text not null,
    -- A second request with the same key is the same request.
    request_key text not null unique,
    state text not null default 'PENDING'
        check (state in ('PENDING', 'RUNNING', 'CANCELLING', 'SEALED', 'FAILED', 'CANCELLED')),
    -- Full names, and by source, in their order, what kind of text it is.
    sources text[] not null,
    kinds text[] not null,
    validation_fraction double precision not null,
    format text not null check (format in ('TEXT', 'JSONL')),
    -- The cut rule in force when the corpus was asked for: a second attempt must not use another.
    document_bytes int not null,
    max_document_bytes int not null,
    shard_bytes bigint not null,
    run text not null,
    source_bytes bigint not null,
    read_bytes bigint not null default 0,
    documents bigint not null default 0,
    pairs bigint not null default 0,
    conversations bigint not null default 0,
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
create index corpus_of_workspace on corpus (workspace, sequence desc);

-- Shards that were told of: an attempt after a crash meets them again and tells nothing.
create table document_shard (
    name text primary key,
    corpus text not null references corpus (name),
    sha256 text not null
);

-- What kind of text an uploaded file is, as its last sender within the workspace said or its name told.
create table upload (
    name text primary key,
    kind text not null
);
