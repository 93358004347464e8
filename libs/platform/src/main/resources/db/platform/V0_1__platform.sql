-- What platform keeps in every service's schema.

-- Facts that are true but not yet on Kafka.
create table outbox (
    seq bigint generated always as identity primary key,
    id text not null unique,
    type text not null,
    subject text not null,
    run text not null,
    time timestamptz not null,
    data bytea not null,
    -- W3C Trace Context of the call in which the fact became true; empty where nobody traces.
    traceparent text not null
);
create index outbox_subject on outbox (subject);

-- Events that were dealt with; an id that is here changes nothing.
create table inbox (
    id text primary key,
    time timestamptz not null default now()
);
create index inbox_time on inbox (time);

-- Work that is waiting or claimed. A row is gone when the work is done, whatever its outcome.
create table work (
    name text primary key,
    kind text not null,
    workspace text not null,
    -- Higher first, within the workspace.
    priority int not null,
    create_time timestamptz not null default clock_timestamp(),
    not_before timestamptz not null default clock_timestamp(),
    attempts int not null default 0,
    owner text,
    expire_time timestamptz,
    -- W3C Trace Context of the call that offered the work; empty where nobody traces.
    traceparent text not null
);
create index work_claim on work (kind, workspace, (-priority), not_before);

-- When a workspace's work of a kind was last claimed: whoever has waited longest is next.
create table work_turn (
    kind text not null,
    workspace text not null,
    time timestamptz not null,
    primary key (kind, workspace)
);
