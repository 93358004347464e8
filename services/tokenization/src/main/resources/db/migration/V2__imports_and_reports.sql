-- How far training has read, and the quality report beside the tokenizer: empty where there is none.
alter table tokenizer
    add column read_bytes bigint not null default 0,
    add column source_bytes bigint not null default 0,
    add column report_sha256 text not null default '';
