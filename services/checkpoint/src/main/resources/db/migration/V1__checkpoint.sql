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
    create_time timestamptz not null,
    -- When somebody last began to read all of its files anew, without being asked to.
    verify_time timestamptz not null default now()
);
create unique index checkpoint_of_run on checkpoint (run, training, (-step));
create index checkpoint_to_verify on checkpoint (verify_time) where state = 'ACTIVE';

-- One row for each model: the lock under which its versions are numbered and its aliases moved.
create table model (
    sequence bigint generated always as identity primary key,
    name text not null unique,
    workspace text not null
);
create index model_of_workspace on model (workspace, name);

create table model_version (
    sequence bigint generated always as identity primary key,
    workspace text not null,
    model text not null references model (name),
    version bigint not null,
    request_key text not null unique,
    -- Edges to what it is made of: the names of a checkpoint, of an import.
    parents text[] not null,
    dataset text not null,
    tokenizer text not null,
    run text not null,
    -- Who asked for it.
    caller text not null,
    -- key=value, sorted; no key has a = in it.
    labels text[] not null default '{}',
    note text not null default '',
    -- The JSON of manifest.json, byte for byte; null until the version is published.
    manifest text,
    create_time timestamptz not null,
    -- ACTIVE or CORRUPT
    state text not null default 'ACTIVE',
    -- What was found; empty unless CORRUPT.
    corruption text not null default '',
    -- When somebody last began to read all of its files anew.
    verify_time timestamptz not null default now(),
    -- When its number was last asked for; null once it is published, or its leftovers are collected.
    reserve_time timestamptz,
    unique (model, version)
);
create index model_version_of_workspace on model_version (workspace, sequence);
create index model_version_of_model on model_version (model, sequence);
create index model_version_of_parent on model_version using gin (parents);
create index model_version_to_verify on model_version (verify_time) where state = 'ACTIVE' and manifest is not null;
create index model_version_reserved on model_version (reserve_time) where reserve_time is not null;

create table model_alias (
    model text not null references model (name),
    alias text not null,
    version bigint not null,
    update_time timestamptz not null default now(),
    primary key (model, alias),
    foreign key (model, version) references model_version (model, version)
);

-- What is kept of every change of a model; nothing changes or removes a row.
create table model_change (
    sequence bigint generated always as identity primary key,
    model text not null references model (name),
    action text not null,
    subject text not null,
    before text not null,
    after text not null,
    caller text not null,
    time timestamptz not null default now()
);
create index model_change_of_model on model_change (model, sequence);

-- Uploaded files, each the object of its name. The row is there before the object, so that none is forgotten.
create table model_file (
    -- workspaces/{workspace}/modelFiles/{sha256}
    name text primary key,
    size bigint not null,
    -- Whether the object is there, whole.
    stored boolean not null default false,
    -- When it was last uploaded, found or imported.
    use_time timestamptz not null default now()
);
create index model_file_by_use on model_file (use_time);

create table model_import (
    sequence bigint generated always as identity primary key,
    name text not null unique,
    request_key text not null unique,
    caller text not null,
    -- PENDING, RUNNING, CANCELLING, SUCCEEDED, FAILED or CANCELLED
    state text not null default 'PENDING',
    model text not null,
    -- A key below the workspace's inbox; empty where files were uploaded.
    source text not null,
    run text not null,
    written_bytes bigint not null default 0,
    bytes bigint not null default 0,
    model_version text not null default '',
    tokenizer text not null default '',
    architecture text not null default '',
    parameters bigint not null default 0,
    dtype text not null default '',
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null default now(),
    update_time timestamptz not null default now()
);

create table model_import_file (
    import text not null references model_import (name),
    position int not null,
    file_name text not null,
    -- The model_file.
    name text not null,
    size bigint not null,
    primary key (import, position)
);
create index model_import_file_by_name on model_import_file (name);
