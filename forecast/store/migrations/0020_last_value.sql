-- The chance that the last value, with intervals of the same kind, gives to a standing question: a
-- second yardstick beside the base rate. Null for answers of before, and where it was not asked.
alter table answers add column last_value real check (last_value between 0 and 1);

drop view standing_questions;
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
    a.basis, a.cutoff, a.chance, a.base_rate, a.last_value,
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
