-- A line of text that is longer than the limit in force when the corpus was asked for is cut, or refused where it is strict.
alter table corpus
    add column strict boolean not null default false,
    add column max_line_bytes int not null default 1048576;
