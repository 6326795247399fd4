-- One chain of entries in the place of digests and seals; see forecast/store/ledger.py. An entry is
-- written in the transaction that changes what it covers, and none is ever changed.

-- scheme: how digest is made. schema: the version of the tables. run_id: the last run then.
-- subject: what it is about: "run 3", "notice 2", "release 4", or "". parts: JSON, part -> sha256.
create table entries (
    id integer primary key,
    scheme integer not null,
    schema integer not null,
    kind text not null check (kind in (
        'schema', 'accepted', 'refused', 'run', 'written', 'renewed', 'approved', 'rejected',
        'expired', 'withdrawn'
    )),
    run_id integer references runs (id),
    subject text not null,
    parts text not null,
    previous text not null,
    digest text not null unique
) strict;

create index entries_run on entries (run_id);
create index entries_subject on entries (subject);

-- scheme: how the run's digest was made; 1 covers its row, releases, forecasts and quantiles.
alter table runs add column scheme integer not null default 1;

-- The run that wrote the row, null for those of earlier programs; a kept path has none until the
-- run is published that it was computed for.
alter table judgements add column published_in integer references runs (id);
alter table flags add column published_in integer references runs (id);
alter table flags add column systemic_in integer references runs (id);
alter table episodes add column published_in integer references runs (id);
alter table episodes add column closed_in integer references runs (id);
alter table drivers add column published_in integer references runs (id);
alter table model_paths add column published_in integer references runs (id);

create index judgements_published on judgements (published_in);
create index model_paths_published on model_paths (published_in);

drop table seals;
