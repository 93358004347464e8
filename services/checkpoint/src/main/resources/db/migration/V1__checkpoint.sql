create table checkpoint (
    name text primary key,
    request_id text not null unique,
    run text not null,
    step bigint not null,
    -- ACTIVE or CORRUPT
    state text not null,
    -- What verification found; empty while ACTIVE.
    corruption text not null default '',
    dataset text not null,
    validation_loss double precision not null,
    -- The JSON of manifest.json, byte for byte.
    manifest text not null,
    create_time timestamptz not null,
    unique (run, step)
);

-- One row for each model: the lock under which its versions are numbered.
create table model (
    name text primary key
);

create table model_version (
    model text not null references model (name),
    version bigint not null,
    request_id text not null unique,
    -- The checkpoint that it is made of.
    run text not null,
    step bigint not null,
    -- The JSON of manifest.json, byte for byte; null until the version is published.
    manifest text,
    create_time timestamptz not null,
    sequence bigint generated always as identity unique,
    primary key (model, version),
    foreign key (run, step) references checkpoint (run, step)
);
