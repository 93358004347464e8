alter table training_job
    -- Of those that are kept; empty before the first.
    add column best_checkpoint text not null default '',
    add column best_validation_loss double precision not null default 0,
    add column skipped_batches bigint not null default 0,
    -- Empty unless it is PAUSED, and paused by itself.
    add column pause_reason text not null default '';
