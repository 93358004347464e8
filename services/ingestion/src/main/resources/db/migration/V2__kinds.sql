-- What kind of text an uploaded file is, as its last sender said or its name told.
create table upload (
    name text primary key,
    kind text not null
);

-- By source, in their order; empty in a corpus from before there were kinds.
alter table corpus
    add column kinds text[] not null default '{}';
