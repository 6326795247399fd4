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

-- What a measure is called, its unit, and which of its labels are joined: a row each time they
-- change, stated by an entry of its own, so that both are there to compare. `measure` and
-- `joined_labels` are views of the newest rows.
create table wordings (
    id integer primary key,
    measure_id integer not null,
    at text not null,
    source text check (json_valid(source)),
    joins text not null check (json_valid(joins))
) strict;

insert into wordings (measure_id, at, source, joins)
select
    m.id, '', (select source from measure as w where w.id = m.id),
    (
        select json_group_object(d.dimension, json(d.labels))
        from (
            select dimension, json_group_object(label, joined_to) as labels
            from joined_labels where measure_id = m.id group by dimension
        ) as d
    )
from (select id from measure union select measure_id from joined_labels) as m
order by m.id;

drop table measure;
drop table joined_labels;

-- Which months a measure's years have: views join it, and no view reckons. The program writes it anew
-- where a source says that its years begin in another month. Till now views meant October's years,
-- and of own counts none: those begin in the month of their settings.
create table years (
    measure_id integer not null,
    month text not null,
    year integer not null,
    nth integer not null check (nth between 1 and 12),
    year_ago text not null,
    primary key (measure_id, month)
) strict, without rowid;

insert into years (measure_id, month, year, nth, year_ago)
with recursive
numbers (number) as (
    select 1600 * 12 union all select number + 1 from numbers where number < 2199 * 12 + 11
),
begun (measure_id, begins) as (
    select
        i.id,
        coalesce(
            json_extract(m.source, '$.year_begins'),
            iif(json_extract(m.source, '$.kind') = 'counts', 1, 10)
        )
    from (select 1 as id union select measure_id from wordings) as i
    left join wordings as m on m.measure_id = i.id
)
select
    measure_id, printf('%04d-%02d', number / 12, number % 12 + 1),
    (number + (13 - begins) % 12) / 12, (number + 13 - begins) % 12 + 1,
    printf('%04d-%02d', number / 12 - 1, number % 12 + 1)
from begun join numbers;

-- A judged month keeps the bounds of the forecast that judged it, which a newer engine's hindcast
-- would replace, and why it has no flag though it was unusual: null where no program said so.
alter table judgements add column unflagged text;
alter table judgements add column lo80 integer;
alter table judgements add column hi80 integer;
alter table judgements add column lo95 integer;
alter table judgements add column hi95 integer;

update judgements set (lo80, hi80, lo95, hi95) = (
    select f.lo80, f.hi80, f.lo95, f.hi95 from forecasts as f
    where f.run_id = judgements.run_id and f.series_id = judgements.series_id
        and f.model = 'bordercast' and f.month = judgements.month
) where run_id is not null;

update judgements set (lo80, hi80, lo95, hi95) = (
    select h.q100, h.q900, h.q025, h.q975 from hindcasts as h
    where h.model = 'bordercast' and h.series_id = judgements.series_id
        and h.cutoff = judgements.cutoff and h.month = judgements.month
) where run_id is null;
