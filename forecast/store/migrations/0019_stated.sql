-- Nothing that is shown or built on is left out of the ledger: the source's words, joined labels,
-- paths kept before their run, each proof when it is had.

-- Made anew without its list of kinds: forecast/store/kinds.py has them, with what each may state.
create table entries_before as select * from entries;
drop table entries;

create table entries (
    id integer primary key,
    scheme integer not null,
    schema integer not null,
    kind text not null,
    run_id integer references runs (id),
    subject text not null,
    parts text not null,
    previous text not null,
    digest text not null unique
) strict;

insert into entries select * from entries_before;
drop table entries_before;

create index entries_run on entries (run_id);
create index entries_subject on entries (subject);

-- The chance that the last value, with intervals of the same kind, gives to a standing question: a
-- second yardstick beside the base rate. Null for answers of before, and where it was not asked.
alter table answers add column last_value real check (last_value between 0 and 1);
