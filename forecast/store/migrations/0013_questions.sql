-- Standing questions: what every run is asked, the chance it gave, and, from what is published since,
-- whether it came.

-- The event: the statistic of the months' counts lies above `above` and below `below`. -1 and
-- 1000000000000 are no bound.
create table questions (
    id integer primary key,
    series_id integer not null references series (id),
    kind text not null,
    first_month text not null,
    last_month text not null,
    statistic text not null check (statistic in ('sum', 'max', 'min')),
    above integer not null,
    below integer not null,
    unique (series_id, kind, first_month, last_month, above, below)
) strict;

-- basis: 'issued' by a run, or 'hindcast', what the engine of that version would have said from
-- the data up to the cutoff. base_rate: how often such questions had come true before.
create table answers (
    question_id integer not null references questions (id),
    basis text not null check (basis in ('issued', 'hindcast')),
    cutoff text not null,
    run_id integer references runs (id),
    version text not null,
    chance real not null check (chance between 0 and 1),
    base_rate real not null check (base_rate between 0 and 1)
) strict;

create unique index answers_once on answers (question_id, basis, cutoff, ifnull(run_id, 0));
