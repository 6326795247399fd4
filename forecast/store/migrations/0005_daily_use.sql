-- Views for the questions in daily use. What each column means: forecast/desk/dictionary/views.py.

-- The same rows as before, in half the time: the order of the releases is worked out once, and
-- of each series and month the row with the highest place is kept.
drop view current_observations;
create view current_observations as
with places as materialized (
    select release_id, place from release_places where kind <> 'vintage'
)
select series_id, month, encounters, release_id
from (
    select o.series_id, o.month, o.encounters, o.release_id, max(p.place)
    from observations as o
    join places as p on p.release_id = o.release_id
    group by o.series_id, o.month
);

-- The same rows as before; what is asked of one border or month now reaches the tables, because
-- `said` is read once.
drop view vintages;
drop view series_vintages;
create view series_vintages as
with
said as (
    select
        *,
        date(month || '-01', '+1 month', '+30 days') as due,
        row_number() over (
            partition by border, dimension, member, month order by known_from, place
        ) as nth
    from statements
),
-- A month whose first statement held came a fortnight or more after it was due had been
-- published all the same: that value stands in from the due day on, marked as unknown.
known as (
    select
        border, dimension, member, month, release_id, encounters,
        iif(e.early, '', place) as place, iif(e.early, due, known_from) as known_from,
        iif(e.early, 'unknown', vintage) as vintage
    from said
    cross join (select 0 as early union all select 1) as e
    where e.early = 0 or (nth = 1 and known_from > date(due, '+14 days'))
),
newest as (
    select
        *,
        max(place) over (
            partition by border, dimension, member, month order by known_from
            range between unbounded preceding and current row
        ) as newest_place
    from known
),
changed as (
    select
        *,
        lag(encounters) over (
            partition by border, dimension, member, month order by known_from
        ) as previous
    from newest
    where place = newest_place
)
select
    c.border, c.dimension, c.member, c.month, c.encounters, c.previous,
    c.encounters - c.previous as change, c.vintage, c.known_from,
    lead(c.known_from) over (
        partition by c.border, c.dimension, c.member, c.month order by c.known_from
    ) as known_until,
    r.source, r.file_name, r.sha256
from changed as c
join releases as r on r.id = c.release_id
where c.previous is not c.encounters;

create view vintages as
select
    border, month, encounters, previous, change, vintage, known_from, known_until, source,
    file_name, sha256
from series_vintages
where dimension = '';

drop view forecast_vs_actual;
create view forecast_vs_actual as
select
    *, encounters - median as error,
    encounters between lo50 and hi50 as inside50,
    encounters between lo80 and hi80 as inside80,
    encounters between lo95 and hi95 as inside95
from (
    select
        s.border, s.dimension, s.member, f.model, 'issued' as basis, f.cutoff, f.month, f.horizon,
        f.median, f.lo50, f.hi50, f.lo80, f.hi80, f.lo95, f.hi95, o.encounters, f.run_id
    from forecasts as f
    join series as s on s.id = f.series_id
    join current_observations as o on o.series_id = f.series_id and o.month = f.month
    union all
    select
        s.border, s.dimension, s.member, h.model, 'hindcast', h.cutoff, h.month, h.horizon,
        h.median, h.q250, h.q750, h.q100, h.q900, h.q025, h.q975, o.encounters, null
    from hindcasts as h
    join series as s on s.id = h.series_id
    join current_observations as o on o.series_id = h.series_id and o.month = h.month
);

create view forecasts_by_lead as
select
    border, model, basis, month, encounters,
    max(iif(horizon = 1, median, null)) as lead1,
    max(iif(horizon = 3, median, null)) as lead3,
    max(iif(horizon = 6, median, null)) as lead6,
    max(iif(horizon = 12, median, null)) as lead12,
    max(iif(horizon = 1, inside95, null)) as inside95_lead1,
    max(iif(horizon = 3, inside95, null)) as inside95_lead3,
    max(iif(horizon = 6, inside95, null)) as inside95_lead6,
    max(iif(horizon = 12, inside95, null)) as inside95_lead12
from forecast_vs_actual as f
where
    dimension = '' and horizon in (1, 3, 6, 12)
    -- Where several runs issued a forecast from one cutoff, the first counts.
    and run_id is (
        select min(g.run_id) from forecasts as g join series as s on s.id = g.series_id
        where s.border = f.border and s.dimension = '' and f.basis = 'issued'
            and g.model = f.model and g.cutoff = f.cutoff
    )
group by border, model, basis, month, encounters;

-- Fiscal years run from October to September and bear the year they end in.
create view fiscal_year_to_date as
with months as (
    select
        border, month, encounters,
        cast(substr(month, 1, 4) as integer) + (substr(month, 6) >= '10') as fiscal_year,
        printf('%04d', substr(month, 1, 4) - 1) || substr(month, 5) as month_year_before
    from border_months
),
summed as (
    select
        *,
        sum(encounters) over (partition by border, fiscal_year order by month) as to_date,
        row_number() over (partition by border, fiscal_year order by month) as months,
        (substr(month, 6) + 2) % 12 + 1 as due
    from months
)
select
    n.border, n.fiscal_year, n.month, n.months, n.encounters, n.to_date,
    b.to_date as year_before, 100.0 * n.to_date / nullif(b.to_date, 0) - 100 as change_percent
from summed as n
left join summed as b
    on b.border = n.border and b.month = n.month_year_before and b.months = b.due
where n.months = n.due;

create view fiscal_years as
select
    border, fiscal_year, max(month) as last_month, max(months) as months,
    max(months) = 12 as complete, to_date as encounters, year_before, change_percent
from fiscal_year_to_date
group by border, fiscal_year;

create view ranks as
select
    border, month, encounters,
    rank() over (partition by border order by encounters desc) as rank_highest,
    rank() over (partition by border order by encounters) as rank_lowest,
    count(*) over (partition by border) as months,
    rank() over (partition by border, substr(month, 6) order by encounters desc)
        as rank_highest_of_name,
    rank() over (partition by border, substr(month, 6) order by encounters) as rank_lowest_of_name,
    count(*) over (partition by border, substr(month, 6)) as months_of_name
from border_months;

create view series_held as
select
    s.border, s.dimension, s.member, s.component, min(o.month) as first_month,
    max(o.month) as last_month, count(*) as months
from current_observations as o
join series as s on s.id = o.series_id
group by s.id;

-- A border's month with everything that is usually asked of it.
create view wide_months as
with
published as (
    select
        m.*,
        lag(encounters) over w as month_before,
        max(printf('%012d %s', encounters, month)) over w as peak_key
    from border_months as m
    window w as (partition by border order by month)
)
select
    m.border, m.month, y.fiscal_year, m.encounters, j.encounters as first_published,
    m.month_before, 100.0 * m.encounters / nullif(m.month_before, 0) - 100 as change_on_month,
    b.encounters as year_before,
    100.0 * m.encounters / nullif(b.encounters, 0) - 100 as change_on_year,
    y.to_date, y.year_before as to_date_year_before, y.change_percent as change_to_date,
    substr(m.peak_key, 14) as peak_month, cast(substr(m.peak_key, 1, 12) as integer) as peak,
    100.0 * m.encounters / nullif(cast(substr(m.peak_key, 1, 12) as integer), 0) - 100
        as change_on_peak,
    r.rank_highest, r.rank_lowest, r.months,
    j.median, coalesce(f.lo80, h.q100) as lo80, coalesce(f.hi80, h.q900) as hi80,
    coalesce(f.lo95, h.q025) as lo95, coalesce(f.hi95, h.q975) as hi95, j.basis, j.cutoff,
    j.horizon, j.p, j.z, g.severity, m.source, m.file_name, m.rounding
from published as m
join series as s on s.border = m.border and s.dimension = ''
join ranks as r on r.border = m.border and r.month = m.month
left join border_months as b
    on b.border = m.border
    and b.month = printf('%04d', substr(m.month, 1, 4) - 1) || substr(m.month, 5)
left join fiscal_year_to_date as y on y.border = m.border and y.month = m.month
left join judgements as j on j.series_id = s.id and j.month = m.month
left join flags as g on g.series_id = s.id and g.month = m.month and g.kind = 'month'
left join forecasts as f
    on f.run_id = j.run_id and f.series_id = s.id and f.model = 'bordercast' and f.month = m.month
left join hindcasts as h
    on j.run_id is null and h.model = 'bordercast' and h.series_id = s.id
    and h.cutoff = j.cutoff and h.month = m.month;
