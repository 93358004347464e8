create table training_job (
    name text primary key,
    request_id text not null unique,
    run text not null,
    dataset text not null,
    -- JSON of the model's shape and of the hyperparameters.
    model text not null,
    training text not null,
    recipe text not null,
    -- PENDING, RUNNING, PAUSING, PAUSED, CANCELLING, SUCCEEDED, FAILED or CANCELLED
    state text not null,
    step bigint not null default 0,
    loss double precision not null default 0,
    validation_loss double precision not null default 0,
    tokens_per_second double precision not null default 0,
    last_checkpoint text not null default '',
    parameters bigint not null,
    failure_reason text not null default '',
    failure_message text not null default '',
    create_time timestamptz not null,
    update_time timestamptz not null,
    revision bigint not null default 1,
    sequence bigint generated always as identity unique
);

-- Two jobs must not write the same checkpoints.
create unique index training_job_of_run on training_job (run)
    where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED');

create table training_measurement (
    job text not null references training_job (name),
    sequence bigint generated always as identity,
    step bigint not null,
    loss double precision not null,
    learning_rate double precision not null,
    gradient_norm double precision not null,
    tokens_per_second double precision not null,
    -- Null unless the step ended with a validation.
    validation_loss double precision,
    time timestamptz not null,
    primary key (job, sequence)
);
