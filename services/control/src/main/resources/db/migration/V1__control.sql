-- Runs, as of their newest event, and every event that they had.

create table run (
    -- The order of lists.
    position bigint generated always as identity unique,
    -- In full: workspaces/{workspace}/runs/{run}.
    name text primary key,
    -- As in workspaces/default.
    workspace text not null,
    -- Of the caller, the method and the request id.
    request_key text not null unique,
    recipe text not null,
    sources text[] not null,
    priority int not null,
    create_time timestamptz not null,
    -- The graph: [{"name": "encode", "kind": "encode", "spec": {}, "inputs": {"corpus": {"step": "ingest", ...}}}, ...].
    plan jsonb not null,
    state text not null,
    -- Where each step stands: see StepStatus. A list, since the order is told by it.
    steps jsonb not null,
    -- Of its newest event: when, about which step, and what it said.
    time timestamptz not null,
    about text not null,
    message text not null,
    end_time timestamptz,
    -- Of its newest event. A status is written only over the one that it was made from, and this number tells.
    sequence bigint not null
);
create index run_open on run (state) where end_time is null;
create index run_list on run (workspace, position);

create table run_event (
    run text not null references run (name),
    sequence bigint not null,
    time timestamptz not null,
    state text not null,
    -- Empty where the event is about the run as a whole; the next six mean nothing then.
    step text not null,
    step_state text not null,
    attempt int not null,
    done bigint not null,
    total bigint not null,
    unit text not null,
    -- {"loss": 3.5, "tokens_per_second": 21000}.
    numbers jsonb not null,
    seconds_left double precision,
    message text not null,
    primary key (run, sequence)
);
