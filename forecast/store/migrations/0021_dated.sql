-- Dated statements of what a count was, apart from releases: a press release of the day, a copy that
-- somebody kept. A batch is what was added at once; it is withdrawn as a whole, and never changed.
create table dated_batches (
    id integer primary key,
    measure_id integer not null,
    name text not null,
    sha256 text not null,
    added_at text not null
) strict;

create table dated_lines (
    batch_id integer not null references dated_batches (id),
    place integer not null,
    border text not null,
    dimension text not null,
    member text not null,
    component text not null,
    first_month text not null,
    last_month text not null check (last_month >= first_month),
    encounters integer not null check (encounters >= 0),
    rounding integer not null check (rounding >= 1),
    known_by text not null,
    source text not null,
    primary key (batch_id, place)
) strict, without rowid;

create table dated_withdrawals (
    batch_id integer primary key references dated_batches (id),
    at text not null,
    reason text not null
) strict;

-- Deliveries that were taken back: what such a release states counts no more.
create table retractions (
    release_id integer primary key references releases (id),
    why text not null,
    by text not null,
    at text not null
) strict;
