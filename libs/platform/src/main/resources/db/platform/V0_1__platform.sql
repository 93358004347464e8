-- What platform keeps in every service's schema.

-- Facts that are true but not yet on Kafka.
create table outbox (
    seq bigint generated always as identity primary key,
    id text not null unique,
    type text not null,
    subject text not null,
    run text not null,
    time timestamptz not null,
    data bytea not null
);

-- Events that were dealt with; an id that is here changes nothing.
create table inbox (
    id text primary key,
    time timestamptz not null default now()
);

-- Work that is waiting or claimed. A row is gone when the work is done, whatever its outcome.
create table work (
    name text primary key,
    kind text not null,
    create_time timestamptz not null default now(),
    not_before timestamptz not null default now(),
    attempts int not null default 0,
    owner text,
    expire_time timestamptz
);
create index work_waiting on work (kind, create_time);
