-- Why a border's forecast of a month moved from one run to the next; the parts add up exactly.

-- before + method + revisions + season + surprise = after, in encounters. method: the engine or its
-- settings changed. revisions: months known before were restated. season: time passed, as if the
-- new months had come as forecast. surprise: they did not.
create table changes (
    run_id integer not null references runs (id),
    series_id integer not null references series (id),
    month text not null,
    before_run_id integer not null references runs (id),
    before integer not null,
    method integer not null,
    revisions integer not null,
    season integer not null,
    surprise integer not null,
    after integer not null,
    primary key (run_id, series_id, month),
    check (before + method + revisions + season + surprise = after)
) strict, without rowid;
