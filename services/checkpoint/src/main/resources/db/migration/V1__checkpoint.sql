-- Names are full: they begin with their workspace.

create table checkpoint (
    sequence bigint generated always as identity primary key,
    name text not null unique,
    request_key text not null unique,
    run text not null,
    -- The step of the run's recipe that trained it.
    training text not null,
    step bigint not null,
    -- ACTIVE, CORRUPT or DELETED
    state text not null,
    -- What verification found; empty unless CORRUPT.
    corruption text not null default '',
    dataset text not null,
    tokenizer text not null,
    validation_loss double precision not null,
    -- The JSON of manifest.json, byte for byte.
    manifest text not null,
    create_time timestamptz not null
);
create unique index checkpoint_of_run on checkpoint (run, training, (-step));

-- One row for each model: the lock under which its versions are numbered.
create table model (
    name text primary key
);

create table model_version (
    sequence bigint generated always as identity primary key,
    workspace text not null,
    model text not null references model (name),
    version bigint not null,
    request_key text not null unique,
    -- What it is made of.
    checkpoint text not null references checkpoint (name),
    dataset text not null,
    tokenizer text not null,
    -- The JSON of manifest.json, byte for byte; null until the version is published.
    manifest text,
    create_time timestamptz not null,
    unique (model, version)
);
create index model_version_of_workspace on model_version (workspace, sequence);
create index model_version_of_model on model_version (model, sequence);
