-- A statement may be of a month's first days alone: "1,550 a day over 20 days".
alter table dated_lines add column days integer not null default 0 check (days >= 0);

-- Months of a delivery that are not complete: its counts of them are provisional until a later
-- delivery states them without that mark. said: "file" where it says so, "habit" where deliveries
-- before show it. share: how much of its last count such a month has by habit, low and high the 80%
-- interval of that; null where no deliveries before tell.
create table unfinished (
    release_id integer not null references releases (id),
    series_id integer not null references series (id),
    month text not null,
    said text not null check (said in ('file', 'habit')),
    share real check (share > 0),
    low real,
    high real,
    primary key (release_id, series_id, month)
) strict, without rowid;

-- The dated statements of months not published yet that a run rested on.
create table run_provisional (
    run_id integer not null references runs (id),
    batch_id integer not null references dated_batches (id),
    primary key (run_id, batch_id)
) strict, without rowid;
