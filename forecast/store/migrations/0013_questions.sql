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

create view standing_questions as
with
published as materialized (
    select o.series_id, o.month, o.encounters from current_observations as o
    join series as s on s.id = o.series_id where s.dimension = ''
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
    a.basis, a.cutoff, a.chance, a.base_rate,
    case
        when c.months = (substr(q.last_month, 1, 4) - substr(q.first_month, 1, 4)) * 12
            + substr(q.last_month, 6) - substr(q.first_month, 6) + 1
        then c.value > q.above and c.value < q.below
    end as outcome,
    a.run_id
from answers as a
join questions as q on q.id = a.question_id
join series as s on s.id = q.series_id
left join came as c on c.id = q.id;
