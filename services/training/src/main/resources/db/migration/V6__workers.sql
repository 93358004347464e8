alter table training_job
    -- Why the bits may differ from those of a run that nothing disturbed; empty where they do not.
    add column inexact text not null default '';

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
