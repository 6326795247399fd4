-- Scores, quantiles and reports of a run that another follows: no view shows them any more. rows: the
-- text that their part's digest is made of, by zlib; see forecast/store/aside.py.
create table set_aside (
    part text not null check (part in ('scores', 'quantiles', 'reports')),
    run_id integer not null references runs (id),
    rows blob not null,
    primary key (part, run_id)
) strict;
