-- Tokenizers, from PENDING to a final state. Their files are in the object store.
create table tokenizer (
    sequence bigint generated always as identity unique,
    name text primary key,
    -- A second request with the same id is the same request.
    request_id text not null unique,
    state text not null default 'PENDING'
        check (state in ('PENDING', 'TRAINING', 'CANCELLING', 'READY', 'FAILED', 'CANCELLED')),
    corpus text not null,
    -- Of the corpus's manifest when the tokenizer was asked for: a second attempt must not learn from another.
    corpus_sha256 text not null,
    vocabulary_size int not null,
    run text not null,
    tokens int not null default 0,
    sha256 text not null default '',
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    revision bigint not null default 1
);

create table dataset (
    sequence bigint generated always as identity unique,
    name text primary key,
    request_id text not null unique,
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
create index dataset_encoding on dataset (update_time) where state = 'ENCODING';

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
