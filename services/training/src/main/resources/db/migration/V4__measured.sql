-- JSON of the hyperparameters before anything was chosen; null where nothing was left open.
alter table training_job add column asked text;
-- JSON of what was chosen, and of what the job takes.
alter table training_job add column choices text not null default '[]';
alter table training_job add column preflight text not null default '{}';
comment on column training_job.state is
    'PENDING, CHECKING, RUNNING, PAUSING, PAUSED, CANCELLING, SUCCEEDED, FAILED or CANCELLED';

-- Of all steps since the measurement before; null in rows that are older than these columns.
alter table training_measurement add column lowest_loss double precision;
alter table training_measurement add column highest_loss double precision;
alter table training_measurement add column flops_per_second double precision not null default 0;
alter table training_measurement add column mfu double precision not null default 0;
alter table training_measurement add column step_seconds double precision not null default 0;
alter table training_measurement add column data_wait_seconds double precision not null default 0;
alter table training_measurement add column memory_bytes bigint not null default 0;
