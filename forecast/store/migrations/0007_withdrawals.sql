-- A faulty run is withdrawn, never edited: it stays in the record and in the chain of digests, and
-- the views pass over it.

create table withdrawals (
    run_id integer primary key references runs (id),
    why text not null check (trim(why) <> ''),
    by text not null check (trim(by) <> ''),
    at text not null
) strict;
