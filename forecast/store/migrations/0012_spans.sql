-- From what a run's paths are drawn, and the sums over months that it answered.

-- rule: of drawing, see forecast/engine/paths.py. correlation: JSON, rows of the borders' monthly
-- steps, in the order of `borders`.
create table path_rules (
    run_id integer primary key references runs (id),
    rule integer not null,
    seed integer not null,
    borders text not null,
    correlation text not null
) strict;

-- marks: float32, little-endian, by zlib, months x probabilities, quantiles of log1p counts. share: of its
-- total that a part and those beside it make up. known: JSON, counts of a total in months that its
-- parts still forecast.
create table path_marks (
    run_id integer not null references runs (id),
    series_id integer not null references series (id),
    cutoff text not null,
    marks blob not null,
    share real not null check (share >= 0 and share <= 1),
    known text not null,
    primary key (run_id, series_id)
) strict;  -- blobs of a kilobyte would leave half of every page of a clustered table empty

create table spans (
    run_id integer not null references runs (id),
    series_id integer not null references series (id),
    span text not null,
    first_month text not null,
    last_month text not null,
    cutoff text not null,
    months_published integer not null check (months_published >= 0),
    published integer not null check (published >= 0),
    median integer not null,
    lo50 integer not null,
    hi50 integer not null,
    lo80 integer not null,
    hi80 integer not null,
    lo90 integer not null,
    hi90 integer not null,
    lo95 integer not null,
    hi95 integer not null,
    primary key (run_id, series_id, span),
    check (
        0 <= lo95 and lo95 <= lo90 and lo90 <= lo80 and lo80 <= lo50 and lo50 <= median
        and median <= hi50 and hi50 <= hi80 and hi80 <= hi90 and hi90 <= hi95
    )
) strict, without rowid;
