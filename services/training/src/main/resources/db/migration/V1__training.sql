create table training_job (
    -- workspaces/{workspace}/trainingJobs/{job}
    name text primary key,
    workspace text not null,
    request_key text not null unique,
    run text not null,
    -- The run's step.
    training text not null,
    dataset text not null,
    -- Empty where nobody told.
    tokenizer text not null,
    -- JSON of the spec, and of it before anything was chosen.
    spec text not null,
    asked text not null,
    -- A model version or a checkpoint, and JSON of what is read of it; empty where the first weights come from the seed.
    init text not null,
    init_weights text not null,
    recipe text not null,
    priority int not null,
    -- JSON of what was chosen, and of what the job takes.
    choices text not null,
    preflight text not null,
    -- PENDING, CHECKING, RUNNING, PAUSING, PAUSED, CANCELLING, SUCCEEDED, FAILED or CANCELLED
    state text not null,
    step bigint not null default 0,
    loss double precision not null default 0,
    validation_loss double precision not null default 0,
    tokens_per_second double precision not null default 0,
    last_checkpoint text not null default '',
    -- Of those that are kept; empty before the first.
    best_checkpoint text not null default '',
    best_validation_loss double precision not null default 0,
    skipped_batches bigint not null default 0,
    -- Empty unless it is PAUSED, and paused by itself.
    pause_reason text not null default '',
    -- Why the bits may differ from those of a run that nothing disturbed; empty where they do not.
    inexact text not null default '',
    parameters bigint not null,
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null default 1,
    sequence bigint generated always as identity unique
);

create index training_job_of_workspace on training_job (workspace, sequence);

-- Two jobs must not write the same checkpoints.
create unique index training_job_of_run on training_job (run, training)
    where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED');

create table training_measurement (
    job text not null references training_job (name),
    sequence bigint generated always as identity,
    step bigint not null,
    loss double precision not null,
    -- Of all steps since the measurement before.
    min_loss double precision not null,
    max_loss double precision not null,
    learning_rate double precision not null,
    gradient_norm double precision not null,
    tokens_per_second double precision not null,
    flops_per_second double precision not null default 0,
    mfu double precision not null default 0,
    step_seconds double precision not null default 0,
    data_wait_seconds double precision not null default 0,
    memory_bytes bigint not null default 0,
    -- Null unless the step ended with a validation.
    validation_loss double precision,
    time timestamptz not null,
    primary key (job, sequence)
);

-- Who works at an attempt at a job of several processes. Those but rank 0 are also work of the kind training-seat.
create table training_seat (
    -- {job}/attempts/{attempt}/seats/{rank}
    name text primary key,
    job text not null references training_job (name),
    attempt text not null,
    rank int not null,
    -- JSON of what all their trainers are made of.
    setup text not null,
    -- host:port; empty until somebody sits there.
    address text not null default '',
    unique (job, attempt, rank)
);
