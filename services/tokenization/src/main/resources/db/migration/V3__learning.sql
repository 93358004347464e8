-- How far learning merges is, as tokens that the vocabulary has so far, and which of two equal pairs it merges first.
alter table tokenizer
    add column learned_tokens int not null default 0,
    add column tie_rule text not null default 'SMALLEST_IDS' check (tie_rule in ('SMALLEST_IDS', 'LEXICOGRAPHIC'));
