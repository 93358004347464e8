-- Tokenizers, from PENDING to a final state. Their files are in the object store.
create table tokenizer (
    sequence bigint generated always as identity unique,
    -- The full name, workspaces/{workspace}/tokenizers/{tokenizer}.
    name text primary key,
    workspace text not null,
    -- A second request with the same key is the same request. It says the method, so that of an import and that of a
    -- training differ.
    request_key text not null unique,
    state text not null default 'PENDING'
        check (state in ('PENDING', 'TRAINING', 'CANCELLING', 'READY', 'FAILED', 'CANCELLED')),
    corpus text not null,
    -- Of the corpus's manifest when the tokenizer was asked for: a second attempt must not learn from another.
    corpus_sha256 text not null,
    vocabulary_size int not null,
    -- Which of two equal pairs learning merges first.
    tie_rule text not null default 'SMALLEST_IDS' check (tie_rule in ('SMALLEST_IDS', 'LEXICOGRAPHIC')),
    run text not null,
    -- How far training has read, and how far learning merges is, as tokens that the vocabulary has so far.
    read_bytes bigint not null default 0,
    source_bytes bigint not null default 0,
    learned_tokens int not null default 0,
    tokens int not null default 0,
    sha256 text not null default '',
    -- Of the quality report beside the tokenizer: empty where there is none.
    report_sha256 text not null default '',
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    revision bigint not null default 1
);
create index tokenizer_of_workspace on tokenizer (workspace, sequence desc);

create table dataset (
    sequence bigint generated always as identity unique,
    -- The full name, workspaces/{workspace}/datasets/{dataset}.
    name text primary key,
    workspace text not null,
    request_key text not null unique,
    state text not null default 'ENCODING' check (state in ('ENCODING', 'SEALED', 'FAILED', 'CANCELLED')),
    corpus text not null,
    corpus_sha256 text not null,
    tokenizer text not null references tokenizer (name),
    tokenizer_sha256 text not null,
    vocabulary_size int not null,
    run text not null,
    shards int not null,
    sealed_shards int not null default 0,
    train_tokens bigint not null default 0,
    validation_tokens bigint not null default 0,
    train_bytes bigint not null default 0,
    validation_bytes bigint not null default 0,
    manifest_sha256 text not null default '',
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    revision bigint not null default 1
);
create index dataset_of_workspace on dataset (workspace, sequence desc);

-- One row for each shard of a dataset. Sealed once it has a digest.
create table token_shard (
    name text primary key,
    dataset text not null references dataset (name),
    -- In the corpus's manifest, and so in the dataset's.
    position int not null,
    document_key text not null,
    document_sha256 text not null,
    split text not null check (split in ('train', 'validation')),
    text_bytes bigint not null,
    sha256 text not null default '',
    size bigint not null default 0,
    tokens bigint not null default 0,
    unique (dataset, position)
);
