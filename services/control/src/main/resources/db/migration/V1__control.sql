-- Runs, as of their newest event, and every event that they had.

create table run (
    -- The order of lists.
    position bigint generated always as identity unique,
    name text primary key,
    request_id text not null unique,
    recipe text not null,
    sources text[] not null,
    create_time timestamptz not null,
    state text not null,
    stage text not null,
    -- {"CORPUS": "corpora/r-1", ...}: see Result.
    results jsonb not null,
    -- {"INGEST": {"start": "2026-01-01T00:00:00Z", "end": ...}, ...}: see StageTime.
    stages jsonb not null,
    failure_domain text,
    failure_reason text,
    failure_message text,
    end_time timestamptz,
    troubles int not null,
    -- Of its newest event. A status is written only over the one that it was made from, and this number tells.
    sequence bigint not null
);
create index run_open on run (state) where end_time is null;

create table run_event (
    run text not null references run (name),
    sequence bigint not null,
    time timestamptz not null,
    state text not null,
    stage text not null,
    done bigint not null,
    total bigint not null,
    unit text not null,
    loss double precision,
    validation_loss double precision,
    tokens_per_second double precision,
    seconds_left double precision,
    message text not null,
    primary key (run, sequence)
);
