-- What model versions are worth on datasets. The sums are of the windows that are scored so far, so a worker that takes
-- over goes on where the last one stopped. Names are full: they begin with their workspace.
create table evaluation (
    sequence bigint generated always as identity primary key,
    workspace text not null,
    name text not null unique,
    request_key text not null unique,
    run text not null,
    model_version text not null,
    dataset text not null,
    -- 0: all.
    max_tokens bigint not null,
    priority int not null,
    state text not null,
    tokens bigint not null default 0,
    windows bigint not null default 0,
    scored_tokens bigint not null default 0,
    scored_bytes bigint not null default 0,
    nats double precision not null default 0,
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now(),
    revision bigint not null default 1
);
create index evaluation_of_workspace on evaluation (workspace, sequence);
