-- The views of a record, made anew when it is next opened for writing; a change here adds a line to
-- `schema.AS_MADE`, so that the views of records made before are known. Each shows one measure: the
-- first of the record, or the one that a connection is about (`measures.scope` makes all of them
-- once more for it). What 1.0 promised of names and columns is in tests/promised.txt.

create view scope as select 1 as measure_id;

create view measure as
select measure_id as id, source from wordings
where source is not null and id in (select max(id) from wordings group by measure_id);

create view joined_labels as
select d.key as dimension, l.key as label, l.value as joined_to, w.measure_id
from wordings as w, json_each(w.joins) as d, json_each(d.value) as l
where w.id in (select max(id) from wordings group by measure_id);

create view scoped_series as
select id, border, dimension, member, component from series
where measure_id = (select measure_id from scope);

create view scoped_years as
select month, year, nth, year_ago from years
where measure_id = (select measure_id from scope);

create view scoped_releases as
select
    id, source, kind, file_name, url, sha256, data_through, seq, rounding, first_seen_at,
    first_seen_precision, status, reason, counts_digest, decided_at
from releases
where measure_id = (select measure_id from scope);

create view scoped_runs as
select
    id, started_at, published_at, data_through, config_digest, code_version, previous_digest,
    digest, scheme
from runs
where measure_id = (select measure_id from scope);

-- When each entry was written, by what it states. Of runs that no entry states: before all.
create view scope_moments as
with about as (
    select id, kind, subject, parts, cast(substr(subject, instr(subject, ' ') + 1) as integer) as whose
    from entries
)
select
    e.id, e.kind, e.subject,
    case e.kind
        -- A run that does not say when cannot have been early.
        when 'run' then (
            select coalesce(datetime(published_at), '0000') from main.runs where id = whose
        )
        when 'accepted' then (select datetime(decided_at) from main.releases where id = whose)
        when 'approved' then (select datetime(approved_at) from notices where id = whose)
        when 'rejected' then (select datetime(closed_at) from notices where id = whose)
        when 'expired' then (select datetime(closed_at) from notices where id = whose)
        when 'withdrawn' then (select datetime(at) from withdrawals where run_id = whose)
        when 'worded' then (select datetime(at) from wordings where id = whose)
        when 'retracted' then (select datetime(at) from retractions where release_id = whose)
        when 'dated' then (select datetime(added_at) from dated_batches where id = whose)
        when 'undated' then (select datetime(at) from dated_withdrawals where batch_id = whose)
        when 'witnessed' then (
            select datetime(seen_at) from witness_proofs as w
            where w.entry_id = whose and e.parts like case w.witness
                when 'signature' then '%"signature %' when 'time stamp' then '%"stamp %'
                else '%"commit %'
            end
        )
    end as moment
from about as e
union all
select id - 1000000000, 'run', 'run ' || id, coalesce(datetime(published_at), '0000')
from main.runs
where digest <> '' and 'run ' || id not in (select subject from entries where kind = 'run');

-- Entries earlier than one before them, by more than what hides a clock put right, or later than
-- the moment an outsider stamped on them or on a later one; that moment proves them wrong.
create view misdated_entries as
with outside as materialized (
    select entry_id, datetime(seen_at) as moment from witness_proofs where witness = 'time stamp'
),
said as materialized (
    select
        m.id, m.kind, m.subject, m.moment, (
            select min(o.moment) from outside as o
            where o.entry_id >= m.id and o.moment < datetime(m.moment, '-30 minutes')
        ) as refuted_by
    from scope_moments as m where m.moment is not null
),
known as (
    select
        *,
        max(iif(refuted_by is null, moment, null)) over (
            order by id rows between unbounded preceding and 1 preceding
        ) as earlier
    from said
)
select
    id, kind, subject, moment, iif(refuted_by is null, 'earlier', 'later') as how,
    coalesce(refuted_by, earlier) as than
from known
where refuted_by is not null or moment < datetime(earlier, '-30 minutes');

-- Runs whose own date does not hold: nothing of them counts as issued before publication.
create view backdated_runs as
select cast(substr(subject, 5) as integer) as run_id, moment, than
from misdated_entries where kind = 'run' and how = 'earlier'
union
select u.run_id, datetime(r.published_at), max(x.first_seen_at)
from run_releases as u
join main.runs as r on r.id = u.run_id
join main.releases as x on x.id = u.release_id
group by u.run_id
having max(x.first_seen_at) > substr(r.published_at, 1, 10);

create view scoped_counted as
select id as run_id, substr(published_at, 1, 10) as published_on from scoped_runs
where id not in (select run_id from withdrawals) and id not in (select run_id from backdated_runs);

-- Of what was found by a number that was taken back, nothing is shown.
create view scoped_judgements as
select * from judgements where release_id not in (select release_id from retractions);

create view scoped_flags as
select * from flags where release_id not in (select release_id from retractions);

create view judged_months as
select
    s.border, s.dimension, s.member, j.month, j.encounters, j.median, j.p, j.z,
    iif(j.run_id in (select run_id from backdated_runs), 'hindcast', j.basis) as basis,
    j.cutoff, j.horizon, f.kind as flag, f.severity,
    iif(f.id is null, null, (j.encounters + 1.0) / (j.median + 1)) as ratio, r.source, j.run_id,
    j.lo80, j.hi80, j.lo95, j.hi95, j.unflagged
from scoped_judgements as j
join scoped_series as s on s.id = j.series_id
join releases as r on r.id = j.release_id
left join scoped_flags as f
    on f.series_id = j.series_id and f.month = j.month and f.kind = 'month';

-- last_over: of a release first seen on a known day, the last month that was over then, or when it
-- was decided upon, or when a run first rested on it; what it states of later ones is no count.
create view scoped_places as
select
    id as release_id, source, file_name, kind, rounding, first_seen_precision as vintage,
    printf('%09d %d %s %s %s', seq, kind <> 'bundle', decided_at, coalesce(first_seen_at, ''), sha256)
        as place,
    coalesce(first_seen_at, date(data_through || '-01', '+1 month', '+30 days')) as known_from,
    id in (select release_id from retractions) as retracted,
    case
        when first_seen_precision <> 'day'
            or data_through < strftime('%Y-%m', first_seen_at, '+1 day') then '9999-12'
        else strftime(
            '%Y-%m',
            max(
                first_seen_at,
                substr(decided_at, 1, 10),
                coalesce(
                    (
                        select substr(min(r.published_at), 1, 10) from run_releases as x
                        join scoped_runs as r on r.id = x.run_id where x.release_id = q.id
                    ),
                    ''
                )
            ),
            '+1 day', 'start of month', '-1 day'
        )
    end as last_over
from scoped_releases as q
where status = 'accepted';

create view dated_values as
select
    l.border, l.dimension, l.member, l.component, l.first_month, l.last_month, l.encounters,
    l.rounding, l.known_by, l.source, b.id as batch, l.days
from dated_lines as l
join dated_batches as b on b.id = l.batch_id
where b.measure_id = (select measure_id from scope)
    and b.id not in (select batch_id from dated_withdrawals);

create view release_places as
select release_id, source, file_name, kind, rounding, vintage, place, known_from
from scoped_places where not retracted;

-- Counts of months that are not the last word: a figure of the day, where no file has the month, the
-- newest of those said of it; or a delivery's, of a month that is not complete.
create view provisional_months as
with said as (
    select d.*, row_number() over (
        partition by d.border, d.dimension, d.member, d.first_month
        order by d.known_by desc, d.days = 0 desc, d.days desc, d.rounding, d.batch desc
    ) as nth
    from dated_values as d
    where d.first_month = d.last_month and d.first_month > (
        select max(c.last_month) from coverage as c
        join release_places as p on p.release_id = c.release_id and p.kind <> 'vintage'
        -- Of a part, nothing is awaited of a month whose total came without it.
        where (c.dimension = '' or (c.dimension, c.component) = (d.dimension, d.component))
            -- What no file states of a total is the sum of the others'.
            and (c.border = d.border or not exists (
                select 1 from coverage as e
                where (e.border, e.dimension, e.component) = (d.border, d.dimension, d.component)
            ))
    )
)
select
    border, dimension, member, component, first_month as month, encounters, rounding, days,
    known_by, source, 'figure' as kind, null as share, null as low, null as high, batch,
    null as said
from said where nth = 1
union all
select
    s.border, s.dimension, s.member, s.component, u.month, o.encounters, 1, 0, p.known_from,
    p.file_name, 'delivery', u.share, u.low, u.high, null, u.said
from unfinished as u
join current_observations as o on (o.series_id, o.month) = (u.series_id, u.month)
join scoped_series as s on s.id = u.series_id
join release_places as p on p.release_id = u.release_id
-- A later delivery of the month ends the mark, though it states the same count.
where not exists (
    select 1 from coverage as c
    join release_places as n
        on n.release_id = c.release_id and n.kind <> 'vintage' and n.place > p.place
    where (c.border, c.dimension, c.component) = (s.border, s.dimension, s.component)
        and u.month between c.first_month and c.last_month
);

-- Through which month was published on the day of a run, as far as files on record tell.
create view scoped_known as
select r.run_id, c.border, c.dimension, c.component, max(c.last_month) as known_through
from scoped_counted as r
join release_places as p on p.known_from <= r.published_on
join coverage as c on c.release_id = p.release_id
group by 1, 2, 3, 4;

create view statements as
select
    s.border, s.dimension, s.member, m.month, p.release_id, p.place, p.known_from, p.vintage,
    p.rounding,
    (
        select o.encounters
        from observations as o
        join scoped_places as q on q.release_id = o.release_id
        where o.series_id = m.series_id and o.month = m.month and q.kind <> 'vintage'
            and not q.retracted and o.month <= q.last_over and q.place <= p.place
        order by q.place desc limit 1
    ) as encounters
from scoped_series as s
join (select distinct series_id, month from observations) as m on m.series_id = s.id
join coverage as c
    on c.border = s.border and c.dimension = s.dimension and c.component = s.component
    and m.month between c.first_month and c.last_month
join scoped_places as p
    on p.release_id = c.release_id and p.kind <> 'vintage'
    and not p.retracted and m.month <= p.last_over
union all
select
    s.border, s.dimension, s.member, o.month, p.release_id, p.place, p.known_from, p.vintage,
    p.rounding, o.encounters
from scoped_series as s
join observations as o on o.series_id = s.id
join release_places as p on p.release_id = o.release_id and p.kind = 'vintage'
union all
-- Exact ones alone: of a rounded one nobody knows the count. Newer than whatever was known before
-- it, older than what became known later.
select
    s.border, s.dimension, s.member, d.first_month, null,
    coalesce((
        select max(p.place) from coverage as c
        join release_places as p on p.release_id = c.release_id and p.known_from < d.known_by
        where c.border = s.border and c.dimension = s.dimension and c.component = s.component
            and d.first_month between c.first_month and c.last_month
    ), ''),
    d.known_by, 'by', d.rounding, d.encounters
from scoped_series as s
join dated_values as d
    on d.border = s.border and d.dimension = s.dimension and d.member = s.member
    and d.first_month = d.last_month and d.rounding = 1 and d.days = 0;

create view revisions as
select
    n.border, n.dimension, n.member, n.month, n.encounters, n.encounters_before,
    n.encounters - n.encounters_before as change, n.release_id, a.source, b.source as source_before,
    n.known_from, n.vintage
from (
    select
        *,
        lag(encounters) over w as encounters_before,
        lag(release_id) over w as release_before
    from statements
    where rounding = 1 and release_id is not null
    window w as (partition by border, dimension, member, month order by place)
) as n
join releases as a on a.id = n.release_id
join releases as b on b.id = n.release_before
where n.encounters <> n.encounters_before;

create view all_flags as
select
    f.id as flag_id, s.border, s.dimension, s.member, s.component, f.month, f.kind, f.role,
    f.severity, f.systemic, f.encounters, iif(f.apart, j.median, f.expected) as expected,
    iif(f.apart, (f.encounters + 1.0) / (j.median + 1), f.ratio) as ratio,
    iif(f.apart, (f.encounters > j.median) - (f.encounters < j.median), f.side) as side,
    j.p, j.apart_p,
    iif(j.run_id in (select run_id from backdated_runs), 'hindcast', j.basis) as basis,
    j.cutoff, e.opened, e.state as episode, e.closed, f.parent_flag_id, p.month as parent_month,
    r.source, j.run_id, iif(f.apart, f.expected, null) as if_with_whole,
    e.state = 'transient' and c.unflagged is 'restated' as restated
from (
    -- Of a part that stands apart, or an episode about that, what it would have been with the whole.
    select
        f.*,
        j.median is not null
            and (f.role = 'apart' or e.relative is 1 and f.expected is not j.median) as apart
    from scoped_flags as f
    left join scoped_judgements as j on j.series_id = f.series_id and j.month = f.month
    left join episodes as e on e.id = f.episode_id
) as f
join scoped_series as s on s.id = f.series_id
join releases as r on r.id = f.release_id
left join scoped_judgements as j on j.series_id = f.series_id and j.month = f.month
left join episodes as e on e.id = f.episode_id
left join scoped_judgements as c on c.series_id = f.series_id and c.month = e.closed
left join scoped_flags as p on p.id = f.parent_flag_id;

create view open_flags as
select * from all_flags where episode = 'open';

create view past_flags as
select * from all_flags where severity <> 'watch' and episode is not 'open';

create view watched_months as
select * from all_flags where severity = 'watch';

create view flag_drivers as
select
    d.flag_id, b.border, f.month, d.dimension, d.role, s.border as part_border, s.member,
    s.component, d.expected, d.encounters, d.contribution
from drivers as d
join scoped_flags as f on f.id = d.flag_id
join scoped_series as b on b.id = f.series_id
left join series as s on s.id = d.child_series_id;

create view flag_episodes as
select
    s.border, s.dimension, s.member, e.opened, e.side, e.state, e.closed, e.relative, e.cutoff
from episodes as e
join scoped_series as s on s.id = e.series_id;

create view current_observations as
with places as materialized (
    select release_id, place, last_over from scoped_places
    where kind <> 'vintage' and not retracted
)
select series_id, month, encounters, release_id
from (
    select o.series_id, o.month, o.encounters, o.release_id, max(p.place)
    from observations as o
    join places as p on p.release_id = o.release_id and o.month <= p.last_over
    group by o.series_id, o.month
);

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
    coalesce(r.source, (
        select coalesce(
            min(d.source) filter (where d.known_by = c.known_from), min(d.source)
        )
        from dated_values as d
        where (d.border, d.dimension, d.member, d.first_month, d.last_month)
            = (c.border, c.dimension, c.member, c.month, c.month)
            and d.encounters = c.encounters
    )) as source,
    r.file_name, r.sha256
from changed as c
left join releases as r on r.id = c.release_id
where c.previous is not c.encounters;

create view vintages as
select
    border, month, encounters, previous, change, vintage, known_from, known_until, source,
    file_name, sha256
from series_vintages
where dimension = '';

create view series_held as
select
    s.border, s.dimension, s.member, s.component, min(o.month) as first_month,
    max(o.month) as last_month, count(*) as months
from current_observations as o
join scoped_series as s on s.id = o.series_id
group by s.id;

create view forecast_vs_actual as
with known as materialized (select * from scoped_known)
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
    join scoped_series as s on s.id = f.series_id
    join current_observations as o on o.series_id = f.series_id and o.month = f.month
    left join known as k
        on (k.run_id, k.border, k.dimension, k.component)
        = (f.run_id, s.border, s.dimension, s.component)
    where f.run_id in (select run_id from scoped_counted) and f.month > coalesce(k.known_through, '')
    union all
    select
        s.border, s.dimension, s.member, h.model, 'hindcast', h.cutoff, h.month, h.horizon,
        h.median, h.q250, h.q750, h.q100, h.q900, h.q025, h.q975, o.encounters, null
    from hindcasts as h
    join scoped_series as s on s.id = h.series_id
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
    -- Where several runs issued a forecast from one cutoff, the first that stands counts.
    and run_id is (
        select min(g.run_id) from forecasts as g join scoped_series as s on s.id = g.series_id
        where s.border = f.border and s.dimension = '' and f.basis = 'issued'
            and g.model = f.model and g.cutoff = f.cutoff
            and g.run_id in (select run_id from scoped_counted)
    )
group by border, model, basis, month, encounters;

create view span_forecasts as
select
    s.border, s.dimension, s.member, p.span, p.first_month, p.last_month, p.cutoff,
    p.months_published, p.published, p.median, p.lo50, p.hi50, p.lo80, p.hi80, p.lo90, p.hi90,
    p.lo95, p.hi95, p.run_id
from spans as p join scoped_series as s on s.id = p.series_id;

create view forecast_changes as
select
    s.border, c.month, c.before, c.method, c.revisions, c.season, c.surprise, c.after,
    c.before_run_id, c.run_id
from changes as c join scoped_series as s on s.id = c.series_id;

create view witnesses as
with first_published as (
    select month, min(known_from) as published_on from series_vintages
    where dimension = '' group by month
),
seen as (
    select
        r.id as run_id, w.witness, w.seen_at, w.seen_by, w.entry_id, w.statement, r.data_through,
        strftime('%Y-%m', r.data_through || '-01', '+1 month') as month
    -- A proof answers for the newest run of each measure that was there.
    from witness_proofs as w
    join scoped_runs as r on r.id = (select max(id) from scoped_runs where id <= w.run_id)
)
select
    s.run_id, s.data_through, s.witness, s.seen_at, s.seen_by, s.entry_id, s.statement, s.month,
    p.published_on,
    -- Whoever makes a commit or a signature says when; a stamp's moment is an outsider's.
    iif(
        s.witness = 'time stamp',
        cast(julianday(p.published_on) - julianday(date(s.seen_at)) as integer), null
    ) as days_before
from seen as s left join first_published as p on p.month = s.month
order by s.run_id, s.entry_id, s.witness;

create view latest_run as
select
    r.id, r.started_at, r.published_at, r.data_through, r.config_digest, r.code_version,
    r.previous_digest,
    coalesce(
        (
            select e.digest from entries as e
            where e.run_id = r.id and e.kind <> 'witnessed' order by e.id desc limit 1
        ),
        r.digest
    ) as digest
from scoped_runs as r
where r.id not in (select run_id from withdrawals)
order by r.id desc
limit 1;

create view standing_questions as
with
published as materialized (
    select o.series_id, o.month, o.encounters from current_observations as o
    join scoped_series as s on s.id = o.series_id where s.dimension = ''
),
came as (
    select
        q.id,
        count(*) as months,
        case q.statistic
            when 'sum' then sum(p.encounters)
            when 'max' then max(p.encounters)
            else min(p.encounters)
        end as value
    from questions as q
    join published as p
        on p.series_id = q.series_id and p.month between q.first_month and q.last_month
    group by q.id
)
select
    s.border, q.kind, q.first_month, q.last_month, q.statistic,
    nullif(q.above, -1) as above, nullif(q.below, 1000000000000) as below,
    a.basis, a.cutoff, a.chance, a.base_rate, a.last_value,
    case
        when c.months = (
            select count(*) from scoped_years where month between q.first_month and q.last_month
        ) then c.value > q.above and c.value < q.below
    end as outcome,
    a.run_id
from answers as a
join questions as q on q.id = a.question_id
join scoped_series as s on s.id = q.series_id
left join came as c on c.id = q.id
where a.run_id is null or a.run_id not in (select run_id from backdated_runs);

-- As of a day a month can be known from a dated value, which is of no release.
create view border_months as
select
    s.border, o.month, o.encounters, coalesce(r.source, 'dated value') as source, r.file_name,
    coalesce(r.rounding, 1) as rounding, r.first_seen_at as stated_first_seen_at
from current_observations as o
join scoped_series as s on s.id = o.series_id
left join releases as r on r.id = o.release_id
where s.dimension = '';

create view scoped_months as
select
    s.border, s.dimension, s.member, s.component, o.month, o.encounters,
    coalesce(r.source, 'dated value') as source, coalesce(r.rounding, 1) as rounding
from current_observations as o
join scoped_series as s on s.id = o.series_id
left join releases as r on r.id = o.release_id;

create view series_months as
with
held as materialized (select * from scoped_months),
-- What splits one agency's count alone is held against that, all else against the total.
halves as (
    select border, dimension, min(component) as half from scoped_series
    group by border, dimension
    having count(distinct component) = 1 and half <> '' and dimension <> 'component'
        and count(*) > 1
),
told as (
    select
        p.border, p.dimension, p.month, w.source, max(p.rounding, w.rounding) as rounding,
        w.encounters - sum(p.encounters) as missing, (count(*) + 1) * w.rounding / 2 as most
    from held as p
    left join halves as a on a.border = p.border and a.dimension = p.dimension
    join held as w
        on w.border = p.border and w.month = p.month and w.member = coalesce(a.half, '')
        and w.dimension = iif(a.half is null, '', 'component')
    where p.dimension <> ''
    group by p.border, p.dimension, p.month
)
select
    h.border, h.dimension, h.member, h.component, h.month, h.encounters, h.source, h.rounding,
    abs(t.missing) <= iif(t.rounding = 1, 0, t.most) as complete
from held as h
left join told as t on t.border = h.border and t.dimension = h.dimension and t.month = h.month
union all
select border, dimension, 'not on record', '', month, missing, source, rounding, 0
from told where abs(missing) > iif(rounding = 1, 0, most);

create view latest_forecasts as
select
    s.border, s.dimension, s.member, f.model, f.month, f.cutoff, f.horizon, f.median,
    f.lo50, f.hi50, f.lo80, f.hi80, f.lo90, f.hi90, f.lo95, f.hi95, f.flag_below, f.flag_above,
    f.run_id
from forecasts as f
join scoped_series as s on s.id = f.series_id
where f.run_id = (select id from latest_run);

create view scorecard as
select
    s.border, c.model, c.basis, c.era, c.horizon, c.n, c.log_wis, c.wis, c.mae, c.mase,
    c.relative_mae, c.coverage50, c.coverage80, c.coverage95
from scores as c
join scoped_series as s on s.id = c.series_id
where c.run_id = (select id from latest_run);

create view fiscal_year_to_date as
with summed as (
    select
        m.border, m.month, m.encounters, y.year as fiscal_year, y.nth as due, y.year_ago,
        sum(m.encounters) over w as to_date, row_number() over w as months
    from border_months as m
    join scoped_years as y on y.month = m.month
    -- Months of a stock or a rate do not add up.
    where coalesce(
        (
            select json_extract(source, '$.contract.kind') from measure
            where id = (select measure_id from scope)
        ),
        'flow'
    ) in ('flow', 'money')
    window w as (partition by m.border, y.year order by m.month)
)
select
    n.border, n.fiscal_year, n.month, n.months, n.encounters, n.to_date,
    b.to_date as year_before, 100.0 * n.to_date / nullif(b.to_date, 0) - 100 as change_percent
from summed as n
left join summed as b
    on b.border = n.border and b.month = n.year_ago and b.months = b.due
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
    j.median, j.lo80, j.hi80, j.lo95, j.hi95, j.basis, j.cutoff, j.horizon,
    j.p, j.z, g.severity, m.source, m.file_name, m.rounding
from published as m
join scoped_series as s on s.border = m.border and s.dimension = ''
join ranks as r on r.border = m.border and r.month = m.month
left join scoped_years as a on a.month = m.month
left join border_months as b on b.border = m.border and b.month = a.year_ago
left join fiscal_year_to_date as y on y.border = m.border and y.month = m.month
left join scoped_judgements as j on j.series_id = s.id and j.month = m.month
left join scoped_flags as g on g.series_id = s.id and g.month = m.month and g.kind = 'month';
